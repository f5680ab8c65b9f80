package bulk

import (
	"context"

	"muster"
)

// A Store keeps imports, and the devices that they file. Each method is one transaction.
type Store interface {
	// Profiles returns all profiles, by name.
	Profiles(ctx context.Context) ([]muster.Profile, error)

	// CreateImport files an import that has not begun, and forgets ended ones that are too old.
	CreateImport(ctx context.Context, i muster.Import) error
	// Import returns an import, or muster.NotFound.
	Import(ctx context.Context, id muster.ImportID) (muster.Import, error)
	// Imports returns all imports that are remembered, the newest first.
	Imports(ctx context.Context) ([]muster.Import, error)
	// UpdateImport changes the state of an import, its times and its progress; the rest stays. The function is called inside
	// the transaction; if it returns an error nothing changes and that error is returned. Progress without rows forgets the
	// failed ones. NotFound if the import is forgotten.
	UpdateImport(ctx context.Context, id muster.ImportID, change func(*muster.Import) error) (muster.Import, error)
	// DeleteImport forgets an import that has ended, and its failed rows. Refused with ReasonImportStopped if it has not; NotFound
	// if it is forgotten.
	DeleteImport(ctx context.Context, id muster.ImportID) error
	// FileRows files the rows of some batches of one import, which follow on each other, and with them what the import has
	// come to. A row that is refused changes nothing and is remembered as failed; the others are filed. Rows that were
	// counted before are not counted again. It returns what has become of each of the rows of the batches that it has filed:
	// the first at least, and not those behind it once somebody else waits to write. Refused with ReasonImportStopped if the
	// import is not running.
	FileRows(ctx context.Context, id muster.ImportID, batches []muster.ImportBatch) ([][]muster.FiledRow, muster.ImportProgress, error)
	// FailedRows returns the rows of an import behind that number that were not filed, in the order of the file.
	FailedRows(ctx context.Context, id muster.ImportID, after, limit int) ([]muster.FailedRow, error)

	// DeviceRecords returns the devices whose names are greater than after, by name, at most limit, as they were at one moment.
	DeviceRecords(ctx context.Context, after string, limit int) ([]muster.DeviceRecord, error)
	// SecretsShown notes in the audit log that somebody was shown the secrets of the whole fleet.
	SecretsShown(ctx context.Context) error
}

// Readings keep what devices have sent.
type Readings interface {
	// Commit makes the batch durable: when it returns nil, every entry survives a power cut.
	Commit(b *muster.Batch) error
}

// A Watcher is told how far imports are, and of the readings in them.
type Watcher interface {
	// Progressed is called when an import was filed, has got further, or has ended, in that order. It must be quick.
	Progressed(i muster.Import)
	// Stored is called with readings of imports that are durable. It must be quick, and may not keep the batch.
	Stored(b *muster.Batch)
}
