package identity

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"testing"
	"time"

	"muster"
)

// The rows of ThingsBoard device API 2.5, and the edges between them.
func TestUserNameAndPassword(t *testing.T) {
	f := newFixture(t)
	f.add(t, "by token", accessToken("tok-1"))
	f.add(t, "by client id", basic("client", "", ""))
	f.add(t, "by both", basic("both-client", "both-user", ""))
	f.add(t, "by all", basic("all-client", "all-user", "all-pass"))
	f.add(t, "by user", basic("", "user", "pass"))
	f.add(t, "by user alone", basic("", "open-user", ""))
	f.add(t, "its token is a user name elsewhere", accessToken("all-user"))
	f.add(t, "by certificate", muster.Evidence{Kind: muster.X509Certificate, Certificate: "testHash"})

	for _, c := range []struct {
		name                       string
		clientID, username, secret string
		device                     string
		reason                     muster.Reason
	}{
		{"a token as user name opens", "", "tok-1", "", "by token", ""},
		{"a token opens with any client id and any password", "anything", "tok-1", "whatever", "by token", ""},
		{"a client id alone opens", "client", "", "", "by client id", ""},
		{"a client id alone opens whatever the password", "client", "", "junk", "by client id", ""},
		{"client id and user name open", "both-client", "both-user", "", "by both", ""},
		{"a credential without a password takes any", "both-client", "both-user", "x", "by both", ""},
		{"all three open", "all-client", "all-user", "all-pass", "by all", ""},
		{"a wrong password is final, also where the user name is another's token", "all-client", "all-user", "wrong", "by all", muster.ReasonPasswordWrong},
		{"a missing password is a wrong one", "all-client", "all-user", "", "by all", muster.ReasonPasswordWrong},
		{"with another client id the user name is looked for alone", "other", "all-user", "wrong", "its token is a user name elsewhere", ""},
		{"a user name and its password open with any client id", "any", "user", "pass", "by user", ""},
		{"a user name and its password open without a client id", "", "user", "pass", "by user", ""},
		{"a user name with a wrong password does not open", "", "user", "wrong", "by user", muster.ReasonPasswordWrong},
		{"a user name without a password opens", "x", "open-user", "", "by user alone", ""},
		{"an unknown user name", "x", "nobody", "x", "", muster.ReasonTokenUnknown},
		{"an unknown client id", "stranger", "", "", "", muster.ReasonClientIDUnknown},
		{"a client id that needs a user name", "all-client", "", "", "", muster.ReasonClientIDUnknown},
		{"nothing at all", "", "", "", "", muster.ReasonCredentialsMissing},
		{"a password alone", "", "", "pass", "", muster.ReasonClientIDUnknown},
		{"the digest that a client id is filed under is no user name", "", muster.BasicID("client", ""), "", "by client id", muster.ReasonClientIDMismatch},
		{"the digest that a certificate is filed under is no user name", "", muster.CertificateID("testHash"), "", "by certificate", muster.ReasonClientIDMismatch},
		{"case counts", "", "TOK-1", "", "", muster.ReasonTokenUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			for range 2 { // the second time from memory, where it opened
				who, err := f.Authenticate(t.Context(), &muster.Proof{
					Basic: true, ClientID: c.clientID, Username: c.username, Password: muster.Secret(c.secret),
				})
				refused(t, err, c.reason)
				if who.Name != c.device {
					t.Errorf("recognised %q, want %q", who.Name, c.device)
				}
			}
		})
	}
}

// Credentials that do not open the door any more stay on the books, where those of ThingsBoard are gone.
func TestAPairThatIsRevokedDoesNotShadowTheUserName(t *testing.T) {
	f := newFixture(t)
	revoked := func(h *muster.Holder) { h.Credential.State = muster.CredentialRevoked }
	f.add(t, "a", basic("client", "user", "old"), revoked)
	f.add(t, "a", basic("", "user", "new"))
	f.add(t, "b", basic("gone-client", "gone-user", "old"), revoked)
	f.add(t, "c", basic("late-client", "tok-c", "old"), func(h *muster.Holder) { h.Credential.ExpiresAt = f.now })
	f.add(t, "c", accessToken("tok-c"))
	for _, c := range []struct {
		name                       string
		clientID, username, secret string
		device                     string
		reason                     muster.Reason
	}{
		{"the new password opens", "client", "user", "new", "a", ""},
		{"the old password is judged by the user name's", "client", "user", "old", "a", muster.ReasonPasswordWrong},
		{"without another credential it is told that it was revoked", "gone-client", "gone-user", "old", "b", muster.ReasonCredentialRevoked},
		{"but not to who does not know the password", "gone-client", "gone-user", "guess", "b", muster.ReasonPasswordWrong},
		{"an expired pair does not shadow a token", "late-client", "tok-c", "", "c", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			who, err := f.Authenticate(t.Context(), &muster.Proof{
				Basic: true, ClientID: c.clientID, Username: c.username, Password: muster.Secret(c.secret),
			})
			refused(t, err, c.reason)
			if who.Name != c.device {
				t.Errorf("recognised %q, want %q", who.Name, c.device)
			}
		})
	}
}

func TestToken(t *testing.T) {
	f := newFixture(t)
	h := f.add(t, "a", accessToken("tok-a"), func(h *muster.Holder) {
		h.Device.Gateway = true
		h.Profile.Settings = muster.ProfileSettings{RetentionDays: 7, HideReasons: true, Sessions: 3}
	})
	f.add(t, "b", basic("", "user-b", ""))
	f.add(t, "c", muster.Evidence{Kind: muster.X509Certificate, Certificate: "testHash"})

	who, err := f.Authenticate(t.Context(), &muster.Proof{Token: "tok-a"})
	want := muster.Identity{
		Device: h.Device.ID, Profile: h.Profile.ID, Credential: h.Credential.ID, Name: "a", Gateway: true,
		Retention: 7, Sessions: 3, Quiet: true,
	}
	if err != nil || who != want {
		t.Errorf("got %+v, %v; want %+v", who, err, want)
	}
	for name, text := range map[string]string{
		"an unknown token":                "tok-b",
		"a user name is no token":         "user-b",
		"a certificate's id is no token":  muster.CertificateID("testHash"),
		"a token beyond every bound":      string(make([]byte, muster.MaxEvidence+1)),
		"a token with something after it": "tok-a ",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.Authenticate(t.Context(), &muster.Proof{Token: muster.Secret(text)})
			refused(t, err, muster.ReasonTokenUnknown)
		})
	}
	_, err = f.Authenticate(t.Context(), &muster.Proof{})
	refused(t, err, muster.ReasonCredentialsMissing)
}

func TestStates(t *testing.T) {
	day := 24 * time.Hour
	for _, c := range []struct {
		name   string
		change func(h *muster.Holder, now time.Time)
		reason muster.Reason
	}{
		{"a listed device may speak", func(h *muster.Holder, _ time.Time) { h.Device.State = muster.DeviceListed }, ""},
		{"a suspended device may not", func(h *muster.Holder, _ time.Time) { h.Device.State = muster.DeviceSuspended }, muster.ReasonDeviceSuspended},
		{"a retiring credential opens", func(h *muster.Holder, _ time.Time) { h.Credential.State = muster.CredentialRetiring }, ""},
		{"a pending credential does not", func(h *muster.Holder, _ time.Time) { h.Credential.State = muster.CredentialPending }, muster.ReasonCredentialRevoked},
		{"a revoked credential does not", func(h *muster.Holder, _ time.Time) { h.Credential.State = muster.CredentialRevoked }, muster.ReasonCredentialRevoked},
		{"an expired credential does not", func(h *muster.Holder, now time.Time) { h.Credential.ExpiresAt = now }, muster.ReasonCredentialExpired},
		{"a credential opens until it expires", func(h *muster.Holder, now time.Time) { h.Credential.ExpiresAt = now.Add(day) }, ""},
		{"a credential of tomorrow does not open", func(h *muster.Holder, now time.Time) { h.Credential.NotBefore = now.Add(day) }, muster.ReasonCredentialNotYet},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t)
			h := f.add(t, "a", basic("", "user", "pass"), func(h *muster.Holder) { c.change(h, f.now) })
			who, err := f.Authenticate(t.Context(), &muster.Proof{Basic: true, Username: "user", Password: "pass"})
			refused(t, err, c.reason)
			if who.Device != h.Device.ID || !who.Until.Equal(h.Credential.ExpiresAt) || who.Expired() != muster.ReasonCredentialExpired {
				t.Errorf("got %+v", who)
			}
			_, err = f.Authenticate(t.Context(), &muster.Proof{Basic: true, Username: "user", Password: "wrong"})
			refused(t, err, muster.ReasonPasswordWrong) // who does not know the password does not learn the state
		})
	}
}

// certificate returns a self-signed certificate with its PEM text.
func certificate(t *testing.T, from, until time.Time) (*x509.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, NotBefore: from, NotAfter: until, IsCA: true,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return leaf, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func TestCertificate(t *testing.T) {
	f := newFixture(t)
	day := 24 * time.Hour
	good, goodText := certificate(t, f.now.Add(-day), f.now.Add(day))
	old, oldText := certificate(t, f.now.Add(-2*day), f.now.Add(-day))
	early, earlyText := certificate(t, f.now.Add(day), f.now.Add(2*day))
	stranger, _ := certificate(t, f.now.Add(-day), f.now.Add(day))
	tokened, _ := certificate(t, f.now.Add(-day), f.now.Add(day))
	f.add(t, "good", muster.Evidence{Kind: muster.X509Certificate, Certificate: goodText})
	f.add(t, "old", muster.Evidence{Kind: muster.X509Certificate, Certificate: oldText})
	f.add(t, "early", muster.Evidence{Kind: muster.X509Certificate, Certificate: earlyText})
	f.add(t, "token", accessToken(muster.CertificateID(base64.StdEncoding.EncodeToString(tokened.Raw))))
	f.add(t, "other", accessToken("tok"))

	for _, c := range []struct {
		name   string
		chain  []*x509.Certificate
		reason muster.Reason
	}{
		{"a registered self-signed certificate opens", []*x509.Certificate{good}, ""},
		{"the leaf alone counts, whatever follows it", []*x509.Certificate{good, stranger}, ""},
		{"a registered certificate behind a strange leaf does not open", []*x509.Certificate{stranger, good}, muster.ReasonCertificateUnknown},
		{"an unknown certificate", []*x509.Certificate{stranger}, muster.ReasonCertificateUnknown},
		{"an expired certificate", []*x509.Certificate{old}, muster.ReasonCredentialExpired},
		{"a certificate of tomorrow", []*x509.Certificate{early}, muster.ReasonCertificateNotYet},
		{"a token that is a certificate's id is no certificate", []*x509.Certificate{tokened}, muster.ReasonCertificateUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			// A token beside the certificate changes nothing: there is no falling back.
			who, err := f.Authenticate(t.Context(), &muster.Proof{Chain: c.chain, Basic: true, Username: "tok"})
			refused(t, err, c.reason)
			if err == nil && (who.Name != "good" || !who.Until.Equal(good.NotAfter) || who.Expired() != muster.ReasonCertificateExpired) {
				t.Errorf("got %+v", who)
			}
		})
	}
}

func TestAStoreThatFailsIsNoRefusal(t *testing.T) {
	f := newFixture(t)
	f.registry.failing = errors.New("disk on fire")
	for name, p := range map[string]muster.Proof{
		"token": {Token: "x"}, "basic": {Basic: true, ClientID: "c", Username: "u"}, "jwt": {JWT: "a.b.c", ClientID: "d"},
	} {
		_, err := f.Authenticate(context.Background(), &p)
		if !errors.Is(err, f.registry.failing) || muster.KindOf(err) != muster.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
}
