package provision

import (
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"muster"
)

// Bounds of the certificates of one device.
const (
	mostCertificates = 8 // that work at once, where the profile adds them
	keptCertificates = 8 // that were revoked
)

// A heldCertificate is one that a device holds, of whatever state.
type heldCertificate struct {
	muster.Credential
	issued time.Time // zero: what is kept is no certificate
	works  bool      // or will
}

// heldCertificates are those of one device, the oldest by issue first.
type heldCertificates []heldCertificate

// heldBy opens the certificates of a device.
func (s *Service) heldBy(known *muster.Enrolled, now time.Time) (heldCertificates, error) {
	var all heldCertificates
	for i := range known.Credentials {
		c := known.Credentials[i]
		if c.Kind != muster.X509Certificate {
			continue
		}
		e, err := c.Open(s.keys)
		if err != nil {
			return nil, fmt.Errorf("open credential %s: %w", c.ID, err)
		}
		h := heldCertificate{Credential: c, works: c.State != muster.CredentialRevoked && (c.ExpiresAt.IsZero() || now.Before(c.ExpiresAt))}
		if der, err := base64.StdEncoding.DecodeString(e.Certificate); err == nil {
			if parsed, err := x509.ParseCertificate(der); err == nil {
				h.issued = parsed.NotBefore
				h.works = h.works && !now.After(parsed.NotAfter)
			}
		}
		all = append(all, h)
	}
	slices.SortStableFunc(all, func(a, b heldCertificate) int { return a.issued.Compare(b.issued) })
	return all, nil
}

// has reports whether the device has a certificate, and refuses one that was revoked.
func (all heldCertificates) has(lookup muster.LookupKey) (bool, error) {
	for i := range all {
		if all[i].Lookup != lookup {
			continue
		}
		if all[i].State == muster.CredentialRevoked {
			return false, muster.Refuse(muster.ReasonCredentialRevoked, "")
		}
		return true, nil
	}
	return false, nil
}

// renew completes a certification for a device that is known: its first certificate, or one more as its profile wants.
func (all heldCertificates) renew(c *muster.Certification, v *voucher, released bool) error {
	v.way = muster.WayClaimed
	rule, issued := v.profile.Settings.Chain, v.path[0].NotBefore
	working := 0
	for i := range all {
		h := &all[i]
		if h.works {
			working++
		}
		compared := rule.Renewal != muster.RenewalAdd || h.State == muster.CredentialRevoked
		if compared && issued.Before(h.issued) {
			return muster.Refuse(muster.ReasonCertificateOlder, "it was issued at %s, the other one at %s",
				issued.UTC().Format(time.RFC3339), h.issued.UTC().Format(time.RFC3339))
		}
	}
	if len(all) == 0 || released {
		return nil
	}
	switch rule.Renewal {
	case muster.RenewalReplace:
		v.way = muster.WayRenewed
		all.end(c, issued)
	case muster.RenewalAdd:
		v.way = muster.WayAdded
		if working >= mostCertificates {
			return muster.Refuse(muster.ReasonCertificateRenewal, "the device has %d certificates that work, as many as it may", working)
		}
	case muster.RenewalRefuse:
		return muster.Refuse(muster.ReasonCertificateRenewal, "the profile lets no other certificate take the place of the device's")
	}
	return nil
}

// end lets c revoke what is not revoked yet, and drop those that were revoked before all others but keptCertificates, if they
// are older than the one that was issued then: by its date they stay out.
func (all heldCertificates) end(c *muster.Certification, issued time.Time) {
	for i := range all {
		if all[i].State != muster.CredentialRevoked {
			c.Ends = append(c.Ends, all[i].ID)
		} else if i < len(all)-keptCertificates && all[i].issued.Before(issued) {
			c.Drops = append(c.Drops, all[i].ID)
		}
	}
}
