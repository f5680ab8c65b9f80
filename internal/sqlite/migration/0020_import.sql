-- Files of devices that are filed row by row.
CREATE TABLE import (
	id          BLOB PRIMARY KEY,
	state       INTEGER NOT NULL,
	file        TEXT NOT NULL,
	size        INTEGER NOT NULL,
	options     TEXT NOT NULL, -- JSON
	asked_by    TEXT NOT NULL,
	created_at  INTEGER,
	started_at  INTEGER,
	finished_at INTEGER,
	row_count   INTEGER NOT NULL, -- the sum of the four behind it
	created     INTEGER NOT NULL,
	updated     INTEGER NOT NULL,
	unchanged   INTEGER NOT NULL,
	failed      INTEGER NOT NULL,
	settled     INTEGER NOT NULL, -- rows of which the readings are kept, too
	bytes_read  INTEGER NOT NULL,
	reason      TEXT NOT NULL,
	detail      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Their rows that were not filed.
CREATE TABLE import_failure (
	import  BLOB NOT NULL REFERENCES import ON DELETE CASCADE,
	number  INTEGER NOT NULL,
	reason  TEXT NOT NULL,
	about   TEXT NOT NULL, -- a column of the file; empty: the row as a whole
	message TEXT NOT NULL,
	record  BLOB NOT NULL, -- sealed
	PRIMARY KEY (import, number)
) STRICT, WITHOUT ROWID;
