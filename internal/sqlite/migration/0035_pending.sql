-- Requests to be let in that wait for somebody's decision, or have one and were not made again since.
CREATE TABLE pending (
	id         BLOB PRIMARY KEY,
	request    BLOB NOT NULL UNIQUE, -- digest
	profile    BLOB NOT NULL REFERENCES profile ON DELETE CASCADE,
	key        BLOB NOT NULL REFERENCES provision_key ON DELETE CASCADE,
	device     BLOB,                 -- that is in under the name
	name       TEXT NOT NULL,
	gateway    INTEGER NOT NULL,
	asks       TEXT NOT NULL,
	proof      TEXT NOT NULL,
	remote     TEXT NOT NULL,
	source     TEXT NOT NULL,        -- the network that counts as one client
	state      INTEGER NOT NULL,
	created_at INTEGER,
	expires_at INTEGER,
	decided_at INTEGER,
	decided_by TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX pending_by_key ON pending (key, state, source);
CREATE INDEX pending_by_profile ON pending (profile, id);
CREATE INDEX pending_by_name ON pending (name);
CREATE INDEX pending_by_end ON pending (expires_at);
