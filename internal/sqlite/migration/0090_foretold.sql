-- Up to which end credentials were told of, so many days before.
CREATE TABLE foretold (
	days  INTEGER PRIMARY KEY,
	until INTEGER NOT NULL
) STRICT;
