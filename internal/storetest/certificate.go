package storetest

import (
	"testing"
	"time"

	"muster"
)

func certificateSentences() []sentence {
	return []sentence{
		{"a certificate that was issued to a device is its credential", func(t *testing.T, r *registry) {
			d, _ := r.list("pump")
			c := r.issue(d, "first")
			got, err := r.Certificate(t.Context(), c.Serial)
			r.must(err)
			c.Number, c.DeviceName = got.Number, "pump"
			r.same(got, c)
		}},
		{"a certificate of nobody opens no door", func(t *testing.T, r *registry) {
			c := newCertificate("probe")
			r.must(r.CreateCertificate(t.Context(), c))
			got, err := r.Certificate(t.Context(), c.Serial)
			r.must(err)
			c.Number = got.Number
			r.same(got, c)
			_, err = r.Certificate(t.Context(), muster.NewSerial())
			r.missing(err)
		}},
		{"revoking it ends its credential, once", certificateRevoked},
		{"it ends with its credential, however that ends", certificateEndsWithCredential},
		{"one that is brought by hand is the device's from then on", certificateBrought},
		{"an admission that is refused leaves none behind", func(t *testing.T, r *registry) {
			_, err := r.UpdateProvisionKey(t.Context(), r.key.ID, func(k *muster.ProvisionKey) error { k.MaxDevices = 1; return nil })
			r.must(err)
			r.must(r.Admit(t.Context(), r.admission("pump")))
			a := r.admission("valve")
			c := newCertificate("valve")
			c.Device, c.Credential = a.Device.ID, a.Credential.ID
			a.Credential.Issued = &c
			r.refused(r.Admit(t.Context(), a), muster.ReasonProvisionKeyExhausted)
			_, err = r.Certificate(t.Context(), c.Serial)
			r.missing(err)
			revision, err := r.Revision(t.Context(), c.Authority)
			r.must(err)
			r.same(revision, int64(0))
		}},
		{"a device that is claimed may be given one", func(t *testing.T, r *registry) {
			d, _ := r.list("pump")
			c, given := newCertificate("pump"), newCredential(d.ID, "given")
			c.Device, c.Credential, given.Issued = d.ID, given.ID, &c
			claim := r.claim("pump")
			claim.Credential = &given
			_, held, err := r.Claim(t.Context(), claim)
			r.must(err)
			given.Issued = nil
			r.same(held, []muster.Credential{given})
			_, err = r.Certificate(t.Context(), c.Serial)
			r.must(err)

			r.list("valve")
			claim = r.claim("valve")
			claim.Credential = &given // of another device
			_, _, err = r.Claim(t.Context(), claim)
			r.refused(err, muster.ReasonDeviceNotListed)
		}},
		{"they are found page by page", certificatePages},
		{"a CRL holds what has not expired, and its numbers grow", certificateLists},
	}
}

func newCertificate(subject string) muster.Certificate {
	return muster.Certificate{
		Serial: muster.NewSerial(), Authority: muster.AuthorityID{1, 2, 3}, Subject: subject, Fingerprint: digest(subject), DER: []byte(subject),
		NotBefore: birth, NotAfter: after(1000), CreatedAt: birth,
	}
}

// issue files a certificate for the device, with the credential that it is.
func (r *registry) issue(d muster.Device, subject string) muster.Certificate {
	r.t.Helper()
	c, credential := newCertificate(subject), newCredential(d.ID, subject)
	credential.Kind = muster.X509Certificate
	c.Device, c.Credential, c.Profile = d.ID, credential.ID, d.Profile
	credential.Issued = &c
	r.must(r.CreateCredential(r.t.Context(), credential))
	return c
}

func certificateRevoked(t *testing.T, r *registry) {
	d, _ := r.list("pump")
	c := r.issue(d, "first")
	for range 2 { // the second time changes nothing
		got, err := r.RevokeCertificate(t.Context(), c.Serial, after(5), 1)
		r.must(err)
		r.same(got.RevokedAt, after(5))
		r.same(got.Why, muster.RevocationReason(1))
	}
	again, err := r.RevokeCertificate(t.Context(), c.Serial, after(9), 4)
	r.must(err)
	r.same(again.RevokedAt, after(5))
	r.same(r.stateOf(d, c.Credential), muster.CredentialRevoked)
	revision, err := r.Revision(t.Context(), c.Authority)
	r.must(err)
	r.same(revision, int64(1))
	_, err = r.RevokeCertificate(t.Context(), muster.NewSerial(), after(5), 0)
	r.missing(err)
}

func (r *registry) stateOf(d muster.Device, id muster.CredentialID) muster.CredentialState {
	r.t.Helper()
	held, err := r.Credentials(r.t.Context(), d.ID)
	r.must(err)
	for _, c := range held {
		if c.ID == id {
			return c.State
		}
	}
	r.t.Fatal("the credential is gone")
	return 0
}

func certificateEndsWithCredential(t *testing.T, r *registry) {
	d, _ := r.list("pump")
	ended := func(c muster.Certificate, why muster.RevocationReason) {
		t.Helper()
		got, err := r.Certificate(t.Context(), c.Serial)
		r.must(err)
		r.same(got.Why, why)
		if age := time.Since(got.RevokedAt); age < -time.Second || age > time.Minute {
			t.Errorf("it was revoked %v ago", age)
		}
	}
	first := r.issue(d, "first")
	_, err := r.UpdateCredential(t.Context(), first.Credential, func(c *muster.Credential) error {
		c.State = muster.CredentialRevoked
		return nil
	})
	r.must(err)
	ended(first, muster.RevokedUnspecified)

	second := r.issue(d, "second")
	successor := newCredential(d.ID, "third")
	r.must(r.RotateCredential(t.Context(), second.Credential, successor))
	_, err = r.Used(t.Context(), map[muster.CredentialID]time.Time{successor.ID: after(7)})
	r.must(err)
	ended(second, muster.RevokedSuperseded)

	last := r.issue(d, "last")
	r.must(r.DeleteDevice(t.Context(), d.ID))
	ended(last, muster.RevokedOutOfUse)
	got, err := r.Certificate(t.Context(), last.Serial)
	r.must(err)
	r.same(got.DeviceName, "")
}

func certificateBrought(t *testing.T, r *registry) {
	c := newCertificate("probe")
	r.must(r.CreateCertificate(t.Context(), c))
	d, _ := r.list("pump")
	brought := newCredential(d.ID, "brought")
	brought.Kind = muster.X509Certificate
	brought.Shows = muster.Presented{Serial: c.Serial, Digest: digest("another one")}
	r.must(r.CreateCredential(t.Context(), brought))
	got, err := r.Certificate(t.Context(), c.Serial)
	r.must(err)
	r.same(got.Credential, muster.CredentialID{})

	brought = newCredential(d.ID, "brought again")
	brought.Kind = muster.X509Certificate
	brought.Shows = muster.Presented{Serial: c.Serial, Digest: c.Fingerprint}
	r.must(r.CreateCredential(t.Context(), brought))
	got, err = r.RevokeCertificate(t.Context(), c.Serial, after(5), 1)
	r.must(err)
	r.same(got.Device, d.ID)
	r.same(got.Profile, d.Profile)
	r.same(r.stateOf(d, brought.ID), muster.CredentialRevoked)

	brought.ID, brought.Lookup = muster.NewID[muster.Credential](), digest("once more")
	r.refused(r.CreateCredential(t.Context(), brought), muster.ReasonCredentialRevoked)
}

func certificatePages(t *testing.T, r *registry) {
	d, _ := r.list("pump")
	all := []muster.Certificate{r.issue(d, "a"), r.issue(d, "b"), r.issue(d, "c")}
	other := newCertificate("other")
	other.NotAfter = after(10)
	r.must(r.CreateCertificate(t.Context(), other))
	_, err := r.RevokeCertificate(t.Context(), all[1].Serial, after(5), 0)
	r.must(err)
	yes, no, authority := true, false, all[0].Authority
	for _, tc := range []struct {
		about string
		q     muster.CertificateQuery
		want  string
	}{
		{"all", muster.CertificateQuery{Limit: 9}, "other c b a"},
		{"a page", muster.CertificateQuery{Limit: 2}, "other c"},
		{"of the device", muster.CertificateQuery{Device: d.ID, Limit: 9}, "c b a"},
		{"of the profile", muster.CertificateQuery{Profile: d.Profile, Limit: 9}, "c b a"},
		{"revoked", muster.CertificateQuery{Revoked: &yes, Limit: 9}, "b"},
		{"not revoked and of the device", muster.CertificateQuery{Device: d.ID, Revoked: &no, Limit: 9}, "c a"},
		{"by a key", muster.CertificateQuery{Authority: &authority, Limit: 1}, "other"},
		{"ending soon", muster.CertificateQuery{ExpiresBefore: after(11), Limit: 9}, "other"},
		{"by part of the name", muster.CertificateQuery{Search: "OTHE", Limit: 9}, "other"},
		{"by no part of a name", muster.CertificateQuery{Search: "nobody's", Limit: 9}, ""},
		{"ending late", muster.CertificateQuery{ExpiresAfter: after(11), Limit: 9}, "c b a"},
	} {
		page, err := r.Certificates(t.Context(), tc.q)
		r.must(err)
		r.same(subjects(page), tc.want)
		if full := len(page.Certificates) == tc.q.Limit; full != (page.Next != 0) {
			t.Errorf("%s: the next page begins before %d", tc.about, page.Next)
		}
	}
	first, err := r.Certificates(t.Context(), muster.CertificateQuery{Limit: 3})
	r.must(err)
	rest, err := r.Certificates(t.Context(), muster.CertificateQuery{Limit: 3, Before: first.Next})
	r.must(err)
	r.same(subjects(rest), "a")
}

func subjects(page muster.CertificatePage) (all string) {
	for i, c := range page.Certificates {
		if i > 0 {
			all += " "
		}
		all += c.Subject
	}
	return all
}

func certificateLists(t *testing.T, r *registry) {
	d, _ := r.list("pump")
	c := r.issue(d, "a")
	r.issue(d, "b")
	_, err := r.RevokeCertificate(t.Context(), c.Serial, after(5), 1)
	r.must(err)
	entries, err := r.Revoked(t.Context(), c.Authority, c.NotAfter)
	r.must(err)
	r.same(entries, []muster.Revoked{{Serial: c.Serial, At: after(5), Why: 1}})
	good, err := r.Outstanding(t.Context(), c.Authority, after(1))
	r.must(err)
	r.same(good, muster.Outstanding{Certificates: 1, Until: c.NotAfter})
	good, err = r.Outstanding(t.Context(), c.Authority, c.NotAfter)
	r.must(err)
	r.same(good, muster.Outstanding{})
	entries, err = r.Revoked(t.Context(), c.Authority, c.NotAfter.Add(time.Millisecond))
	r.must(err)
	r.same(len(entries), 0)
	for want := range int64(3) {
		number, err := r.NextCRL(t.Context(), c.Authority)
		r.must(err)
		r.same(number, want+1)
	}
	r.reopen()
	number, err := r.NextCRL(t.Context(), c.Authority)
	r.must(err)
	r.same(number, int64(4))
}
