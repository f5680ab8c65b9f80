-- A key's secret before the last rotation, until when that still works; how many devices a second the key may let in
-- (0: as many as any); since when it is closed.
ALTER TABLE provision_key ADD COLUMN former BLOB NOT NULL DEFAULT x'';
ALTER TABLE provision_key ADD COLUMN former_until INTEGER;
ALTER TABLE provision_key ADD COLUMN rate INTEGER NOT NULL DEFAULT 0;
ALTER TABLE provision_key ADD COLUMN suspended_at INTEGER;

-- What is done to all devices that a key let in: they are many, so it takes a while and goes on after a crash.
CREATE TABLE sweep (
	id          BLOB PRIMARY KEY,
	key         BLOB NOT NULL, -- a provision key, which may be gone
	action      INTEGER NOT NULL,
	since       INTEGER,          -- devices that were let in from then on
	until       INTEGER,          -- and before then
	expected    INTEGER NOT NULL, -- how many there were when it began
	devices     INTEGER NOT NULL, -- how many it has been done to
	created_at  INTEGER NOT NULL,
	finished_at INTEGER
) STRICT, WITHOUT ROWID;

-- Devices that may provision once more, under the name that they have.
CREATE TABLE released (
	device      BLOB PRIMARY KEY REFERENCES device ON DELETE CASCADE,
	released_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
