-- The orders in which devices are listed besides those by name and by id. Nearly all devices are active (1), and those
-- that are not are looked for.
CREATE INDEX device_by_state ON device (state, name) WHERE state <> 1;
CREATE INDEX device_by_provisioning ON device (provisioned_at, id) WHERE provisioned_at IS NOT NULL;
CREATE INDEX device_by_key ON device (provisioned_with, provisioned_at, id) WHERE provisioned_with IS NOT NULL;
