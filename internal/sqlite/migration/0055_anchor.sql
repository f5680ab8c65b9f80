-- The certificates that profiles trust to vouch for devices. Each belongs to one profile; digests are SHA-256.
CREATE TABLE anchor (
	certificate BLOB PRIMARY KEY,
	profile     BLOB NOT NULL REFERENCES profile ON DELETE CASCADE,
	subject     BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX anchor_by_subject ON anchor (subject, profile);
CREATE INDEX anchor_by_profile ON anchor (profile);

-- How many devices were created for certificates, deleted ones too.
ALTER TABLE profile ADD COLUMN certified INTEGER NOT NULL DEFAULT 0;
