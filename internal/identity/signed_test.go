package identity

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"muster"
)

// proving returns the proof of the device "sensor" for the provision key "line-3", and claims that are right for it.
func (f *forge) proving(held ...muster.Credential) (muster.SignedProof, members) {
	p := muster.SignedProof{Device: "sensor", Audience: "line-3", Held: held, Skew: time.Minute, At: f.now}
	return p, members{"sub": "sensor", "aud": "line-3", "iat": f.now.Unix(), "exp": f.now.Add(10 * time.Minute).Unix(), "jti": "1"}
}

func TestAProofIsSignedForOneDeviceOneKeyAndAShortTime(t *testing.T) {
	f := newForge(t)
	held := f.add(t, "sensor", publicKey(t, &f.key.PublicKey)).Credential
	revoked := held
	revoked.State = muster.CredentialRevoked
	in := func(d time.Duration) int64 { return f.now.Add(d).Unix() }
	for _, c := range []struct {
		says    string
		header  members
		changes members
		want    muster.Reason
		signed  bool // whoever made it has the key
	}{
		{"it is right", nil, nil, "", true},
		{"its clock is a little ahead", nil, members{"iat": in(30 * time.Second)}, "", true},
		{"it has no sub", nil, members{"sub": gone{}}, muster.ReasonJWTSubjectMismatch, true},
		{"it is of another device", nil, members{"sub": "other"}, muster.ReasonJWTSubjectMismatch, true},
		{"it is for another key", nil, members{"aud": "line-4"}, muster.ReasonJWTAudienceMismatch, true},
		{"it is one that opens a session", nil, members{"aud": "https://akenza.io/devices/sensor"}, muster.ReasonJWTAudienceMismatch, true},
		{"it has no jti", nil, members{"jti": gone{}}, muster.ReasonJWTMalformed, true},
		{"its jti is empty", nil, members{"jti": ""}, muster.ReasonJWTMalformed, true},
		{"its jti is a number", nil, members{"jti": 1}, muster.ReasonJWTMalformed, true},
		{"its jti is too long", nil, members{"jti": strings.Repeat("x", maxTokenID+1)}, muster.ReasonJWTMalformed, true},
		{"it has no exp", nil, members{"exp": gone{}}, muster.ReasonJWTMalformed, true},
		{"it is valid for a second too long", nil, members{"exp": in(10*time.Minute + time.Second)}, muster.ReasonJWTLifetimeTooLong, true},
		{"it has expired", nil, members{"iat": in(-10 * time.Minute), "exp": in(-time.Minute)}, muster.ReasonJWTExpired, true},
		{"it is from the future", nil, members{"iat": in(2 * time.Minute)}, muster.ReasonJWTClockSkew, true},
		{"it names another algorithm", members{"alg": "ES384"}, nil, muster.ReasonJWTAlgorithmMismatch, false},
		{"it names none", members{"alg": "none"}, nil, muster.ReasonJWTAlgorithmMismatch, false},
		{"it names another key", members{"kid": "00"}, nil, muster.ReasonJWTKeyUnknown, false},
		{"it brings its own key", members{"jwk": members{}}, nil, muster.ReasonJWTMalformed, false},
	} {
		t.Run(c.says, func(t *testing.T) {
			p, claims := f.proving(held)
			p.JWT = muster.Secret(sign(f.header(c.header), with(claims, c.changes), jwt.SigningMethodES256, f.key))
			by, once, err := f.Signed(&p)
			refused(t, err, c.want)
			if signed := by == held.ID; signed != c.signed {
				t.Errorf("signed by %s", by)
			}
			if c.want == "" && !once.Until.Equal(f.now.Add(11*time.Minute)) {
				t.Errorf("good until %s", once.Until)
			}
		})
	}
	p, claims := f.proving(held)
	for says, c := range map[string]struct {
		jwt  string
		held []muster.Credential
		want muster.Reason
	}{
		"of another device's key":   {sign(f.header(members{"kid": gone{}}), claims, jwt.SigningMethodES256, f.other), p.Held, muster.ReasonJWTSignatureWrong},
		"of a revoked key":          {sign(f.header(nil), claims, jwt.SigningMethodES256, f.key), []muster.Credential{revoked}, muster.ReasonJWTKeyUnknown},
		"of a device without a key": {sign(f.header(nil), claims, jwt.SigningMethodES256, f.key), nil, muster.ReasonJWTKeyUnknown},
		"of anything":               {"anything", p.Held, muster.ReasonJWTMalformed},
		"that is too long":          {strings.Repeat("x", maxJWT) + ".x.x", p.Held, muster.ReasonJWTMalformed},
	} {
		p.JWT, p.Held = muster.Secret(c.jwt), c.held
		by, _, err := f.Signed(&p)
		if refused(t, err, c.want); !by.IsZero() {
			t.Errorf("a JWT %s is signed by %s", says, by)
		}
	}
}

func TestAProofIsGoodForOnceWhateverItsSignature(t *testing.T) {
	f := newForge(t)
	p, claims := f.proving(f.add(t, "sensor", publicKey(t, &f.key.PublicKey)).Credential)
	seen := make(map[muster.LookupKey]int)
	for _, id := range []string{"1", "1", "2"} {
		p.JWT = muster.Secret(sign(f.header(nil), with(claims, members{"jti": id}), jwt.SigningMethodES256, f.key))
		_, once, err := f.Signed(&p)
		refused(t, err, "")
		seen[once.Digest]++
	}
	if len(seen) != 2 {
		t.Errorf("%d proofs of two jti", len(seen))
	}
}

func TestAProofIsSignedWithTheKeyOfACertificateWithinItsDates(t *testing.T) {
	f := newForge(t)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: f.now, NotAfter: f.now.Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &f.key.PublicKey, f.key)
	if err != nil {
		t.Fatal(err)
	}
	held := f.add(t, "sensor", muster.Evidence{Kind: muster.X509Certificate, Certificate: base64.StdEncoding.EncodeToString(der)}).Credential
	unreadable := f.add(t, "sensor", muster.Evidence{Kind: muster.X509Certificate, Certificate: "testHash"}).Credential
	for at, want := range map[time.Duration]muster.Reason{0: "", 2 * time.Hour: muster.ReasonJWTKeyUnknown, -time.Hour: muster.ReasonJWTKeyUnknown} {
		p, claims := f.proving(unreadable, held)
		p.JWT = muster.Secret(sign(f.header(nil), claims, jwt.SigningMethodES256, f.key))
		p.At = f.now.Add(at)
		by, _, err := f.Signed(&p)
		if refused(t, err, want); want == "" && by != held.ID {
			t.Errorf("signed by %s", by)
		}
	}
}
