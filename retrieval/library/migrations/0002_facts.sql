-- What can be asked of a photo besides what it shows: day, place, and the words in its names.
-- All of it follows from columns that were here before; 'derived' tells by which rules it was
-- filled (0: not yet), see retrieval/library/derived.py.

-- YYYY-MM-DD: of EXIF, else of the file's name; NULL when neither tells.
ALTER TABLE photo ADD COLUMN taken_on TEXT;

-- '' when not known.
ALTER TABLE photo ADD COLUMN city TEXT NOT NULL DEFAULT '';
ALTER TABLE photo ADD COLUMN region TEXT NOT NULL DEFAULT '';
ALTER TABLE photo ADD COLUMN country TEXT NOT NULL DEFAULT '';

CREATE INDEX photo_taken_on ON photo (taken_on);
CREATE INDEX photo_place ON photo (country, region, city);
CREATE INDEX photo_camera ON photo (camera);

-- rowid is the photo's id. Stemmed, so that "dogs" finds dog.jpg; accents do not count.
CREATE VIRTUAL TABLE photo_name USING fts5 (words, tokenize = 'porter unicode61 remove_diacritics 2');

CREATE TRIGGER photo_name_gone AFTER DELETE ON photo BEGIN
    DELETE FROM photo_name WHERE rowid = old.id;
END;

INSERT INTO setting (name, value) VALUES ('derived', '0');
