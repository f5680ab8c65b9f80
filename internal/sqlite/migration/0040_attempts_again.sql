-- What it takes to judge an attempt again under other settings.
ALTER TABLE attempt ADD COLUMN profile BLOB;                     -- of the device, or of the provision key; NULL: neither is known
ALTER TABLE attempt ADD COLUMN way INTEGER NOT NULL DEFAULT 0;   -- how the device was let in
ALTER TABLE attempt ADD COLUMN claims TEXT NOT NULL DEFAULT '';  -- of a JWT whose signature was right, JSON
UPDATE attempt SET profile = coalesce((SELECT profile FROM device WHERE id = attempt.device), (SELECT profile FROM provision_key k WHERE k.key = attempt.key));
CREATE INDEX attempt_by_profile ON attempt (profile) WHERE profile IS NOT NULL;
