-- What authorities that are not ours have revoked, as they have signed it.
CREATE TABLE revocation_list (
	id         BLOB PRIMARY KEY,
	name       TEXT NOT NULL UNIQUE,
	url        TEXT NOT NULL, -- empty: it is handed in
	issuer     TEXT NOT NULL, -- PEM
	der        BLOB NOT NULL,
	created_at INTEGER NOT NULL,
	taken_at   INTEGER NOT NULL
) STRICT;
