package people_test

import (
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"muster"
)

// took returns how long a try takes and whether it was let in.
func (f *fixture) took(t *testing.T, name string, password muster.Secret, from netip.Addr) (time.Duration, muster.Reason) {
	t.Helper()
	begin := time.Now()
	_, err := f.SignIn(t.Context(), try(name, password, from))
	return time.Since(begin), muster.ReasonOf(err)
}

func TestGuessingIsSlowedDownAndARightPasswordIsLetInAllTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.user("anna", muster.RoleViewer)
		for i, want := range []time.Duration{0, 0, 0, 0, 0, 1, 2, 4, 8, 8, 8} {
			if took, reason := f.took(t, "anna", wrong, far); took != want*time.Second || reason != muster.ReasonSignInWrong {
				t.Errorf("guess %d took %v (%s), want %d s", i+1, took, reason, want)
			}
		}
		if took, reason := f.took(t, "anna", right, home); took != 0 || reason != "" {
			t.Errorf("at another address the owner waits for %v (%s)", took, reason)
		}
		if took, reason := f.took(t, "ANNA", right, far); took != 8*time.Second || reason != "" {
			t.Errorf("at the same address the owner waits for %v (%s)", took, reason)
		}
		if took, reason := f.took(t, "anna", right, far); took != 0 || reason != "" {
			t.Errorf("after that the owner waits for %v (%s)", took, reason)
		}
		if text := f.log.String(); strings.Count(text, "sign-ins fail again and again") != 1 || !strings.Contains(text, "user=anna") {
			t.Errorf("the log has %s", text)
		}
	})
}

func TestFailuresAreForgiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.user("anna", muster.RoleViewer)
		for range 8 {
			f.took(t, "anna", wrong, far)
		}
		time.Sleep(15 * time.Minute)
		if took, reason := f.took(t, "anna", wrong, far); took != 0 || reason != muster.ReasonSignInWrong {
			t.Errorf("it took %v (%s)", took, reason)
		}
	})
}

func TestWhoHasSignedInFromThereBeforeHasMoreTries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.user("anna", muster.RoleViewer)
		f.signIn("anna", home)
		for i := range 60 { // a neighbour at the same address guesses names
			f.took(t, "name-"+strconv.Itoa(i), wrong, home)
		}
		for range 29 {
			if took, _ := f.took(t, "anna", wrong, home); took != 0 {
				t.Fatalf("it took %v", took)
			}
		}
		if took, reason := f.took(t, "anna", right, home); took != 0 || reason != "" {
			t.Errorf("the owner waits for %v (%s)", took, reason)
		}
		if took, _ := f.took(t, "berta", wrong, home); took == 0 {
			t.Error("a network that fails with many names is not slowed down")
		}
	})
}

func TestFewWaitAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.user("anna", muster.RoleViewer)
		for range 6 {
			f.took(t, "anna", wrong, far)
		}
		var mu sync.Mutex
		reasons := map[muster.Reason]int{}
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				_, reason := f.took(t, "anna", wrong, far)
				mu.Lock()
				defer mu.Unlock()
				reasons[reason]++
			})
		}
		all.Wait()
		if reasons[muster.ReasonSignInDelayed] != 48 || reasons[muster.ReasonSignInWrong] != 2 {
			t.Errorf("got %v", reasons)
		}
		if took, reason := f.took(t, "anna", right, home); took != 0 || reason != "" {
			t.Errorf("the owner waits for %v (%s)", took, reason)
		}
	})
}

func TestAnIPv6ClientIsItsNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.user("anna", muster.RoleViewer)
		for i := range 5 {
			f.took(t, "anna", wrong, netip.MustParseAddr("2001:db8::"+strconv.Itoa(i+1)))
		}
		if took, _ := f.took(t, "anna", wrong, netip.MustParseAddr("2001:db8::ffff")); took != time.Second {
			t.Errorf("it took %v", took)
		}
		if took, _ := f.took(t, "anna", wrong, netip.MustParseAddr("2001:db8:0:1::1")); took != 0 {
			t.Errorf("a neighbour waits for %v", took)
		}
	})
}

func TestABrowserThatWasSignedInIsDelayedByNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.user("anna", muster.RoleViewer)
		f.user("berta", muster.RoleViewer)
		mark := f.signIn("anna", home).Mark
		for says, c := range map[string]struct {
			name string
			mark muster.Secret
			want bool // that it is let in at once
		}{
			"with the mark":                 {"anna", mark, true},
			"without it":                    {"anna", "", false},
			"with a mark that is made up":   {"anna", mark[:len(mark)-1] + "_", false},
			"with half of it":               {"anna", mark[:60], false},
			"with a mark of nobody":         {"anna", "msk_..", false},
			"with a mark of somebody else":  {"berta", mark, false},
			"as somebody else without mark": {"berta", "", false},
		} {
			for range 40 { // behind one proxy everybody has one address
				f.took(t, "anna", wrong, home)
				f.took(t, "berta", wrong, home)
			}
			begin := time.Now()
			a := try(c.name, right, home)
			a.Mark = c.mark
			if _, err := f.SignIn(t.Context(), a); err != nil {
				t.Errorf("%s: %v", says, err)
			}
			if took := time.Since(begin); took == 0 != c.want {
				t.Errorf("%s it took %v", says, took)
			}
		}
		a := try("anna", wrong, home)
		a.Mark = mark
		begin := time.Now()
		for range 32 {
			if _, err := f.SignIn(t.Context(), a); err == nil {
				t.Error("a mark opens the door")
			}
		}
		if took := time.Since(begin); took != 3*time.Second {
			t.Errorf("32 guesses in a stolen browser took %v", took)
		}
	})
}
