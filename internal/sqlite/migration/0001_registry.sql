-- IDs are 16 bytes, digests 32. Times are epoch milliseconds; NULL is no time at all.

-- What the database remembers about itself.
CREATE TABLE setting (
	name  TEXT PRIMARY KEY,
	value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE profile (
	id          BLOB PRIMARY KEY,
	name        TEXT NOT NULL UNIQUE,
	description TEXT NOT NULL,
	strategy    INTEGER NOT NULL,
	created_at  INTEGER,
	settings    TEXT NOT NULL -- JSON
) STRICT, WITHOUT ROWID;

CREATE TABLE provision_key (
	id           BLOB PRIMARY KEY,
	profile      BLOB NOT NULL REFERENCES profile ON DELETE CASCADE,
	key          TEXT NOT NULL UNIQUE,
	secret       BLOB NOT NULL, -- sealed
	not_before   INTEGER,
	expires_at   INTEGER,
	max_devices  INTEGER NOT NULL, -- 0: any number
	networks     TEXT NOT NULL,    -- JSON array of prefixes
	name_pattern TEXT NOT NULL,
	revoked_at   INTEGER,
	created_at   INTEGER,
	devices      INTEGER NOT NULL  -- how many it has let in, deleted ones too
) STRICT, WITHOUT ROWID;

CREATE INDEX provision_key_by_profile ON provision_key (profile);

CREATE TABLE device (
	id               BLOB PRIMARY KEY,
	profile          BLOB NOT NULL REFERENCES profile,
	name             TEXT NOT NULL UNIQUE,
	folded           TEXT NOT NULL, -- the name in lower case, for searching
	state            INTEGER NOT NULL,
	gateway          INTEGER NOT NULL,
	label            TEXT NOT NULL,
	tags             TEXT NOT NULL, -- JSON object
	created_at       INTEGER,
	provisioned_at   INTEGER,
	provisioned_with BLOB           -- a provision key, which may be gone
) STRICT, WITHOUT ROWID;

CREATE INDEX device_by_profile ON device (profile, name);

CREATE TABLE credential (
	id           BLOB PRIMARY KEY,
	device       BLOB NOT NULL REFERENCES device ON DELETE CASCADE,
	kind         INTEGER NOT NULL,
	lookup       BLOB NOT NULL UNIQUE,
	value        BLOB NOT NULL, -- sealed
	hint         TEXT NOT NULL,
	state        INTEGER NOT NULL,
	not_before   INTEGER,
	expires_at   INTEGER,
	created_at   INTEGER,
	last_used_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX credential_by_device ON credential (device);

CREATE TABLE attribute (
	device     BLOB NOT NULL REFERENCES device ON DELETE CASCADE,
	scope      INTEGER NOT NULL,
	key        TEXT NOT NULL,
	value      BLOB NOT NULL, -- with its type
	updated_at INTEGER,
	PRIMARY KEY (device, scope, key)
) STRICT, WITHOUT ROWID;

-- What a provisioning request was granted, for the ten minutes in which it may ask again.
CREATE TABLE answer (
	request    BLOB PRIMARY KEY, -- digest
	device     BLOB NOT NULL,
	credential BLOB NOT NULL,
	created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX answer_by_age ON answer (created_at);

-- The journal: numbers go up, the lowest are dropped.
CREATE TABLE attempt (
	number    INTEGER PRIMARY KEY,
	at        INTEGER,
	count     INTEGER NOT NULL,
	action    INTEGER NOT NULL,
	transport INTEGER NOT NULL,
	remote    TEXT NOT NULL,
	device    BLOB, -- NULL: none was recognised
	name      TEXT NOT NULL,
	shown     TEXT NOT NULL,
	reason    TEXT NOT NULL,
	detail    TEXT NOT NULL
) STRICT;

CREATE INDEX attempt_by_device ON attempt (device) WHERE device IS NOT NULL;
CREATE INDEX attempt_by_name ON attempt (name);

CREATE TABLE api_token (
	digest     BLOB PRIMARY KEY,
	name       TEXT NOT NULL,
	once       INTEGER NOT NULL,
	created_at INTEGER,
	expires_at INTEGER
) STRICT, WITHOUT ROWID;
