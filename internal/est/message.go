package est

import (
	"bytes"
	"crypto/rand"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"fmt"
)

// sequence is the first byte of every message in DER, and of no base64 text.
const sequence = 0x30

// The object identifiers of messages of certificates (RFC 5652) and of what is asked of signing requests.
var (
	oidData            = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidSignedData      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidECDSAWithSHA256 = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
	oidECPublicKey     = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidP256            = asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7}
)

// contentInfo is RFC 5652, 3, around a signedData.
type contentInfo struct {
	Type    asn1.ObjectIdentifier
	Content signedData `asn1:"explicit,tag:0"`
}

// signedData is RFC 5652, 5.1, with certificates and nothing that is signed.
type signedData struct {
	Version      int
	Digests      asn1.RawValue
	Content      struct{ Type asn1.ObjectIdentifier }
	Certificates asn1.RawValue
	Signers      asn1.RawValue
}

// messageOf returns a message that holds certificates and nothing else: certs-only (RFC 7030, 4.1.3 and 4.2.3).
func messageOf(certificates ...[]byte) []byte {
	none := asn1.RawValue{Class: asn1.ClassUniversal, Tag: asn1.TagSet, IsCompound: true}
	m := contentInfo{Type: oidSignedData, Content: signedData{Version: 1, Digests: none, Signers: none}}
	m.Content.Content.Type = oidData
	m.Content.Certificates = asn1.RawValue{
		Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: bytes.Join(certificates, nil),
	}
	return written(m)
}

// attributes returns what signing requests should be like: ECDSA with SHA-256, by a key on P-256 (RFC 7030, 4.5.2).
func attributes() []byte {
	type attribute struct {
		Type   asn1.ObjectIdentifier
		Values []asn1.ObjectIdentifier `asn1:"set"`
	}
	return written(struct {
		Signature asn1.ObjectIdentifier
		Key       attribute
	}{oidECDSAWithSHA256, attribute{oidECPublicKey, []asn1.ObjectIdentifier{oidP256}}})
}

// written returns the DER of a message of our own making, which always has one.
func written(m any) []byte {
	der, err := asn1.Marshal(m)
	if err != nil {
		return nil
	}
	return der
}

// derOf returns a certificate of our own authority, which is kept as base64, in DER.
func derOf(bare string) []byte {
	der, err := base64.StdEncoding.DecodeString(bare)
	if err != nil {
		return nil
	}
	return der
}

const lineLength = 64

// transferred returns base64 in lines, as all bodies over HTTP travel (RFC 7030, 3.2.4).
func transferred(der []byte) []byte {
	text := base64.StdEncoding.EncodeToString(der)
	b := make([]byte, 0, len(text)+len(text)/lineLength+1)
	for len(text) > 0 {
		n := min(lineLength, len(text))
		b = append(append(b, text[:n]...), '\n')
		text = text[n:]
	}
	return b
}

// mixed returns a key and the message with its certificate as two parts (RFC 7030, 4.4.2), and the type of that.
func mixed(key, message []byte) (mediaType string, body []byte) {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails since Go 1.24
	border := "est-" + hex.EncodeToString(random[:])
	var b bytes.Buffer
	for _, p := range []struct {
		mediaType string
		der       []byte
	}{{"application/pkcs8", key}, {certsOnly, message}} {
		fmt.Fprintf(&b, "--%s\r\nContent-Type: %s\r\nContent-Transfer-Encoding: base64\r\n\r\n", border, p.mediaType)
		b.Write(transferred(p.der))
		b.WriteString("\r\n")
	}
	fmt.Fprintf(&b, "--%s--\r\n", border)
	return "multipart/mixed; boundary=" + border, b.Bytes()
}

// The content formats of parts (RFC 9148, 8.1).
const (
	formatCertsOnly   = 281
	formatKey         = 284
	formatCertificate = 287
)

// A part is a representation within a multipart message of CoAP.
type part struct {
	format int
	body   []byte
}

// The major types of CBOR (RFC 8949, 3.1).
const (
	cborUint  = 0 << 5
	cborBytes = 2 << 5
	cborArray = 4 << 5
)

// appendParts appends a multipart message: an array of formats and bodies (RFC 8710, 2).
func appendParts(b []byte, parts ...part) []byte {
	b = appendHead(b, cborArray, 2*len(parts))
	for _, p := range parts {
		b = appendHead(b, cborUint, p.format)
		b = append(appendHead(b, cborBytes, len(p.body)), p.body...)
	}
	return b
}

// appendHead appends the head of a CBOR item whose argument is less than 65,536: nothing here is longer.
func appendHead(b []byte, major byte, n int) []byte {
	switch {
	case n < 24:
		return append(b, major|byte(n))
	case n < 1<<8:
		return append(b, major|24, byte(n))
	}
	return append(b, major|25, byte(n>>8), byte(n))
}
