-- The order in which credentials are listed besides that by id: those that end first come first.
CREATE INDEX credential_by_expiry ON credential (expires_at, id) WHERE expires_at IS NOT NULL;
