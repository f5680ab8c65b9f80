-- A client that shows a client id and a user name is looked for among those who have both, which are few in most fleets and
-- often none: the user name alone may be an access token.
CREATE UNIQUE INDEX credential_pair ON credential (lookup) WHERE kind = 2;
