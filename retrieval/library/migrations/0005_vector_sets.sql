-- Vectors of other encoders than the one that is searched. 'vector' holds those that are searched;
-- each other set lies in a table of the same shape, 'vector_set_<id>'. Which set is searched is
-- changed by giving the tables each other's names, whatever their size.
-- AUTOINCREMENT: the name of a table is never given to a second set.
CREATE TABLE vector_set (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    fingerprint  TEXT NOT NULL UNIQUE,
    encoder_name TEXT NOT NULL,
    dim          INTEGER NOT NULL
);
