package issuer

import (
	"bytes"
	"crypto/elliptic"
	"os"
	"path/filepath"
	"testing"

	"muster"
)

// behindSocket has a key behind a socket sign, until the function that it returns is called; another call brings it back.
func (o *office) behindSocket() (away, back func()) {
	o.t.Helper()
	dir, err := os.MkdirTemp("", "signer") // t.TempDir is too long for a socket
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { _ = os.RemoveAll(dir) })
	key, socket := newECKey(o.t, elliptic.P256()), filepath.Join(dir, "s")
	works := outside(o.t, "Works", key, outside(o.t, "Works root", newECKey(o.t, elliptic.P256()), nil, nil), nil)
	end := keep(o.t, socket, key)
	if err := o.Import(o.t.Context(), Import{Certificates: string(encodeCertificates(works.chain)), Socket: socket}); err != nil {
		o.t.Fatal(err)
	}
	return func() { end() }, func() { end = keep(o.t, socket, key) }
}

func TestTheLastListIsGivenAfterARestartWhileItsSignerIsAway(t *testing.T) {
	o := newOffice(t)
	away, back := o.behindSocket()
	first := o.issue(NewCertificate{Device: "pump"})
	if _, err := o.Revoke(t.Context(), first.Serial, 1); err != nil {
		t.Fatal(err)
	}
	second := o.issue(NewCertificate{Device: "pump"})
	made, err := o.CRL(t.Context(), "intermediate")
	if err != nil {
		t.Fatal(err)
	}
	away()
	for range 2 {
		o.begin()
		o.now = o.now.Add(listAge)
		list, err := o.CRL(t.Context(), "intermediate")
		if err != nil || !bytes.Equal(list.DER, made.DER) || list.Number != made.Number || list.Entries != 1 {
			t.Fatalf("after a restart: %+v, %v", list, err)
		}
		age := o.age("intermediate")
		if age.Failure == "" || !age.Old(o.now) || !age.ThisUpdate.Equal(made.ThisUpdate) || !age.NextUpdate.Equal(made.NextUpdate) {
			t.Errorf("its age is told as %+v", age)
		}
		if _, err := o.Revoke(t.Context(), second.Serial, 1); err != nil {
			t.Fatal(err)
		}
	}
	o.now = made.NextUpdate
	if _, err := o.CRL(t.Context(), "intermediate"); muster.ReasonOf(err) != muster.ReasonSignerUnreachable {
		t.Errorf("past its date: %v", err)
	}
	back()
	defer away()
	list, err := o.CRL(t.Context(), "intermediate")
	if err != nil || list.Entries != 2 || list.Number <= made.Number {
		t.Errorf("when its signer is back: %+v, %v", list, err)
	}
	if age := o.age("intermediate"); age.Failure != "" || age.Old(o.now) || !age.Old(o.now.Add(2*listAge)) {
		t.Errorf("its age is told as %+v", age)
	}
}

// age returns that of the list of the key that has the role.
func (o *office) age(role string) (found ListAge) {
	o.t.Helper()
	for _, age := range o.ListAges() {
		if age.Role == role {
			found = age
		}
	}
	return found
}

func TestAKeptListIsMadeAgainWhenItCanBe(t *testing.T) {
	o := newOffice(t)
	made, err := o.CRL(t.Context(), "intermediate")
	if err != nil {
		t.Fatal(err)
	}
	root, err := o.CRL(t.Context(), "root")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(o.dir, o.issuer.intermediate.id().String()+listSuffix)
	for name, kept := range map[string][]byte{"whole": made.DER, "noise": []byte("noise"), "of another key": root.DER, "empty": nil} {
		if err := os.WriteFile(file, kept, 0o600); err != nil {
			t.Fatal(err)
		}
		o.begin()
		again, err := o.CRL(t.Context(), "intermediate")
		if err != nil || again.Number <= made.Number {
			t.Errorf("%s: %+v, %v", name, again, err)
		}
		if kept, err := os.ReadFile(file); err != nil || !bytes.Equal(kept, again.DER) {
			t.Errorf("%s: it is not kept: %v", name, err)
		}
	}
	if err := o.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.now = o.issuer.formers[0].leaf.NotAfter.Add(day)
	if err := o.issuer.check(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("the list of an intermediate that has expired is kept: %v", err)
	}
}
