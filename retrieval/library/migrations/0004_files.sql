-- How a file was told from another with the same size and time when it was read, and what was odd
-- about it (NULL: nothing). NULL in 'inode' and 'ctime_ns' where an earlier version read it.
ALTER TABLE photo ADD COLUMN inode INTEGER;
ALTER TABLE photo ADD COLUMN ctime_ns INTEGER;
ALTER TABLE photo ADD COLUMN remark TEXT;

-- RAW files that are the same shot as a photo beside them, as of their size and time.
CREATE TABLE companion (
    path       NOT NULL PRIMARY KEY,
    photo_path NOT NULL,
    size       INTEGER NOT NULL,
    mtime_ns   INTEGER NOT NULL
) WITHOUT ROWID;

-- What the last look through an indexed folder passed over: 'kind' is skipped, joined or left out.
CREATE TABLE passed_over (
    root  NOT NULL,
    kind  TEXT NOT NULL,
    what  TEXT NOT NULL,
    files INTEGER NOT NULL,
    PRIMARY KEY (root, kind, what)
) WITHOUT ROWID;

-- Folders where another drive began: while it is away, its photos are not taken for deleted.
CREATE TABLE mount (
    path NOT NULL PRIMARY KEY
) WITHOUT ROWID;
