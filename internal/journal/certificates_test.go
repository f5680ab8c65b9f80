package journal_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"muster/internal/journal"
)

func TestTheNewestCertificatesThatNobodyHasAreRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		j, done := open(t, s, journal.Options{})
		defer done()
		shown := []byte("certificate")
		for i := range 300 {
			a := attempt(fmt.Sprint(i))
			a.Certificate = shown
			j.Note(a)
		}
		long := attempt("long")
		long.Certificate = make([]byte, 4<<10+1)
		j.Note(long)
		clear(shown) // which is the caller's
		time.Sleep(time.Second)
		synctest.Wait()
		var remembered []string
		for i, a := range s.all() {
			if a.Certificate != nil {
				t.Errorf("the certificate of %s is filed", a.Name)
			}
			if der := j.Certificate(int64(i + 1)); string(der) == "certificate" {
				remembered = append(remembered, a.Name)
			} else if der != nil {
				t.Errorf("%s: %q", a.Name, der)
			}
		}
		if len(remembered) != 256 || remembered[0] != "44" || remembered[255] != "299" {
			t.Errorf("%d are remembered: %v", len(remembered), remembered)
		}
		if j.Certificate(0) != nil || j.Certificate(1000) != nil {
			t.Error("there is a certificate of no attempt")
		}
	})
}
