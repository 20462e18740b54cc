-- What a person said of photos by a button: shared, liked, turned down. A pair to learn from: what
-- was looked for, and a photo. It goes with its chat.

CREATE TABLE feedback (
    id         TEXT PRIMARY KEY,
    chat_id    TEXT NOT NULL REFERENCES chat (id) ON DELETE CASCADE,
    -- As in 'chat'.
    owner      TEXT NOT NULL,
    library    TEXT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('share', 'favourite', 'up', 'not_this', 'down')),
    -- What was looked for, in words; '' where there were none.
    query      TEXT NOT NULL,
    -- JSON of the same by name, such as the fields that a describer wrote.
    looked_for TEXT NOT NULL DEFAULT '{}',
    photo_id   INTEGER NOT NULL,
    -- Of the photo's bytes: another picture under the same id was not meant.
    photo_hash TEXT NOT NULL,
    given_at   TEXT NOT NULL,
    UNIQUE (chat_id, photo_id, kind, query)
);

CREATE INDEX feedback_owner ON feedback (owner, given_at DESC);
