package backup_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"muster"
	"muster/internal/backup"
)

type registry struct{ err error }

func (r registry) CopyTo(_ context.Context, path string) error {
	return errors.Join(r.err, os.WriteFile(path, []byte("the registry"), 0o600))
}

type readings struct{}

func (readings) CopyTo(dir string) error {
	return errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, "000001.sst"), []byte("readings"), 0o600))
}

const passphrase muster.Secret = "correct horse battery staple"

func service(t *testing.T, r registry) (*backup.Service, string) {
	t.Helper()
	dir := t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "ca"), 0o700), os.WriteFile(filepath.Join(dir, "ca", "root.pem"), []byte("root"), 0o600),
		os.WriteFile(filepath.Join(dir, "ca", "root.pem.1.tmp"), []byte("ro"), 0o600)); err != nil {
		t.Fatal(err)
	}
	return backup.New(backup.Options{
		Dir: dir, Registry: r, Readings: readings{}, Version: "test", Format: "1\n", Now: time.Now,
		Keys: func() (backup.Keys, error) { return backup.Keys{MasterKey: "master", APIToken: "token"}, nil },
	}), dir
}

func create(t *testing.T, p muster.Secret) []byte {
	t.Helper()
	s, dir := service(t, registry{})
	write, err := s.Create(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create(t.Context(), p); !errors.Is(err, muster.ReasonServerBusy) {
		t.Errorf("a second one at once: %v", err)
	}
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, backup.WorkDir)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what was gathered is left: %v", err)
	}
	return b.Bytes()
}

func TestWhatWasBackedUpIsRestored(t *testing.T) {
	for name, p := range map[string]muster.Secret{"with keys": passphrase, "without": ""} {
		t.Run(name, func(t *testing.T) {
			b, dir := create(t, p), t.TempDir()
			if m, err := backup.Verify(bytes.NewReader(b)); err != nil || m.Keys != (p != "") || m.Version != "test" {
				t.Fatalf("%+v, %v", m, err)
			}
			r, err := backup.Restore(bytes.NewReader(b), dir, p)
			if err != nil || (r.Secrets == nil) != (p == "") {
				t.Fatalf("%+v, %v", r, err)
			}
			if r.Secrets != nil && *r.Secrets != (backup.Keys{MasterKey: "master", APIToken: "token"}) {
				t.Error("the keys are others")
			}
			for file, want := range map[string]string{"registry.db": "the registry", "readings/000001.sst": "readings", "ca/root.pem": "root"} {
				if got, err := os.ReadFile(filepath.Join(dir, file)); err != nil || string(got) != want {
					t.Errorf("%s: %q, %v", file, got, err)
				}
			}
			if _, err := os.Stat(filepath.Join(dir, "ca/root.pem.1.tmp")); !os.IsNotExist(err) {
				t.Errorf("what was half written is restored: %v", err)
			}
		})
	}
}

func TestADamagedBackupLeavesNothingBehind(t *testing.T) {
	whole := create(t, "")
	forged := func(entries ...string) []byte {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for i := 0; i < len(entries); i += 2 {
			_ = w.WriteHeader(&tar.Header{Name: entries[i], Size: int64(len(entries[i+1])), Mode: 0o600})
			_, _ = io.WriteString(w, entries[i+1])
		}
		_ = w.Close()
		return b.Bytes()
	}
	for name, b := range map[string][]byte{
		"a changed one":                  bytes.Replace(whole, []byte("the registry"), []byte("the Registry"), 1),
		"one that is cut off":            whole[:len(whole)/2],
		"one without its end":            whole[:len(whole)-3072],
		"an empty one":                   nil,
		"another file":                   []byte("hello"),
		"a tar of something else":        forged("hello", "hello"),
		"one that leads out":             forged("manifest.json", `{"layout":1}`, "readings/../../evil", "x", "digests.json", "{}"),
		"one that leads to the root":     forged("manifest.json", `{"layout":1}`, "/evil", "x", "digests.json", "{}"),
		"one with another file":          forged("manifest.json", `{"layout":1}`, "master.key", "x", "digests.json", "{}"),
		"one whose digests are left out": forged("manifest.json", `{"layout":1}`, "registry.db", "x", "digests.json", "{}"),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if _, err := backup.Restore(bytes.NewReader(b), dir, ""); !errors.Is(err, muster.ReasonBackupDamaged) {
				t.Errorf("restored with %v", err)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("%v is left, %v", left, err)
			}
			if _, err := backup.Verify(bytes.NewReader(b)); !errors.Is(err, muster.ReasonBackupDamaged) {
				t.Errorf("verified with %v", err)
			}
		})
	}
}

func TestAWrongPassphraseRestoresNothing(t *testing.T) {
	b, dir := create(t, passphrase), t.TempDir()
	if _, err := backup.Restore(bytes.NewReader(b), dir, "wrong horse battery"); !errors.Is(err, muster.ReasonMasterKeyWrong) {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
	if bytes.Contains(b, []byte("master\"")) {
		t.Error("the master key stands in the backup")
	}
}

func TestABackupThatFailsMakesRoomForTheNext(t *testing.T) {
	s, _ := service(t, registry{errors.New("disk full")})
	for range 2 {
		if _, err := s.Create(t.Context(), ""); err == nil || errors.Is(err, muster.ReasonServerBusy) {
			t.Error(err)
		}
	}
}
