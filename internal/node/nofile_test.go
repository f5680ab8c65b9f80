package node

import "testing"

func TestConnectionsLeaveFilesForTheRest(t *testing.T) {
	for files, want := range map[uint64]int{20_000: 19_000, 1_000_000: 950_000, 1024: 824, 256: 200} {
		if got := connections(files); got != want {
			t.Errorf("%d open files leave %d connections, want %d", files, got, want)
		}
	}
}

func TestHTTPLeavesFilesForTheStores(t *testing.T) {
	for files, want := range map[uint64]int64{20_000: 500, 1_000_000: 25_000, 1024: 100} {
		if got := requests(files); got != want {
			t.Errorf("%d open files leave %d HTTP connections, want %d", files, got, want)
		}
	}
}

func TestReadingsLeaveFilesForTheRegistry(t *testing.T) {
	for files, want := range map[uint64]int{20_000: 250, 1_000_000: 1000, 1024: 50} {
		if got := tables(files); got != want {
			t.Errorf("%d open files leave %d for readings, want %d", files, got, want)
		}
	}
}
