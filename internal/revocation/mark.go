package revocation

import (
	"crypto/x509"
	"strings"
	"unique"

	"muster"
)

// A Mark is what a list finds a certificate by. Of a million certificates of one authority, it is kept once.
type Mark struct {
	issuer unique.Handle[string] // its subject, DER
	keyID  unique.Handle[string] // empty: the certificate does not say
	points unique.Handle[string] // where its lists are, as it says, with a zero byte between them
	serial string
}

// Marks returns those of the certificates that a client presents, its own first. Of an authority that has signed itself,
// nobody says that it is revoked.
func Marks(chain []*x509.Certificate) []Mark {
	marks := make([]Mark, 0, min(len(chain), muster.MaxChain))
	for i, c := range chain[:min(len(chain), muster.MaxChain)] {
		if i == 0 || string(c.RawIssuer) != string(c.RawSubject) {
			marks = append(marks, markOf(c))
		}
	}
	return marks
}

func markOf(c *x509.Certificate) Mark {
	return Mark{
		issuer: unique.Make(string(c.RawIssuer)), keyID: unique.Make(string(c.AuthorityKeyId)),
		points: unique.Make(strings.Join(c.CRLDistributionPoints, "\x00")), serial: string(c.SerialNumber.Bytes()),
	}
}
