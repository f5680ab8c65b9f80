-- Whether the device was given the credential because it has asked for it.
ALTER TABLE credential ADD COLUMN given INTEGER NOT NULL DEFAULT 0;

-- What campaigns have had devices fetch.
CREATE INDEX campaign_device_given ON campaign_device (credential) WHERE step <= 3 AND credential IS NOT NULL;
