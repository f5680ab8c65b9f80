package provision_test

import (
	"crypto/elliptic"
	"crypto/x509"
	"testing"
	"time"

	"muster"
	"muster/internal/provision"
)

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
