-- Attempts are found stretch by stretch of 4096 numbers, so that what is filed together lies together.
DROP INDEX attempt_by_device;
DROP INDEX attempt_by_name;

CREATE INDEX attempt_by_device ON attempt (number >> 12, device) WHERE device IS NOT NULL;
CREATE INDEX attempt_by_name ON attempt (number >> 12, name);
