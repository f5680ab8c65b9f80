package issuer

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net/url"
	"slices"
	"time"
	"unicode/utf8"

	"muster"
)

// maxCommonName is how many characters the common name of a subject has at most (RFC 5280, upper bounds).
const maxCommonName = 64

// An Authority issues certificates and says which of them are revoked. It is safe for concurrent use.
type Authority struct {
	issuer  *Issuer
	store   Store
	keys    *muster.Keyring
	changed func(muster.DeviceID, error)
	now     func() time.Time
	lists   lists
	answers answers
}

// NewAuthority returns an Authority whose keys are i's, and which keeps what it issues in store. changed is called after a
// revocation was committed that ends the sessions of a device.
func NewAuthority(i *Issuer, store Store, keys *muster.Keyring, changed func(device muster.DeviceID, why error)) *Authority {
	return &Authority{
		issuer: i, store: store, keys: keys, changed: changed,
		now: func() time.Time { return i.o.Now().Truncate(time.Millisecond) }, // as stores keep it
	}
}

// Sign makes the certificate that a certificate signing request of a device is answered with, and files it nowhere. The
// request gives nothing but the key: the subject is the device's name, and the rest is by the rule of its profile. Refused with
// ReasonCSRInvalid, ReasonCSRSignatureWrong, ReasonCSRKeyWeak, ReasonCSRDigestWeak or, for a name that no subject holds or of
// which the rule makes none, ReasonDeviceNameInvalid. So is a name of the server itself where the rule lets devices serve, and
// where it makes one.
func (a *Authority) Sign(csr string, d *muster.Device, p *muster.Profile) (muster.Certificate, error) {
	key, err := requestedKey(csr)
	if err != nil {
		return muster.Certificate{}, err
	}
	return a.signDevice(key, d, p)
}

func (a *Authority) signDevice(key subjectKey, d *muster.Device, p *muster.Profile) (muster.Certificate, error) {
	c := muster.Certificate{Subject: d.Name, Device: d.ID, Profile: d.Profile}
	rule := p.Settings.Certificates
	names, err := rule.Names(d, p.Name)
	if err != nil {
		return muster.Certificate{}, err
	}
	err = a.sign(&c, key, rule, names)
	return c, err
}

// A subjectKey is the public key that a certificate is for.
type subjectKey struct {
	public any
	info   []byte // SubjectPublicKeyInfo, DER
}

// requestedKey returns the key of a certificate signing request.
func requestedKey(text string) (subjectKey, error) {
	csr, err := parseCSR(text)
	if err != nil {
		return subjectKey{}, err
	}
	return subjectKey{csr.PublicKey, csr.RawSubjectPublicKeyInfo}, nil
}

// CheckCSR refuses a certificate signing request that is never answered, as Sign does.
func (a *Authority) CheckCSR(csr string) error {
	_, err := parseCSR(csr)
	return err
}

// Answer is Sign by the rule of the device's profile.
func (a *Authority) Answer(ctx context.Context, csr string, d *muster.Device) (muster.Certificate, error) {
	p, err := a.profile(ctx, d.Profile)
	if err != nil {
		return muster.Certificate{}, err
	}
	return a.Sign(csr, d, &p)
}

// Chain returns what stands above a certificate of the authority, PEM, the root last, or both roots while there are two; empty: it is not of the authority.
func (a *Authority) Chain(der []byte) string {
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return ""
	}
	h := a.issuer.hierarchy()
	for _, p := range h.intermediates {
		if p.signed(leaf) {
			return string(encodeCertificates(h.above(p)))
		}
	}
	return ""
}

// signed reports whether c is of this authority.
func (p *pair) signed(c *x509.Certificate) bool {
	return (&pair{leaf: c}).signedBy(p) && c.CheckSignatureFrom(p.leaf) == nil
}

// sign fills in c, whose subject and owner are known, and signs it.
func (a *Authority) sign(c *muster.Certificate, key subjectKey, rule muster.CertificateRule, names muster.CertificateNames) (err error) {
	if n := utf8.RuneCountInString(c.Subject); n > maxCommonName {
		return muster.Refuse(muster.ReasonDeviceNameInvalid, "the name has %d characters, and a certificate has room for %d", n, maxCommonName)
	}
	if rule.Server && a.issuer.serves(c.Subject) {
		return muster.Refuse(muster.ReasonDeviceNameInvalid, "the profile's certificates are good for serving, and the name is one of the server's own, or a wildcard")
	}
	if n := slices.IndexFunc(names.DNS, a.issuer.serves); n >= 0 {
		return muster.Refuse(muster.ReasonDeviceNameInvalid, "its certificate would be for %.100q, which is a name of the server itself", names.DNS[n])
	}
	now := a.now()
	if unset(now) {
		return muster.Refuse(muster.ReasonClockWrong, "")
	}
	h := a.issuer.hierarchy()
	above := h.intermediates[0]
	c.Serial, c.Authority, c.CreatedAt = muster.NewSerial(), above.id(), now
	c.NotBefore, c.NotAfter = now.Add(-backdate).Truncate(time.Second), now.Add(rule.Lifetime()).Truncate(time.Second)
	if c.NotAfter.After(above.leaf.NotAfter) {
		c.NotAfter = above.leaf.NotAfter
	}
	t := template(c, key, rule, names)
	tellWhere(t, above, a.issuer.o.PublicURL)
	c.DER, err = x509.CreateCertificate(rand.Reader, t, above.leaf, key.public, above.key)
	if err != nil {
		return fmt.Errorf("sign the certificate of %s: %w", c.Subject, err)
	}
	c.Fingerprint = sha256.Sum256(c.DER)
	return nil
}

// template is what a certificate says (RFC 5280, 4).
func template(c *muster.Certificate, key subjectKey, rule muster.CertificateRule, names muster.CertificateNames) *x509.Certificate {
	t := &x509.Certificate{
		SerialNumber: c.Serial.Number(),
		Subject:      pkix.Name{CommonName: c.Subject},
		NotBefore:    c.NotBefore, NotAfter: c.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
		DNSNames:              names.DNS,
	}
	id := sha256.Sum256(subjectPublicKey(key.info))
	t.SubjectKeyId = id[:20] // RFC 7093, method 1
	if rule.Organization != "" {
		t.Subject.Organization = []string{rule.Organization}
	}
	if rule.Unit != "" {
		t.Subject.OrganizationalUnit = []string{rule.Unit}
	}
	if rule.Server {
		t.ExtKeyUsage = append(t.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
		if name, ok := dnsName(c.Subject); ok && !slices.Contains(names.DNS, name) {
			t.DNSNames = append([]string{name}, names.DNS...)
		}
	}
	if !c.Device.IsZero() {
		t.URIs = append([]*url.URL{{Scheme: "urn", Opaque: "uuid:" + c.Device.String()}}, names.URIs...)
	}
	return t
}

// A CertificateList says which certificates are wanted, in words.
type CertificateList struct {
	muster.CertificateQuery
	DeviceName, ProfileName string // empty: of any
}

// Certificates returns a page of certificates, the newest first.
func (a *Authority) Certificates(ctx context.Context, l CertificateList) (muster.CertificatePage, error) {
	if l.DeviceName != "" {
		d, err := a.store.Device(ctx, l.DeviceName)
		if err != nil {
			return muster.CertificatePage{}, missing(err, "device", l.DeviceName)
		}
		l.Device = d.ID
	}
	if l.ProfileName != "" {
		p, err := a.store.Profile(ctx, l.ProfileName)
		if err != nil {
			return muster.CertificatePage{}, missing(err, "profile", l.ProfileName)
		}
		l.Profile = p.ID
	}
	return a.store.Certificates(ctx, l.CertificateQuery)
}

// Certificate returns the certificate of that serial number.
func (a *Authority) Certificate(ctx context.Context, serial muster.Serial) (muster.Certificate, error) {
	c, err := a.store.Certificate(ctx, serial)
	return c, missing(err, "certificate", serial.String())
}

// Revoke says that a certificate is good no more: its credential lets nobody in, the sessions of its device end with
// ReasonCredentialRevoked, and CRL and OCSP say so from now on. One that was revoked before stays as it is.
func (a *Authority) Revoke(ctx context.Context, serial muster.Serial, why muster.RevocationReason) (muster.Certificate, error) {
	at := a.now()
	c, err := a.store.RevokeCertificate(context.WithoutCancel(ctx), serial, at, why)
	if err != nil {
		return c, missing(err, "certificate", serial.String())
	}
	if !c.Device.IsZero() && c.RevokedAt.Equal(at) {
		a.changed(c.Device, muster.Refuse(muster.ReasonCredentialRevoked, ""))
	}
	return c, nil
}

func missing(err error, noun, name string) error {
	if err != nil && muster.KindOf(err) == muster.NotFound {
		return muster.Refuse(muster.ReasonNotFound, "there is no %s %.100q", noun, name)
	}
	return err
}

func invalid(format string, args ...any) error {
	return muster.Refuse(muster.ReasonRequestInvalid, format, args...)
}
