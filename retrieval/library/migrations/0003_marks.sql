-- What a person said of a photo. A hidden one stays in the library, file and vector, and is found,
-- counted and shown no more until it is shown again.
ALTER TABLE photo ADD COLUMN favourite INTEGER NOT NULL DEFAULT 0;
ALTER TABLE photo ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;

CREATE INDEX photo_hidden ON photo (hidden) WHERE hidden <> 0;
