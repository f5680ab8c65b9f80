-- Proofs that devices were let in again by and that are good for once, until they end.
CREATE TABLE spent (
	device BLOB NOT NULL REFERENCES device ON DELETE CASCADE,
	proof  BLOB NOT NULL, -- digest
	until  INTEGER NOT NULL,
	PRIMARY KEY (device, proof)
) STRICT, WITHOUT ROWID;

CREATE INDEX spent_by_end ON spent (until);
