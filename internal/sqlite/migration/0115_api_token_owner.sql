-- A token may be a person's, and goes with them. Of the names of one person's live tokens, and of those that are nobody's,
-- each is there once.
ALTER TABLE api_token ADD COLUMN owner BLOB REFERENCES user ON DELETE CASCADE; -- NULL: nobody

DROP INDEX api_token_by_name;

CREATE UNIQUE INDEX api_token_by_name ON api_token (name, ifnull(owner, x'')) WHERE revoked_at IS NULL AND NOT once;

CREATE INDEX api_token_by_owner ON api_token (owner) WHERE owner IS NOT NULL;
