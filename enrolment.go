package muster

import "crypto/x509"

// An Enrolment is what a device asks for by Enrollment over Secure Transport (RFC 7030; over CoAP, RFC 9148).
type Enrolment struct {
	Operation EnrolOperation
	Profile   string                   // by its name; empty: the one that the proof is good for
	CSR       string                   // base64 DER; empty: none came
	Request   *x509.CertificateRequest // what CSR says; nil: it cannot be read
	Bare      bool                     // the answer shall be a certificate itself, and not a message of certificates
	Links     []byte                   // the answer to EnrolDiscovery, which is the dialect's own
}

// An EnrolOperation says what an Enrolment asks for.
type EnrolOperation uint8

// The operations.
const (
	EnrolAuthorities EnrolOperation = iota // the certificates of our authority
	EnrolAttributes                        // what a signing request should look like
	EnrolFirst                             // a certificate for a device, by whatever it proves who it is
	EnrolAgain                             // a certificate in the place of the one that it presents
	EnrolWithKey                           // a certificate, and the key for it
	EnrolDiscovery                         // where all of this is
)

// Name returns the common name that the signing request asks for; empty: it has none, or cannot be read.
func (e *Enrolment) Name() string {
	if e.Request == nil {
		return ""
	}
	return e.Request.Subject.CommonName
}

// Authorities are the certificates of our authority, the answer to EnrolAuthorities.
type Authorities struct{ Certificates [][]byte } // DER

func (*Enrolment) uplink()     {}
func (*Authorities) downlink() {}
