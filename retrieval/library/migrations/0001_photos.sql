-- The library is the truth; every index beside it can be rebuilt from here.

-- 'PHOT': tells a Photopal library from any other SQLite file.
PRAGMA application_id = 1346916180;

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- 'change' grows with every transaction that alters what can be searched.
INSERT INTO setting (name, value) VALUES ('change', '0'), ('uid', lower(hex(randomblob(16))));

-- Folders that were indexed, so that they can be refreshed without naming them again.
CREATE TABLE root (
    id       INTEGER PRIMARY KEY,
    path     NOT NULL UNIQUE,
    added_at TEXT NOT NULL
);

-- AUTOINCREMENT: an id is never given to a second photo.
-- 'path' has no declared type: names that are not valid UTF-8 are kept as bytes.
CREATE TABLE photo (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    path         NOT NULL,
    content_hash TEXT,
    size         INTEGER,
    mtime_ns     INTEGER,
    width        INTEGER,
    height       INTEGER,
    taken_at     TEXT,
    camera       TEXT,
    latitude     REAL,
    longitude    REAL,
    status       TEXT NOT NULL CHECK (status IN ('present', 'removed', 'failed')),
    reason       TEXT,
    indexed_at   TEXT NOT NULL
);

CREATE UNIQUE INDEX photo_path ON photo (path) WHERE status <> 'removed';
CREATE INDEX photo_content ON photo (content_hash);
CREATE INDEX photo_status ON photo (status);

-- Apart from 'photo', so that listing photos never reads through two kilobytes of vector each.
CREATE TABLE vector (
    photo_id    INTEGER PRIMARY KEY REFERENCES photo (id) ON DELETE CASCADE,
    fingerprint TEXT NOT NULL,
    change      INTEGER NOT NULL,
    data        BLOB NOT NULL
);

CREATE INDEX vector_change ON vector (fingerprint, change);
