// Package est is the dialect of devices that ask for certificates by Enrollment over Secure Transport: its paths and its
// messages over HTTPS (RFC 7030) and over CoAP (RFC 9148).
package est

import (
	"bytes"
	"crypto/x509"
	"time"

	"muster"
)

// The codes with which the dialect overrules the table of kinds.
const (
	httpAccepted     = 202
	httpBadRequest   = 400
	httpUnauthorized = 401

	coapChanged           = 0x44 // 2.04
	coapNotAcceptable     = 0x86 // 4.06
	coapUnsupportedFormat = 0x8f // 4.15
)

// The media types of answers (RFC 7030, 3.2.4; RFC 9148, 4.3).
const (
	certsOnly     = "application/pkcs7-mime; smime-type=certs-only"
	certificate   = "application/pkix-cert"
	csrAttributes = "application/csrattrs"
	multipart     = "application/multipart-core"
	pkcs10        = "application/pkcs10"
	linkFormat    = "application/link-format"
	plainText     = "text/plain; charset=utf-8"
)

// A Dialect translates between EST and the words of the house. It keeps nothing and is safe for concurrent use.
type Dialect struct{}

// Write puts an answer or a refusal into the form of EST. What it has no form for is left to the transport's own table.
func (Dialect) Write(t muster.Transport, asked *muster.Enrolment, answer muster.Downlink, err error) muster.Message {
	if err != nil {
		return writeRefusal(t, err)
	}
	var m muster.Message
	switch answer := answer.(type) {
	case *muster.Authorities:
		m = writeAuthorities(asked, answer)
	case *muster.Grant:
		m = writeGrant(t, asked, answer)
	default:
		if asked.Operation == muster.EnrolDiscovery {
			return muster.Message{Type: linkFormat, Body: asked.Links}
		}
		m = muster.Message{Type: csrAttributes, Body: attributes()}
	}
	if t == muster.HTTP && len(m.Body) > 0 && m.Body[0] == sequence {
		m.Body = transferred(m.Body)
	}
	return m
}

// writeAuthorities writes the certificates of the authority. A bare one is that of the root, which a device is to trust.
func writeAuthorities(asked *muster.Enrolment, answer *muster.Authorities) muster.Message {
	if !asked.Bare {
		return muster.Message{Type: certsOnly, Body: messageOf(answer.Certificates...)}
	}
	m := muster.Message{Type: certificate}
	for _, der := range answer.Certificates {
		if c, err := x509.ParseCertificate(der); err == nil && bytes.Equal(c.RawIssuer, c.RawSubject) {
			m.Body = der
			break
		}
	}
	return m
}

// writeGrant writes the certificate of a device, and its key where that was made for it.
func writeGrant(t muster.Transport, asked *muster.Enrolment, grant *muster.Grant) muster.Message {
	der := derOf(grant.Evidence.Certificate)
	m := muster.Message{Type: certsOnly}
	format := formatCertsOnly
	if asked.Bare {
		m.Type, m.Body, format = certificate, der, formatCertificate
	} else {
		m.Body = messageOf(der)
	}
	if t == muster.CoAP {
		m.Code = coapChanged // RFC 9148, 4.5
	}
	switch {
	case grant.Key == "":
	case t == muster.CoAP:
		m.Type, m.Body = multipart, appendParts(nil, part{formatKey, []byte(grant.Key)}, part{format, m.Body})
	default:
		m.Type, m.Body = mixed([]byte(grant.Key), m.Body)
	}
	return m
}

// writeRefusal says why not, where the client may know: over HTTP as a text (RFC 7030, 4.2.3).
func writeRefusal(t muster.Transport, err error) muster.Message {
	refusal := muster.Public(err)
	m := muster.Message{RetryAfter: int(refusal.Retry / time.Second)}
	if t != muster.HTTP {
		switch refusal.Reason {
		case muster.ReasonFormatUnsupported:
			m.Code = coapUnsupportedFormat
		case muster.ReasonFormatUnacceptable:
			m.Code = coapNotAcceptable
		}
		return m
	}
	switch kind := muster.KindOf(err); {
	case refusal.Reason == muster.ReasonProvisionPending:
		m.Code = httpAccepted
	case refusal.Reason == muster.ReasonProvisionDataNotFound:
		m.Code = httpUnauthorized
	case refusal.Reason == muster.ReasonTopicUnknown:
	case kind == muster.NotFound || kind == muster.Conflict:
		m.Code = httpBadRequest
	}
	if !refusal.Quiet {
		m.Type, m.Body = plainText, []byte(string(refusal.Reason)+": "+refusal.Message+"\n")
	}
	return m
}
