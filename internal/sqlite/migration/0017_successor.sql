-- The credential whose first use revokes this one.
ALTER TABLE credential ADD COLUMN successor BLOB;

CREATE INDEX credential_by_successor ON credential (successor) WHERE successor IS NOT NULL;
