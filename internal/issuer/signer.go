package issuer

import (
	"context"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"slices"
	"time"

	"muster"
)

// A Signer is a certificate of the authority itself.
type Signer struct {
	ID          muster.AuthorityID
	Role        string // root; intermediate: signs now; former: it did
	Subject     string
	Serial      string // hex
	Fingerprint string // SHA-256 as openssl prints it
	NotBefore   time.Time
	NotAfter    time.Time
	PEM         string
}

// The roles of signers.
const (
	roleRoot         = "root"
	roleIntermediate = "intermediate"
	roleFormer       = "former"
)

// Signers returns the root, the intermediate that signs now, and those that did and have not expired.
func (a *Authority) Signers() []Signer {
	root, intermediates := a.issuer.signers()
	all := []Signer{describe(root, roleRoot)}
	for n, p := range intermediates {
		role := roleFormer
		if n == 0 {
			role = roleIntermediate
		}
		all = append(all, describe(p, role))
	}
	return all
}

func describe(p *pair, role string) Signer {
	return Signer{
		ID: p.id(), Role: role, Subject: p.leaf.Subject.CommonName, Serial: hex.EncodeToString(p.leaf.SerialNumber.Bytes()),
		Fingerprint: fingerprint(p.leaf.Raw), NotBefore: p.leaf.NotBefore, NotAfter: p.leaf.NotAfter,
		PEM: string(encodeCertificates(p.chain[:1])),
	}
}

// Bundle returns all certificates of the authority, PEM: the intermediates, the one that signs now first, and the root.
func (a *Authority) Bundle() []byte {
	var text []byte
	for _, p := range a.all() {
		text = append(text, encodeCertificates(p.chain[:1])...)
	}
	return text
}

// Rotate makes a new intermediate, which signs from now on. What the one before has issued stays good.
func (a *Authority) Rotate(ctx context.Context) error {
	if err := a.issuer.Rotate(); err != nil {
		return err
	}
	_, intermediates := a.issuer.signers()
	return a.store.AuthorityRotated(context.WithoutCancel(ctx), intermediates[0].id())
}

// all returns the intermediates and, last, the root.
func (a *Authority) all() []*pair {
	root, intermediates := a.issuer.signers()
	return append(intermediates, root)
}

// named returns the signer of that role or key id.
func (a *Authority) named(name string) (*pair, error) {
	all := a.all()
	switch name {
	case roleRoot:
		return all[len(all)-1], nil
	case roleIntermediate:
		return all[0], nil
	}
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
