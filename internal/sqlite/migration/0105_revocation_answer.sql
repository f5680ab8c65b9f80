-- What responders of authorities that are not ours have said of certificates.
CREATE TABLE revocation_answer (
	certificate BLOB PRIMARY KEY, -- SHA-256
	revoked     INTEGER NOT NULL,
	this_update INTEGER NOT NULL,
	next_update INTEGER NOT NULL,
	until       INTEGER NOT NULL -- it is of no use after that
) STRICT, WITHOUT ROWID;
CREATE INDEX revocation_answer_by_until ON revocation_answer (until);
