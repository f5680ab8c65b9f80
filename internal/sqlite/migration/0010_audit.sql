-- What people and scripts have changed: numbers go up, the lowest are dropped.
CREATE TABLE audit (
	number INTEGER PRIMARY KEY,
	at     INTEGER NOT NULL,
	actor  TEXT NOT NULL,
	remote TEXT NOT NULL,
	action TEXT NOT NULL,
	noun   TEXT NOT NULL,
	name   TEXT NOT NULL,
	before TEXT NOT NULL, -- JSON object; empty: nothing was there
	after  TEXT NOT NULL  -- JSON object; empty: nothing is left
) STRICT;

CREATE INDEX audit_by_time ON audit (at);
CREATE INDEX audit_by_actor ON audit (actor);
CREATE INDEX audit_by_name ON audit (noun, name);
