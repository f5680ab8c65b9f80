package issuer

import (
	"context"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"slices"
	"time"

	"muster"
	"muster/internal/signer"
)

// A Signer is a certificate of the authority itself.
type Signer struct {
	ID          muster.AuthorityID
	Role        string // root; next: will be; retired: was; intermediate: signs now; former: it did
	Subject     string
	Serial      string // hex
	Fingerprint string // SHA-256 as openssl prints it
	NotBefore   time.Time
	NotAfter    time.Time
	PEM         string
	Key         string // here, socket or elsewhere
	CRL, OCSP   string // where it is told what it has revoked: URLs, or paths where the server does not know its address
}

// The roles of signers.
const (
	roleRoot         = "root"
	roleIntermediate = "intermediate"
	roleFormer       = "former"
	roleNext         = "next"
	roleRetired      = "retired"
)

// Signers returns the root, the one that is to take over, the intermediate that signs now, those that did and have not expired,
// and the roots of these.
func (a *Authority) Signers() []Signer {
	h := a.issuer.hierarchy()
	all := []Signer{a.describe(h.root, roleRoot)}
	if h.next != nil {
		all = append(all, a.describe(h.next, roleNext))
	}
	for n, p := range h.intermediates {
		role := roleFormer
		if n == 0 {
			role = roleIntermediate
		}
		all = append(all, a.describe(p, role))
	}
	for _, p := range h.retired {
		all = append(all, a.describe(p, roleRetired))
	}
	return all
}

func (a *Authority) describe(p *pair, role string) Signer {
	s := Signer{
		ID: p.id(), Role: role, Subject: p.leaf.Subject.CommonName, Serial: hex.EncodeToString(p.leaf.SerialNumber.Bytes()),
		Fingerprint: fingerprint(p.leaf.Raw), NotBefore: p.leaf.NotBefore, NotAfter: p.leaf.NotAfter,
		PEM: string(encodeCertificates(p.chain[:1])), Key: "here",
		CRL: crlOf(p, a.issuer.o.PublicURL), OCSP: below(a.issuer.o.PublicURL, OCSPPath),
	}
	switch p.key.(type) {
	case nil:
		s.Key = "elsewhere"
	case *signer.Client:
		s.Key = "socket"
	}
	return s
}

// IssuerCertificate returns the certificate of the authority whose key has that id, or that has that role, DER.
func (a *Authority) IssuerCertificate(name string) ([]byte, error) {
	p, err := a.named(name)
	if err != nil {
		return nil, err
	}
	return p.leaf.Raw, nil
}

// Bundle returns all certificates of the authority, PEM: the intermediates, the one that signs now first, and the roots. While
// there are several roots it has what joins them, as RFC 7030, 4.1.3 asks for.
func (a *Authority) Bundle() []byte {
	h := a.issuer.hierarchy()
	return encodeCertificates(h.certificates())
}

// Rotate makes a new intermediate, which signs from now on. What the one before has issued stays good.
func (a *Authority) Rotate(ctx context.Context) error {
	if err := a.issuer.Rotate(); err != nil {
		return err
	}
	return a.note(ctx, "rotate", roleIntermediate)
}

// RotateRoot makes a root that is to take over, as Issuer.RotateRoot does.
func (a *Authority) RotateRoot(ctx context.Context) error {
	if err := a.issuer.RotateRoot(); err != nil {
		return err
	}
	return a.note(ctx, "rotate", roleNext)
}

// RetireRoot has the new root take over, as Issuer.RetireRoot does. Without force it does nothing and says, with
// ReasonAuthorityInUse, what depends on the old one.
func (a *Authority) RetireRoot(ctx context.Context, force bool) error {
	under, waiting := a.issuer.Under()
	if waiting && !force {
		var all muster.Outstanding
		for _, id := range under {
			s, err := a.store.Outstanding(ctx, id, a.now())
			if err != nil {
				return err
			}
			all.Certificates, all.Until = all.Certificates+s.Certificates, laterOf(all.Until, s.Until)
		}
		if all.Certificates == 0 {
			return muster.Refuse(muster.ReasonAuthorityInUse, "no certificate under the old root is good any more; whoever trusts it alone will not trust the server")
		}
		return muster.Refuse(muster.ReasonAuthorityInUse, "%d certificates under the old root are good, the last until %s; whoever trusts it alone will not trust the server",
			all.Certificates, all.Until.UTC().Format(time.RFC3339))
	}
	if err := a.issuer.RetireRoot(); err != nil {
		return err
	}
	return a.note(ctx, "retire", roleRoot)
}

// Import has an authority that was made elsewhere sign from now on, or take over as root, as Issuer.Import does.
func (a *Authority) Import(ctx context.Context, m Import) error {
	role, err := a.issuer.Import(m)
	if err != nil {
		return err
	}
	return a.note(ctx, "import", role)
}

// Owns reports whether certificates that name this issuer, a subject in DER and the name of a key, are the authority's.
func (a *Authority) Owns(issuer, keyID string) bool {
	h := a.issuer.hierarchy()
	return slices.ContainsFunc(h.all(), func(p *pair) bool {
		return string(p.leaf.RawSubject) == issuer && string(p.leaf.SubjectKeyId) == keyID
	})
}

// note files in the audit log what became of whoever has a role now.
func (a *Authority) note(ctx context.Context, action, role string) error {
	p, err := a.named(role)
	if err != nil {
		return err
	}
	return a.store.AuthorityChanged(context.WithoutCancel(ctx), action, role, p.id())
}

// named returns the signer of that role or key id.
func (a *Authority) named(name string) (*pair, error) {
	h := a.issuer.hierarchy()
	switch {
	case name == roleRoot:
		return h.root, nil
	case name == roleIntermediate:
		return h.intermediates[0], nil
	case name == roleNext && h.next != nil:
		return h.next, nil
	}
	all := h.all()
	at := slices.IndexFunc(all, func(p *pair) bool { return p.id().String() == name })
	if at < 0 {
		return nil, missing(muster.NotFound, "authority", name)
	}
	return all[at], nil
}

// subjectPublicKey returns the key itself within a SubjectPublicKeyInfo (RFC 5280, 4.1).
func subjectPublicKey(info []byte) []byte {
	var key struct {
		Algorithm pkix.AlgorithmIdentifier
		Bits      asn1.BitString
	}
	if _, err := asn1.Unmarshal(info, &key); err != nil {
		return info // which crypto/x509 has read before, so this does not happen
	}
	return key.Bits.RightAlign()
}
