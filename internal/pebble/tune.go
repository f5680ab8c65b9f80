package pebble

import (
	cockroach "github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/sstable"
)

// tune chooses Pebble's options for many small samples that are written once, read seldom and forgotten by the day.
func tune(o Options, p *patience) *cockroach.Options {
	l := logger{o.Logger, o.Fatal}
	t := &cockroach.Options{
		Logger:        l,
		EventListener: listener(l, p),
		Merger:        merger(),
		// Named, not "newest": a database is not upgraded by upgrading a library.
		FormatMajorVersion: cockroach.FormatValueSeparation,

		// Small ones: a flush takes a whole processor while it lasts, and whoever waits for an acknowledgement waits longer.
		MemTableSize:                16 << 20,
		MemTableStopWritesThreshold: 8,
		L0CompactionThreshold:       8,
		L0StopWritesThreshold:       32,
		LBaseMaxBytes:               512 << 20,
		FlushSplitBytes:             16 << 20,
		BytesPerSync:                1 << 20,
		MaxOpenFiles:                o.Tables,
		CacheSize:                   o.Cache,
	}
	if t.CacheSize == 0 {
		t.CacheSize = 64 << 20
	}
	if t.MaxOpenFiles <= 0 {
		t.MaxOpenFiles = 1000
	}
	t.CompactionConcurrencyRange = func() (int, int) { return 1, 2 }
	t.TargetFileSizes[0] = 8 << 20
	for i := range t.Levels {
		t.Levels[i].BlockSize = 16 << 10
		t.Levels[i].Compression = func() *sstable.CompressionProfile { return sstable.FastestCompression }
	}
	return t
}
