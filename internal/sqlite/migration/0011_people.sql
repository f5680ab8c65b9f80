CREATE TABLE user (
	id            BLOB PRIMARY KEY,
	name          TEXT NOT NULL,
	folded        TEXT NOT NULL UNIQUE, -- the name in lower case
	role          INTEGER NOT NULL,
	password      BLOB NOT NULL, -- sealed argon2id hash; empty: none
	subject       TEXT UNIQUE,   -- who they are to another provider; NULL: they sign in here
	disabled      INTEGER NOT NULL,
	created_at    INTEGER,
	last_login_at INTEGER
) STRICT, WITHOUT ROWID;

-- Who is signed in. What is over is dropped at a sign-in.
CREATE TABLE login (
	id         BLOB PRIMARY KEY,
	digest     BLOB NOT NULL UNIQUE,
	user       BLOB NOT NULL REFERENCES user ON DELETE CASCADE,
	created_at INTEGER NOT NULL,
	seen_at    INTEGER NOT NULL,
	expires_at INTEGER NOT NULL,
	remote     TEXT NOT NULL,
	agent      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX login_by_user ON login (user, created_at);

-- From which networks users have signed in before; the latest of each user.
CREATE TABLE haunt (
	user    BLOB NOT NULL REFERENCES user ON DELETE CASCADE,
	network TEXT NOT NULL,
	seen_at INTEGER NOT NULL,
	PRIMARY KEY (user, network)
) STRICT, WITHOUT ROWID;

-- Tokens get an id, a role, networks and a name of their own; those that were there are an admin's.
ALTER TABLE api_token RENAME TO api_token_before;

CREATE TABLE api_token (
	id           BLOB PRIMARY KEY,
	digest       BLOB NOT NULL UNIQUE,
	name         TEXT NOT NULL,
	role         INTEGER NOT NULL,
	networks     TEXT NOT NULL, -- JSON array of prefixes
	once         INTEGER NOT NULL,
	created_at   INTEGER,
	expires_at   INTEGER,
	revoked_at   INTEGER,
	last_used_at INTEGER
) STRICT, WITHOUT ROWID;

INSERT INTO api_token (id, digest, name, role, networks, once, created_at, expires_at)
SELECT substr(digest, 1, 16), digest,
	iif(once OR NOT EXISTS (SELECT 1 FROM api_token_before e WHERE e.name = b.name AND NOT e.once AND e.digest < b.digest),
		name, name || '-' || lower(hex(substr(digest, 1, 4)))),
	3, '{}', once, created_at, expires_at
FROM api_token_before b;

DROP TABLE api_token_before;

CREATE UNIQUE INDEX api_token_by_name ON api_token (name) WHERE revoked_at IS NULL AND NOT once;
