package provision_test

import (
	"crypto/x509"
	"testing"

	"muster"
)

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
