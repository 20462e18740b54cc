-- Chats that the page keeps. Photos are named by their ids in the library; nothing here holds a
-- picture or the path of one.

-- 'PHCH': tells the history from any other SQLite file.
PRAGMA application_id = 1346913096;

CREATE TABLE chat (
    id         TEXT PRIMARY KEY,
    -- Who chatted: the identifier of a user of the page.
    owner      TEXT NOT NULL,
    -- uid of the library that the photo ids belong to.
    library    TEXT NOT NULL,
    title      TEXT NOT NULL,
    -- A title that a person gave is never replaced by one of ours.
    renamed    INTEGER NOT NULL DEFAULT 0,
    started_at TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    -- JSON of bot.assistant.session.Session, and of bot.assistant.choices.Choices.
    session    TEXT NOT NULL,
    choices    TEXT NOT NULL
);

CREATE INDEX chat_owner ON chat (owner, changed_at DESC);

-- In the order of 'number'.
CREATE TABLE message (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    id      TEXT NOT NULL UNIQUE,
    chat_id TEXT NOT NULL REFERENCES chat (id) ON DELETE CASCADE,
    author  TEXT NOT NULL CHECK (author IN ('user', 'bot')),
    text    TEXT NOT NULL,
    said_at TEXT NOT NULL,
    -- The text as the page shows it; '' for the user's.
    markdown TEXT NOT NULL DEFAULT '',
    -- id of the message that this one answers; NULL for the answer to a button.
    answers TEXT,
    -- JSON of the bot's reply: what was looked for, the photos' ids, what was shared.
    reply   TEXT,
    -- JSON of the buttons that can still be pressed.
    buttons TEXT NOT NULL DEFAULT '[]'
);

CREATE INDEX message_chat ON message (chat_id, number);
