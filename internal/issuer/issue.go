package issuer

import (
	"context"
	"crypto/x509"
	"fmt"
	"slices"

	"muster"
)

// NewCertificate is a certificate that an operator asks for: of a device, which it lets in, or of a subject, which it does not.
type NewCertificate struct {
	CSR     string
	Device  string // its name
	Subject string // the common name; only without Device
	Days    uint16 // 0: as the device's profile says
}

// Issue answers a certificate signing request of an operator. Refused as Sign is, with ReasonNotFound for a device that is
// not there, and with ReasonRequestInvalid.
func (a *Authority) Issue(ctx context.Context, n NewCertificate) (muster.Certificate, error) {
	if (n.Device == "") == (n.Subject == "") {
		return muster.Certificate{}, invalid("a certificate is of a device or of another subject: name one of them")
	}
	if err := checkDays(n.Days); err != nil {
		return muster.Certificate{}, err
	}
	if n.Device == "" && muster.CheckDeviceName(n.Subject) != nil {
		return muster.Certificate{}, invalid("the subject is not a name")
	}
	key, err := requestedKey(n.CSR)
	if err != nil {
		return muster.Certificate{}, err
	}
	if n.Device != "" {
		return a.issueToDevice(ctx, key, n.Device, n.Days, a.store.CreateCredential)
	}
	return a.issueToSubject(ctx, key, n.Subject, n.Days)
}

func (a *Authority) issueToSubject(ctx context.Context, key subjectKey, subject string, days uint16) (muster.Certificate, error) {
	c := muster.Certificate{Subject: subject}
	if err := a.sign(&c, key, muster.CertificateRule{Days: days}, muster.CertificateNames{}); err != nil {
		return muster.Certificate{}, err
	}
	return c, a.store.CreateCertificate(ctx, c)
}

// issueToDevice makes a certificate for a key of the device called name, and files it with the credential that it is.
func (a *Authority) issueToDevice(
	ctx context.Context, key subjectKey, name string, days uint16, file func(context.Context, muster.Credential) error,
) (muster.Certificate, error) {
	d, err := a.store.Device(ctx, name)
	if err != nil {
		return muster.Certificate{}, missing(err, "device", name)
	}
	p, err := a.profile(ctx, d.Profile)
	if err != nil {
		return muster.Certificate{}, err
	}
	if days > 0 {
		p.Settings.Certificates.Days = days
	}
	held, err := a.store.Credentials(ctx, d.ID) // nothing is signed in vain; the store counts when it files
	if err != nil {
		return muster.Certificate{}, err
	}
	held = slices.DeleteFunc(held, func(c muster.Credential) bool { return c.State == muster.CredentialRevoked })
	if len(held) >= muster.MaxCredentials {
		return muster.Certificate{}, invalid("the device has %d credentials, the most that one may have: revoke one first", len(held))
	}
	c, err := a.signDevice(key, &d, &p)
	if err != nil {
		return muster.Certificate{}, err
	}
	credential, err := muster.SealIssued(a.keys, &c)
	if err != nil {
		return muster.Certificate{}, err
	}
	c.DeviceName = d.Name
	return c, missing(file(ctx, credential), "device", name)
}

// A Renewal says what certificate takes the place of another one.
type Renewal struct {
	CSR  string // of the key that it is for; empty: the same
	Days uint16 // as in NewCertificate
}

// Renew issues a certificate to whom an older one was issued, by today's rules. That of a device is a credential at once, in
// the place of the older one, which lets the device in until the new one has. Refused as Issue is, and with
// ReasonCredentialRevoked.
func (a *Authority) Renew(ctx context.Context, serial muster.Serial, r Renewal) (muster.Certificate, error) {
	old, err := a.Certificate(ctx, serial)
	switch {
	case err != nil:
		return muster.Certificate{}, err
	case !old.RevokedAt.IsZero():
		return muster.Certificate{}, muster.Refuse(muster.ReasonCredentialRevoked, "the certificate was revoked: issue another one")
	}
	if err := checkDays(r.Days); err != nil {
		return muster.Certificate{}, err
	}
	key, err := r.key(&old)
	if err != nil {
		return muster.Certificate{}, err
	}
	if old.Credential.IsZero() {
		return a.issueToSubject(ctx, key, old.Subject, r.Days)
	}
	return a.issueToDevice(ctx, key, old.DeviceName, r.Days, func(ctx context.Context, c muster.Credential) error {
		return a.store.RotateCredential(ctx, old.Credential, c)
	})
}

// key returns what the new certificate is for: a key of which it was proved that the device has it.
func (r *Renewal) key(old *muster.Certificate) (subjectKey, error) {
	if r.CSR != "" {
		return requestedKey(r.CSR)
	}
	c, err := x509.ParseCertificate(old.DER)
	if err != nil {
		return subjectKey{}, fmt.Errorf("read the certificate %s: %w", old.Serial, err)
	}
	return subjectKey{c.PublicKey, c.RawSubjectPublicKeyInfo}, nil
}

func checkDays(days uint16) error {
	if days > muster.MaxCertificateDays {
		return invalid("certificates are valid for at most %d days", muster.MaxCertificateDays)
	}
	return nil
}

func (a *Authority) profile(ctx context.Context, id muster.ProfileID) (muster.Profile, error) {
	p, err := a.store.ProfileByID(ctx, id)
	return p, missing(err, "profile", id.String())
}
