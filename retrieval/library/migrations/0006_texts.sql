-- The text that was read in photos, kept by content: copies share it, a renamed file keeps it.
-- 'lines' is JSON, [[text, height], …]; [] for a photo without text, so that it is not read again.
-- 'reason' tells why nothing could be read.
CREATE TABLE photo_text (
    id           INTEGER PRIMARY KEY,
    content_hash TEXT NOT NULL UNIQUE,
    reader       TEXT NOT NULL,
    lines        TEXT NOT NULL DEFAULT '[]',
    reason       TEXT,
    read_at      TEXT NOT NULL
);

-- rowid is photo_text's id; only of photos with text. Letters and digits alone, without blanks:
-- a reader often loses these. Pieces of three letters find a word of which one was misread.
CREATE VIRTUAL TABLE text_letters USING fts5 (letters, tokenize = 'trigram');

CREATE TRIGGER text_letters_gone AFTER DELETE ON photo_text BEGIN
    DELETE FROM text_letters WHERE rowid = old.id;
END;

-- A text goes with the last photo that it was read in.
CREATE TRIGGER photo_text_gone AFTER DELETE ON photo WHEN old.content_hash IS NOT NULL BEGIN
    DELETE FROM photo_text WHERE content_hash = old.content_hash
        AND NOT EXISTS (SELECT 1 FROM photo WHERE content_hash = old.content_hash);
END;

CREATE TRIGGER photo_text_changed AFTER UPDATE OF content_hash ON photo
WHEN old.content_hash IS NOT NULL AND old.content_hash IS NOT new.content_hash BEGIN
    DELETE FROM photo_text WHERE content_hash = old.content_hash
        AND NOT EXISTS (SELECT 1 FROM photo WHERE content_hash = old.content_hash);
END;
