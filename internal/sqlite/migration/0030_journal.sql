-- Attempts of devices and those of strangers are counted apart, so that neither push out the other.
ALTER TABLE attempt ADD COLUMN place INTEGER NOT NULL DEFAULT 0; -- among those of devices, or among those of strangers
ALTER TABLE attempt ADD COLUMN address BLOB;                     -- remote in 16 bytes; NULL: none
ALTER TABLE attempt ADD COLUMN key TEXT NOT NULL DEFAULT '';     -- the provision key that was named
UPDATE attempt SET place = number;
CREATE UNIQUE INDEX attempt_by_place ON attempt (device IS NULL, place);
