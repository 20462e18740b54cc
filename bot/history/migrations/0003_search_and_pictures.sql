-- Texts as they are searched: without case and accents. PostgreSQL cannot fold them as we do, and
-- to fold them at each search would cost a call for every message.
ALTER TABLE chat ADD COLUMN folded_title TEXT NOT NULL DEFAULT '';
UPDATE chat SET folded_title = folded(title);

ALTER TABLE message ADD COLUMN folded_text TEXT NOT NULL DEFAULT '';
UPDATE message SET folded_text = folded(text);

-- The name of the picture that came with the message, in the folder of its chat; '' for none.
ALTER TABLE message ADD COLUMN picture TEXT NOT NULL DEFAULT '';
