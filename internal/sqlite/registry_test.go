package sqlite

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"muster"
)

// opened opens the registry at path for the length of the test.
func opened(t testing.TB, path string) *Registry {
	t.Helper()
	r, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// furnished opens a new registry with a profile and a provision key in it.
func furnished(t testing.TB) (r *Registry, p muster.Profile, k muster.ProvisionKey, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "registry.db")
	r = opened(t, path)
	p = muster.Profile{ID: muster.NewID[muster.Profile](), Name: "default", CreatedAt: time.Now()}
	k = muster.ProvisionKey{ID: muster.NewID[muster.ProvisionKey](), Profile: p.ID, Key: "key", CreatedAt: time.Now()}
	if err := r.CreateProfile(t.Context(), p, k); err != nil {
		t.Fatal(err)
	}
	return r, p, k, path
}

// admission returns a device of that name that the key lets in, with a token.
func admission(k muster.ProvisionKey, name string) muster.Admission {
	now := time.Now()
	d := muster.Device{
		ID: muster.NewID[muster.Device](), Profile: k.Profile, Name: name, State: muster.DeviceActive,
		CreatedAt: now, ProvisionedAt: now, ProvisionedWith: k.ID,
	}
	c := muster.Credential{
		ID: muster.NewID[muster.Credential](), Device: d.ID, Value: make([]byte, 48), State: muster.CredentialActive, CreatedAt: now,
	}
	copy(c.Lookup[:], muster.RandomText(len(c.Lookup)))
	state := muster.Attribute{Key: muster.ProvisionState, Value: muster.StringValue(muster.Provisioned), UpdatedAt: now}
	return muster.Admission{Device: d, Credential: c, Attributes: []muster.Attribute{state}}
}

func TestNobodyButTheOwnerMayReadTheFile(t *testing.T) {
	_, _, _, path := furnished(t)
	for _, suffix := range []string{"", "-wal"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", info.Name(), info.Mode())
		}
	}
}

func TestThePathMayHaveAnyCharacter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a ?mode=ro&b#c%20 é.db")
	opened(t, path)
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestTheFirstMasterKeyIsTheOnlyOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "registry.db")
	for _, step := range []struct {
		fingerprint string
		want        muster.Reason
	}{
		{"", ""}, {"one", ""}, {"one", ""}, {"two", muster.ReasonMasterKeyWrong}, {"", muster.ReasonMasterKeyWrong}, {"one", ""},
	} {
		r, err := Open(t.Context(), path, Options{Fingerprint: step.fingerprint})
		if muster.ReasonOf(err) != step.want {
			t.Errorf("opened with %q: %v, want the reason %q", step.fingerprint, err, step.want)
		}
		if err == nil {
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestADamagedFileIsNamedAndLeftAlone(t *testing.T) {
	whole := func(t *testing.T) []byte {
		t.Helper()
		path := filepath.Join(t.TempDir(), "registry.db")
		r, err := Open(t.Context(), path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, c := range []struct {
		says   string
		damage func(whole []byte) (file, log []byte) // nil: there is none
	}{
		{"an empty file", func([]byte) ([]byte, []byte) { return []byte{}, nil }},
		{"a file of something else", func([]byte) ([]byte, []byte) { return []byte(strings.Repeat("junk", 5000)), nil }},
		{"a file cut in half", func(b []byte) ([]byte, []byte) { return b[:len(b)/2], nil }},
		{"noise in the page that is read first", func(b []byte) ([]byte, []byte) { return noise(b, 4096), nil }},
		{"noise in the last page, after a crash", func(b []byte) ([]byte, []byte) { return noise(b, len(b)-4096), []byte("log") }},
		{"a log without its file", func([]byte) ([]byte, []byte) { return nil, []byte("log") }},
	} {
		t.Run(c.says, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "registry.db")
			file, log := c.damage(whole(t))
			for name, b := range map[string][]byte{path: file, path + "-wal": log} {
				if b == nil {
					continue
				}
				if err := os.WriteFile(name, b, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, err := Open(t.Context(), path, Options{})
			if muster.ReasonOf(err) != muster.ReasonDatabaseDamaged || !strings.Contains(muster.MessageOf(err), path) {
				t.Errorf("got error %v, want %s and the file's name", err, muster.ReasonDatabaseDamaged)
			}
			got, err := os.ReadFile(path)
			if (err == nil) != (file != nil) || string(got) != string(file) {
				t.Errorf("the file is not what it was (%v)", err)
			}
		})
	}
}

// noise returns the file with a page of noise at the offset.
func noise(file []byte, offset int) []byte {
	copy(file[offset:offset+4096], strings.Repeat("noise", 4096))
	return file
}

func TestTheDatabaseOfAnotherProgramIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "registry.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := connect(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.script(`CREATE TABLE song (title TEXT)`); err != nil {
		t.Fatal(err)
	}
	if err := c.close(); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), path, Options{})
	if muster.ReasonOf(err) != muster.ReasonDatabaseDamaged {
		t.Errorf("got error %v, want %s", err, muster.ReasonDatabaseDamaged)
	}
}

func TestAnInterruptedBeginningIsBegunAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "registry.db")
	for _, suffix := range []string{".new", ".new-wal", ".new-shm"} {
		if err := os.WriteFile(path+suffix, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	opened(t, path)
	left, err := filepath.Glob(path + ".new*")
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

// The files are copied while the registry is open, which is what a crash leaves: a log that was not copied into the file.
func TestWhatWasAcknowledgedSurvivesACrash(t *testing.T) {
	r, _, k, path := furnished(t)
	var devices sync.WaitGroup
	for i := range 300 {
		devices.Go(func() {
			if err := r.Admit(t.Context(), admission(k, fmt.Sprintf("pump-%d", i))); err != nil {
				t.Error(err)
			}
		})
	}
	devices.Wait()
	crashed := filepath.Join(t.TempDir(), "registry.db")
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(path + suffix)
		if err == nil {
			err = os.WriteFile(crashed+suffix, b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	page, err := opened(t, crashed).Devices(t.Context(), muster.DeviceQuery{Limit: 1000})
	found := page.Devices
	if err != nil || len(found) != 300 {
		t.Errorf("found %d devices of 300 (%v)", len(found), err)
	}
}

func TestAfterTheEndNothingIsTaken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "registry.db")
	r, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + "-wal"); err == nil {
		t.Error("the log is still there")
	}
	err = r.DeleteDevice(t.Context(), muster.NewID[muster.Device]())
	if muster.ReasonOf(err) != muster.ReasonStopping {
		t.Errorf("got error %v, want %s", err, muster.ReasonStopping)
	}
}

func TestWhatAnOldReadFilesTooLateIsNotFound(t *testing.T) {
	r, p, k, _ := furnished(t)
	old := r.known.Load()
	_, err := r.UpdateProfile(t.Context(), p.ID, func(p *muster.Profile) error {
		p.Description = "changed"
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	old.profiles[p.ID], old.keys[k.Key] = p, keyed{k, p} // as a read does that has seen the database before the change
	if _, got, err := r.ProvisionKey(t.Context(), k.Key); err != nil || got.Description != "changed" {
		t.Errorf("found the profile %q (%v)", got.Description, err)
	}
}

func TestNoMoreIsRememberedThanMayBe(t *testing.T) {
	r, _, _, _ := furnished(t)
	for range maxKnown {
		r.known.Load().profiles[muster.NewID[muster.Profile]()] = muster.Profile{}
		r.known.Load().keys[muster.RandomText(20)] = keyed{}
	}
	if _, _, err := r.ProvisionKey(t.Context(), "key"); err != nil {
		t.Error(err)
	}
	if n, m := len(r.known.Load().profiles), len(r.known.Load().keys); n != maxKnown || m != maxKnown {
		t.Errorf("remembered %d profiles and %d keys", n, m)
	}
}

// A reading that takes a whole table, or sorts one, would grow slow with the fleet.
func TestReadingsThatDevicesWaitForFollowAnIndex(t *testing.T) {
	r, _, _, _ := furnished(t)
	ctx := t.Context()
	_, _ = r.Holder(ctx, muster.LookupKey{1})
	_, _ = r.BasicHolder(ctx, muster.LookupKey{1})
	_, _ = r.PublicKeys(ctx, "pump")
	_, _, _ = r.ProvisionKey(ctx, "key")
	_, _, _ = r.Answered(ctx, muster.LookupKey{1}, time.Now())
	_, _ = r.Attributes(ctx, muster.DeviceID{1})
	_, _ = r.Credentials(ctx, muster.DeviceID{1})
	_, _ = r.Device(ctx, "pump")
	_, _ = r.Attempts(ctx, muster.AttemptQuery{Device: muster.DeviceID{1}, Name: "pump", Limit: 1})
	c := r.readers.pop() // all of them ran on the one connection
	defer func() { r.readers.idle = append(r.readers.idle, c) }()
	queries := slices.Collect(maps.Keys(c.prepared))
	for _, query := range queries {
		for _, step := range planOf(t, c, query) {
			if strings.HasPrefix(step, "SCAN") && !strings.Contains(step, "subquery") && step != "SCAN stretch" {
				t.Errorf("%s\n%s", step, query)
			}
		}
	}
	if len(queries) < 9 {
		t.Errorf("looked at %d queries", len(queries))
	}
}

// planOf returns the steps of the query's plan.
func planOf(t *testing.T, c *conn, query string) []string {
	t.Helper()
	args := make([]value, c.prepared[query].BindParamCount())
	step := func(r *row) string {
		r.next = 3 // after three numbers that say which step it is a part of
		return r.text()
	}
	steps, err := all(c, step, "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	return steps
}
