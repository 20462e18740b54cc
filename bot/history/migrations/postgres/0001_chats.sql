-- The twin of SQLite's 0001. What is compared in SQL compares by bytes, as SQLite does: the
-- server's language must not change an order.

CREATE TABLE chat (
    id         TEXT COLLATE "C" PRIMARY KEY,
    owner      TEXT COLLATE "C" NOT NULL,
    library    TEXT COLLATE "C" NOT NULL,
    title      TEXT NOT NULL,
    renamed    INTEGER NOT NULL DEFAULT 0,
    started_at TEXT COLLATE "C" NOT NULL,
    changed_at TEXT COLLATE "C" NOT NULL,
    session    TEXT NOT NULL,
    choices    TEXT NOT NULL
);

CREATE INDEX chat_owner ON chat (owner, changed_at DESC);

CREATE TABLE message (
    number   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id       TEXT COLLATE "C" NOT NULL UNIQUE,
    chat_id  TEXT COLLATE "C" NOT NULL REFERENCES chat (id) ON DELETE CASCADE,
    author   TEXT NOT NULL CHECK (author IN ('user', 'bot')),
    text     TEXT NOT NULL,
    said_at  TEXT COLLATE "C" NOT NULL,
    markdown TEXT NOT NULL DEFAULT '',
    answers  TEXT COLLATE "C",
    reply    TEXT,
    buttons  TEXT NOT NULL DEFAULT '[]'
);

CREATE INDEX message_chat ON message (chat_id, number);
