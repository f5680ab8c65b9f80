package sqlite_test

import (
	"path/filepath"
	"testing"

	"muster/internal/sqlite"
	"muster/internal/storetest"
)

func TestSQLiteKeepsWhatARegistryPromises(t *testing.T) {
	storetest.Registry(t, func(dir string) (storetest.OpenRegistry, error) {
		return sqlite.Open(t.Context(), filepath.Join(dir, "registry.db"), sqlite.Options{})
	})
}
