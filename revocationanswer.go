package muster

import (
	"crypto/sha256"
	"time"
)

// OCSPFromCertificate is a ChainRule.OCSP that leaves it to each certificate to say who answers for it.
const OCSPFromCertificate = "certificate"

// MaxResponderURL bounds ChainRule.OCSP, in bytes.
const MaxResponderURL = 2000

// A RevocationAnswer is what a responder of an authority that is not ours has said of a certificate.
type RevocationAnswer struct {
	Certificate [sha256.Size]byte // SHA-256 of DER
	Revoked     bool              // else it is good
	ThisUpdate  time.Time
	NextUpdate  time.Time
	Until       time.Time // the answer is of no use after that
}
