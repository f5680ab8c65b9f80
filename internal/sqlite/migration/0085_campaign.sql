-- Campaigns ask devices for other credentials, wave after wave.
CREATE TABLE campaign (
	id            BLOB PRIMARY KEY,
	state         INTEGER NOT NULL,
	selection     TEXT NOT NULL,    -- JSON
	wave          INTEGER NOT NULL, -- devices of each
	pause         INTEGER NOT NULL, -- between waves, in milliseconds
	error_percent INTEGER NOT NULL,
	patience      INTEGER NOT NULL, -- in milliseconds
	asked_by      TEXT NOT NULL,
	created_at    INTEGER NOT NULL,
	finished_at   INTEGER,
	detail        TEXT NOT NULL,
	mark          BLOB,             -- the device up to which it has looked
	exhausted     INTEGER NOT NULL DEFAULT 0,
	waves         INTEGER NOT NULL DEFAULT 0,
	remaining     INTEGER NOT NULL DEFAULT 0, -- of the present wave
	next_at       INTEGER,
	forgiven      INTEGER NOT NULL DEFAULT 0,
	selected      INTEGER NOT NULL,
	skipped       INTEGER NOT NULL DEFAULT 0,
	asked         INTEGER NOT NULL DEFAULT 0, -- these are counted by the triggers
	fetched       INTEGER NOT NULL DEFAULT 0,
	overdue       INTEGER NOT NULL DEFAULT 0,
	done          INTEGER NOT NULL DEFAULT 0,
	failed        INTEGER NOT NULL DEFAULT 0,
	withdrawn     INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- The devices that they have asked. Up to step 3 they are asked still.
CREATE TABLE campaign_device (
	campaign   BLOB NOT NULL REFERENCES campaign ON DELETE CASCADE,
	device     BLOB NOT NULL, -- which may be gone
	step       INTEGER NOT NULL,
	asked_at   INTEGER NOT NULL,
	credential BLOB,          -- that it was given and has not used, as far as is known; it may be gone
	PRIMARY KEY (campaign, device)
) STRICT, WITHOUT ROWID;

CREATE INDEX campaign_device_by_step ON campaign_device (campaign, step, asked_at);
CREATE INDEX campaign_device_asked ON campaign_device (device) WHERE step <= 3;

CREATE TRIGGER campaign_device_counted AFTER INSERT ON campaign_device
BEGIN
	UPDATE campaign SET asked = asked + 1 WHERE id = NEW.campaign;
END;

CREATE TRIGGER campaign_device_moved AFTER UPDATE OF step ON campaign_device
WHEN OLD.step <> NEW.step
BEGIN
	UPDATE campaign SET
		asked = asked - (OLD.step = 1) + (NEW.step = 1),
		fetched = fetched - (OLD.step = 2) + (NEW.step = 2),
		overdue = overdue - (OLD.step = 3) + (NEW.step = 3),
		done = done - (OLD.step = 4) + (NEW.step = 4),
		failed = failed - (OLD.step = 5) + (NEW.step = 5),
		withdrawn = withdrawn - (OLD.step = 6) + (NEW.step = 6)
	WHERE id = NEW.campaign;
END;

-- Whoever removes the attribute, asks the device no more. So does the end of the device.
CREATE TRIGGER campaign_unasked AFTER DELETE ON attribute
WHEN OLD.key = 'credentialRotation' AND OLD.scope = 1
BEGIN
	UPDATE campaign_device SET step = 5 WHERE device = OLD.device AND step <= 3;
END;
