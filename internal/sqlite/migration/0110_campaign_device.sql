-- What each device was called when its turn came in a campaign, and why it has failed or was skipped (step 7).
ALTER TABLE campaign_device ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE campaign_device ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE campaign_device ADD COLUMN detail TEXT NOT NULL DEFAULT '';

-- In the order of their birth.
CREATE INDEX campaign_device_of_step ON campaign_device (campaign, step, device);

DROP TRIGGER campaign_device_counted;
CREATE TRIGGER campaign_device_counted AFTER INSERT ON campaign_device
WHEN NEW.step = 1
BEGIN
	UPDATE campaign SET asked = asked + 1 WHERE id = NEW.campaign;
END;

-- Whoever removes the attribute, asks the device no more. So does the end of the device.
DROP TRIGGER campaign_unasked;
CREATE TRIGGER campaign_unasked AFTER DELETE ON attribute
WHEN OLD.key = 'credentialRotation' AND OLD.scope = 1
BEGIN
	UPDATE campaign_device
	SET step = 5, reason = iif(EXISTS (SELECT 1 FROM device WHERE id = OLD.device), 'rotation-unasked', 'device-deleted')
	WHERE device = OLD.device AND step <= 3;
END;
