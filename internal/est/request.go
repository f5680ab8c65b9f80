package est

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"slices"
	"strings"

	"muster"
)

// maxRequest bounds a signing request as it comes, in bytes.
const maxRequest = 16 << 10

// operations are the resources (RFC 7030, 3.2.2), and over CoAP those of the short names (RFC 9148, 4.1).
func operationOf(t muster.Transport, name string) (o muster.EnrolOperation, bare, ok bool) {
	if t == muster.CoAP {
		switch name {
		case "crts":
			return muster.EnrolAuthorities, false, true
		case "att":
			return muster.EnrolAttributes, false, true
		case "sen":
			return muster.EnrolFirst, false, true
		case "sren":
			return muster.EnrolAgain, false, true
		case "skg":
			return muster.EnrolWithKey, false, true
		case "skc":
			return muster.EnrolWithKey, true, true
		}
		return 0, false, false
	}
	switch name {
	case "cacerts":
		return muster.EnrolAuthorities, false, true
	case "csrattrs":
		return muster.EnrolAttributes, false, true
	case "simpleenroll":
		return muster.EnrolFirst, false, true
	case "simplereenroll":
		return muster.EnrolAgain, false, true
	case "serverkeygen":
		return muster.EnrolWithKey, false, true
	}
	return 0, false, false
}

// Enrols reports whether a path is one of EST's.
func (Dialect) Enrols(path []string) bool {
	return len(path) > 1 && path[0] == ".well-known" && (path[1] == "est" || isCore(path))
}

// isCore reports whether a path is where a server says what it has (RFC 6690, 4).
func isCore(path []string) bool { return len(path) == 2 && path[1] == "core" }

// Read understands a request to a path of EST, in which the name of a profile may stand before that of the resource. Refused
// with ReasonTopicUnknown or ReasonMethodNotAllowed, over CoAP also with ReasonFormatUnsupported and ReasonFormatUnacceptable. What is wrong with a signing request is for others to say.
func (Dialect) Read(r *muster.Request) (*muster.Enrolment, error) {
	if isCore(r.Path) {
		return readDiscovery(r)
	}
	if len(r.Path) < 3 || len(r.Path) > 4 {
		return nil, muster.Refuse(muster.ReasonTopicUnknown, "")
	}
	e := &muster.Enrolment{}
	var known bool
	if e.Operation, e.Bare, known = operationOf(r.Transport, r.Path[len(r.Path)-1]); !known {
		return nil, muster.Refuse(muster.ReasonTopicUnknown, "")
	}
	if len(r.Path) == 4 {
		e.Profile = r.Path[2]
	}
	asks := e.Operation == muster.EnrolAuthorities || e.Operation == muster.EnrolAttributes
	switch {
	case asks != (r.Method == "GET"), !asks && r.Method != "POST":
		return nil, muster.Refuse(muster.ReasonMethodNotAllowed, "")
	case len(r.Path) == 4 && muster.CheckProfileName(e.Profile) != nil:
		return nil, muster.Refuse(muster.ReasonTopicUnknown, "no profile can have this name")
	}
	if err := negotiate(r, e); err != nil || asks {
		return e, err
	}
	e.CSR, e.Request = readCSR(r.Body)
	return e, nil
}

// negotiate refuses formats that are not EST's: a body other than PKCS #10, and an answer of another type than there is. It notes
// which of two an answer shall have. What a request over CoAP does not say is meant to be right (RFC 9148, 4.3).
func negotiate(r *muster.Request, e *muster.Enrolment) error {
	if r.Transport != muster.CoAP {
		return nil
	}
	if r.Format != "" && r.Format != pkcs10 && r.Method == "POST" {
		return muster.Refuse(muster.ReasonFormatUnsupported, "")
	}
	var offered []string
	switch e.Operation {
	case muster.EnrolAuthorities, muster.EnrolFirst, muster.EnrolAgain:
		offered = []string{certsOnly, certificate}
		e.Bare = r.Accept == certificate
	case muster.EnrolWithKey:
		offered = []string{multipart}
	case muster.EnrolAttributes:
		offered = []string{csrAttributes}
	case muster.EnrolDiscovery:
		offered = []string{linkFormat}
	}
	if r.Accept != "" && !slices.Contains(offered, r.Accept) {
		return muster.Refuse(muster.ReasonFormatUnacceptable, "")
	}
	return nil
}

// readCSR reads a signing request: base64 as RFC 7030 has it, DER as RFC 9148 has it, or PEM. The text of one that is none of
// these is what came.
func readCSR(body []byte) (text string, request *x509.CertificateRequest) {
	if len(body) == 0 || len(body) > maxRequest {
		return string(body[:min(len(body), maxRequest+1)]), nil
	}
	der := body
	if body[0] != sequence {
		var err error
		if block, _ := pem.Decode(body); block != nil {
			der = block.Bytes
		} else if der, err = base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(body)), "")); err != nil {
			return string(body), nil
		}
	}
	request, err := x509.ParseCertificateRequest(der)
	if err != nil {
		request = nil
	}
	return base64.StdEncoding.EncodeToString(der), request
}
