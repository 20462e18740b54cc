-- The twin of SQLite's 0002.
CREATE TABLE feedback (
    id         TEXT COLLATE "C" PRIMARY KEY,
    chat_id    TEXT COLLATE "C" NOT NULL REFERENCES chat (id) ON DELETE CASCADE,
    owner      TEXT COLLATE "C" NOT NULL,
    library    TEXT COLLATE "C" NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('share', 'favourite', 'up', 'not_this', 'down')),
    query      TEXT COLLATE "C" NOT NULL,
    looked_for TEXT NOT NULL DEFAULT '{}',
    photo_id   BIGINT NOT NULL,
    photo_hash TEXT NOT NULL,
    given_at   TEXT COLLATE "C" NOT NULL
);

-- An index holds no long text.
CREATE UNIQUE INDEX feedback_once ON feedback (chat_id, photo_id, kind, md5(query));

CREATE INDEX feedback_owner ON feedback (owner, given_at DESC);
