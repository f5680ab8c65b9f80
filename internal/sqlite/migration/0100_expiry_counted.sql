-- With the state in it, credentials that end soon are counted without being looked at.
DROP INDEX credential_by_expiry;
CREATE INDEX credential_by_expiry ON credential (expires_at, id, state) WHERE expires_at IS NOT NULL;
