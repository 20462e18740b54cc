-- The twin of SQLite's 0003. Nothing is there to be folded yet: PostgreSQL came with this version.
ALTER TABLE chat ADD COLUMN folded_title TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE message ADD COLUMN folded_text TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE message ADD COLUMN picture TEXT COLLATE "C" NOT NULL DEFAULT '';
