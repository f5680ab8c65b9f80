package journal_test

import (
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"muster"
	"muster/internal/journal"
)

// elsewhere is an attempt from an address of its own.
func elsewhere(i int) muster.Attempt {
	a := attempt(fmt.Sprint(i))
	a.Remote = netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
	return a
}

func TestAnAddressThatTriesNamesWithoutEndIsCountedTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		j, done := open(t, s, journal.Options{})
		defer done()
		for i := range 5000 {
			j.Note(attempt(fmt.Sprint("name-", i)))
		}
		j.Note(elsewhere(1))
		known := attempt("pump")
		known.Device = muster.NewID[muster.Device]()
		j.Note(known)
		done()
		entries, together := 0, 0
		for _, a := range s.all() {
			entries++
			if a.Name == "" {
				together += a.Count
			}
		}
		if entries != 1003 || together != 4000 {
			t.Errorf("%d entries, %d counted together", entries, together)
		}
	})
}

func TestADeviceHasRoomAgainLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		j, done := open(t, s, journal.Options{})
		defer done()
		for i := range 1001 {
			j.Note(attempt(fmt.Sprint("before-", i)))
		}
		time.Sleep(time.Hour)
		for i := range 601 {
			j.Note(attempt(fmt.Sprint("after-", i)))
		}
		done()
		named := 0
		for _, a := range s.all() {
			if a.Name != "" {
				named++
			}
		}
		if named != 1600 {
			t.Errorf("%d are named", named)
		}
	})
}

func TestAttemptsHaveAnAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		j, done := open(t, s, journal.Options{Age: time.Hour})
		j.Note(attempt("a"))
		done()
		if want := time.Now().Add(-time.Hour); !s.since.Equal(want) {
			t.Errorf("kept since %v, want %v", s.since, want)
		}
	})
}
