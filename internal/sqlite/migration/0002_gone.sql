-- Devices that were deleted while their readings, which are kept elsewhere, may still be there.
CREATE TABLE gone (
	device     BLOB PRIMARY KEY,
	deleted_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
