-- Certificates of our own authority.
CREATE TABLE certificate (
	number      INTEGER PRIMARY KEY, -- in the order in which they were issued
	serial      BLOB NOT NULL UNIQUE,
	authority   BLOB NOT NULL,       -- the key that signed it
	device      BLOB,                -- NULL: nobody's; it may be gone
	credential  BLOB,                -- NULL: it opens no door; it may be gone
	profile     BLOB,
	subject     TEXT NOT NULL,
	fingerprint BLOB NOT NULL,
	der         BLOB NOT NULL,
	not_before  INTEGER NOT NULL,
	not_after   INTEGER NOT NULL,
	created_at  INTEGER NOT NULL,
	revoked_at  INTEGER,
	reason      INTEGER NOT NULL
) STRICT;

CREATE INDEX certificate_by_device ON certificate (device) WHERE device IS NOT NULL;
CREATE INDEX certificate_by_credential ON certificate (credential) WHERE credential IS NOT NULL;
CREATE INDEX certificate_revoked ON certificate (authority, not_after) WHERE revoked_at IS NOT NULL;

-- What is counted for each key of the authority.
CREATE TABLE authority (
	id       BLOB PRIMARY KEY,
	revision INTEGER NOT NULL DEFAULT 0, -- how many of its certificates were revoked
	crl      INTEGER NOT NULL DEFAULT 0  -- the number of its last CRL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER certificate_counted AFTER UPDATE OF revoked_at ON certificate
WHEN OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL
BEGIN
	INSERT INTO authority (id, revision) VALUES (NEW.authority, 1) ON CONFLICT (id) DO UPDATE SET revision = revision + 1;
END;

-- However a credential ends, its certificate ends with it: 3 is revoked, 4 superseded, 5 cessation of operation.
CREATE TRIGGER credential_revoked AFTER UPDATE OF state ON credential
WHEN NEW.kind = 1 AND NEW.state = 3 AND OLD.state <> 3
BEGIN
	UPDATE certificate SET revoked_at = CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER),
		reason = CASE WHEN OLD.state = 2 THEN 4 ELSE 0 END
	WHERE credential = NEW.id AND revoked_at IS NULL;
END;

CREATE TRIGGER credential_deleted AFTER DELETE ON credential
WHEN OLD.kind = 1
BEGIN
	UPDATE certificate SET revoked_at = CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER), reason = 5
	WHERE credential = OLD.id AND revoked_at IS NULL;
END;
