-- Requests that are carried out once, and what they were answered; the latest of a day.
CREATE TABLE once (
	number  INTEGER PRIMARY KEY,
	key     BLOB NOT NULL UNIQUE, -- digest
	request BLOB NOT NULL,        -- digest
	at      INTEGER NOT NULL,
	answer  BLOB NOT NULL         -- sealed; empty: under way
) STRICT;

CREATE INDEX once_by_age ON once (at);
