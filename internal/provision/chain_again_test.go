package provision_test

import (
	"crypto/elliptic"
	"crypto/x509"
	"slices"
	"testing"
	"time"

	"muster"
	"muster/internal/issuer"
	"muster/internal/provision"
)

// A device that was deleted took its certificate of the server's own authority with it, and so did whoever revoked one that
// was nobody's: a profile that trusts this authority does not let in what its CRL says is revoked.
func TestACertificateThatOurOwnAuthorityHasRevokedDoesNotComeInByItsChain(t *testing.T) {
	f, own := certifiedBy(t)
	p := f.trust(t, "meters", string(own.Bundle()))
	certificate := func(n issuer.NewCertificate) (muster.Certificate, []*x509.Certificate) {
		n.CSR = signingRequest(t).CSR
		c, err := own.Issue(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(c.DER)
		if err != nil {
			t.Fatal(err)
		}
		return c, []*x509.Certificate{leaf}
	}
	free, chain := certificate(issuer.NewCertificate{Subject: "meter-1"})
	if _, err := own.Revoke(t.Context(), free.Serial, muster.RevokedUnspecified); err != nil {
		t.Fatal(err)
	}
	_, err := f.Chained(t.Context(), chain)
	refused(t, err, muster.ReasonCredentialRevoked)
	_, err = f.Judge(t.Context(), chain)
	refused(t, err, muster.ReasonCredentialRevoked)

	d := f.list(t, p, "meter-2", []muster.Evidence{accessToken("its-token")})
	_, chain = certificate(issuer.NewCertificate{Device: "meter-2"})
	if err := f.registry.DeleteDevice(t.Context(), d.ID); err != nil {
		t.Fatal(err)
	}
	_, err = f.Chained(t.Context(), chain)
	refused(t, err, muster.ReasonCredentialRevoked)

	used, chain := certificate(issuer.NewCertificate{Subject: "meter-3"})
	grant, err := f.Chained(t.Context(), chain)
	if err != nil || grant.Way != muster.WayCreated {
		t.Fatalf("one that is not revoked: %+v, %v", grant, err)
	}
	if _, err := own.Revoke(t.Context(), used.Serial, muster.RevokedUnspecified); err != nil {
		t.Fatal(err)
	}
	if states := f.states(t, grant.Device); !slices.Equal(states, []muster.CredentialState{muster.CredentialRevoked}) {
		t.Errorf("its credential does not end with it: %v", states)
	}
}

func TestAReplacedCertificateStaysOutThoughAllWereIssuedAtOneTime(t *testing.T) {
	f, y := newFixture(t, provision.Options{}), newYard(t)
	f.trust(t, "meters", pemOf(y.root))
	at := issued(clock.Add(-time.Hour))
	first := issue(t, leaf("meter", at), y.root, nil)
	f.enter(t, muster.WayCreated, first)
	for range 12 {
		f.enter(t, muster.WayRenewed, issue(t, leaf("meter", at), y.root, nil))
	}
	f.keptOut(t, muster.ReasonCredentialRevoked, first)
}

func TestAnAuthorityThatCannotBeReadKeepsNobodyElseOut(t *testing.T) {
	f, y := newFixture(t, provision.Options{}), newYard(t)
	weak := issue(t, authority("Plant root"), nil, on(t, elliptic.P224()))
	f.trust(t, "first", pemOf(weak))
	f.trust(t, "meters", pemOf(y.root))
	f.enter(t, muster.WayCreated, issue(t, leaf("meter"), y.root, nil))
}

// Certificates whose signatures are too weak to be checked cost no less to look at.
func TestTheSearchForAPathIsBoundedWhateverTheSignatures(t *testing.T) {
	y := newYard(t)
	rule := muster.ChainRule{CA: pemOf(y.root), CNPattern: "(.*)"}
	trusted, err := rule.Read()
	if err != nil {
		t.Fatal(err)
	}
	key := rsaKey(t, 2048)
	var chain []*x509.Certificate // each could be the issuer of each other
	for range muster.MaxChain {
		chain = append(chain, forge(t, issue(t, authority("loop"), nil, key), sha256WithRSA, sha1WithRSA).Certificate)
	}
	if n := testing.AllocsPerRun(1, func() { _, _ = trusted.Verify(chain, clock) }); n > 1000 {
		t.Errorf("%.0f allocations", n)
	}
}
