-- What is still good of a key's certificates.
CREATE INDEX certificate_good ON certificate (authority, not_after) WHERE revoked_at IS NULL;
