package identity

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"muster"
)

// A forge makes tokens for the device "sensor" as wanted: claims and header are the right ones with changes laid over them.
type forge struct {
	*fixture
	key   *ecdsa.PrivateKey
	kid   string
	other *ecdsa.PrivateKey // of the device "other"
}

func newForge(t testing.TB) *forge {
	t.Helper()
	f := &forge{fixture: newFixture(t), key: newEC(t, elliptic.P256()), other: newEC(t, elliptic.P256())}
	f.kid = f.add(t, "sensor", publicKey(t, &f.key.PublicKey)).Credential.Hint
	f.add(t, "other", publicKey(t, &f.other.PublicKey))
	return f
}

func newEC(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

type members = map[string]any

// gone takes a member away.
type gone struct{}

func with(base, changes members) members {
	all := maps.Clone(base)
	maps.Copy(all, changes)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == gone{} })
	return all
}

func (f *forge) claims(changes members) members {
	return with(members{
		"iat": f.now.Unix(), "exp": f.now.Add(20 * time.Minute).Unix(), "aud": "https://akenza.io/devices/sensor",
	}, changes)
}

func (f *forge) header(changes members) members {
	return with(members{"alg": "ES256", "typ": "JWT", "kid": f.kid}, changes)
}

func part(v any) string {
	text, isText := v.(string)
	if !isText {
		b, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		text = string(b)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

// sign makes a token of a header and claims, each a map or raw JSON text, signed by method and key.
func sign(header, claims any, method jwt.SigningMethod, key any) string {
	signed := part(header) + "." + part(claims)
	signature, err := method.Sign(signed, key)
	if err != nil {
		panic(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// good signs right claims with changes laid over them by the device's own key.
func (f *forge) good(changes members) string {
	return sign(f.header(nil), f.claims(changes), jwt.SigningMethodES256, f.key)
}

// headed signs right claims under a right header with changes laid over it.
func (f *forge) headed(changes members) string {
	return sign(f.header(changes), f.claims(nil), jwt.SigningMethodES256, f.key)
}

// raw signs a header and claims given as JSON text; empty text means the right ones.
func (f *forge) raw(header, claims string) string {
	var h, c any = f.header(nil), f.claims(nil)
	if header != "" {
		h = header
	}
	if claims != "" {
		c = claims
	}
	return sign(h, c, jwt.SigningMethodES256, f.key)
}

// unproven is a right header and right claims with any signature.
func (f *forge) unproven(header members, signature []byte) string {
	return part(f.header(header)) + "." + part(f.claims(nil)) + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func (f *forge) judge(t testing.TB, clientID, token string) (muster.Identity, error) {
	t.Helper()
	p := &muster.Proof{JWT: token, ClientID: clientID}
	about, examined := f.Examine(t.Context(), p)
	who, err := f.Authenticate(t.Context(), p)
	if muster.ReasonOf(examined) != muster.ReasonOf(err) || about.Device != who.Device {
		t.Errorf("examined, it is %v of %s, and authenticated %v of %s", examined, about.Name, err, who.Name)
	}
	return who, err
}

func TestGoodTokens(t *testing.T) {
	f := newForge(t)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p384 := newEC(t, elliptic.P384())
	for _, key := range []crypto.PublicKey{ed.Public(), &rsaKey.PublicKey, &p384.PublicKey} {
		f.add(t, "sensor", publicKey(t, key))
	}
	free := members{"alg": gone{}, "kid": gone{}}
	by := func(method jwt.SigningMethod, key any) string {
		return sign(with(f.header(free), members{"alg": method.Alg()}), f.claims(nil), method, key)
	}
	for name, token := range map[string]string{
		"as akenza's Python sample makes it": f.good(nil),
		"with sub":                           f.good(members{"sub": "sensor"}),
		"without kid":                        f.headed(members{"kid": gone{}}),
		"with kid in upper case":             f.headed(members{"kid": strings.ToUpper(f.kid)}),
		"without typ":                        f.headed(members{"typ": gone{}}),
		"with aud as a list of one":          f.good(members{"aud": []string{"https://akenza.io/devices/sensor"}}),
		"for a name of this server":          f.good(members{"aud": "https://muster.example/devices/sensor"}),
		"with times that have fractions":     f.good(members{"iat": float64(f.now.Unix()) + 0.25}),
		"with a clock 9 minutes ahead":       f.good(members{"iat": f.now.Add(9 * time.Minute).Unix()}),
		"expired 9 minutes ago by its clock": f.good(members{"iat": f.now.Add(-time.Hour).Unix(), "exp": f.now.Add(-9 * time.Minute).Unix()}),
		"valid for a day":                    f.good(members{"exp": f.now.Add(24 * time.Hour).Unix()}),
		"with nbf in the past":               f.good(members{"nbf": f.now.Add(-time.Hour).Unix()}),
		"with claims that nobody asked for":  f.good(members{"jti": "x", "iss": "y", "deep": members{"er": []int{1}}}),
		"RS256":                              by(jwt.SigningMethodRS256, rsaKey),
		"PS256":                              by(jwt.SigningMethodPS256, rsaKey),
		"ES384":                              by(jwt.SigningMethodES384, p384),
		"EdDSA":                              by(jwt.SigningMethodEdDSA, ed),
	} {
		t.Run(name, func(t *testing.T) {
			who, err := f.judge(t, "sensor", token)
			if err != nil || who.Name != "sensor" {
				t.Errorf("got %+v, %v", who, err)
			}
		})
	}
}

// The order of lanes over MQTT: a JWT counts only for a device that holds a public key, and then alone.
func TestWhereTheJWTStands(t *testing.T) {
	f := newForge(t)
	f.add(t, "plain", accessToken("unused"))
	f.add(t, "revoked key", publicKey(t, &newEC(t, elliptic.P256()).PublicKey), func(h *muster.Holder) {
		h.Credential.State = muster.CredentialRevoked
	})
	stranger := sign(f.header(nil), f.claims(nil), jwt.SigningMethodES256, f.other)
	for _, c := range []struct {
		name, clientID, username, token, device string
		reason                                  muster.Reason
	}{
		{"a token called unused does not shadow a JWT", "sensor", "unused", f.good(nil), "sensor", ""},
		{"a refused JWT does not fall back to the user name", "sensor", "unused", stranger, "sensor", muster.ReasonJWTSignatureWrong},
		{"a revoked key still makes the verdict final", "revoked key", "unused", stranger, "revoked key", muster.ReasonJWTKeyUnknown},
		{"a device without a key falls through to its token", "plain", "unused", stranger, "plain", ""},
		{"an unknown client id falls through", "nobody", "unused", stranger, "plain", ""},
		{"no client id falls through", "", "unused", stranger, "plain", ""},
		{"what falls through may be refused", "nobody", "nobody", stranger, "", muster.ReasonTokenUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			who, err := f.Authenticate(t.Context(), &muster.Proof{
				JWT: c.token, ClientID: c.clientID, Basic: true, Username: c.username, Password: muster.Secret(c.token),
			})
			refused(t, err, c.reason)
			if who.Name != c.device {
				t.Errorf("recognised %q, want %q", who.Name, c.device)
			}
		})
	}
	_, err := f.judge(t, "nobody", f.good(nil))
	refused(t, err, muster.ReasonJWTKeyUnknown)
}

func TestKeysOfADevice(t *testing.T) {
	f := newForge(t)
	second := newEC(t, elliptic.P256())
	byOld := f.headed(members{"kid": gone{}})
	bySecond := sign(f.header(members{"kid": gone{}}), f.claims(nil), jwt.SigningMethodES256, second)

	_, err := f.judge(t, "sensor", byOld)
	refused(t, err, "")
	_, err = f.judge(t, "sensor", bySecond)
	refused(t, err, muster.ReasonJWTSignatureWrong)
	added := f.add(t, "sensor", publicKey(t, &second.PublicKey))
	_, err = f.judge(t, "sensor", bySecond)
	refused(t, err, "") // a new key works at once

	for reason, change := range map[muster.Reason]func(*muster.Holder){
		muster.ReasonCredentialRevoked: func(h *muster.Holder) { h.Credential.State = muster.CredentialRevoked },
		muster.ReasonCredentialExpired: func(h *muster.Holder) {
			h.Credential.State, h.Credential.ExpiresAt = muster.CredentialActive, f.now
		},
	} {
		f.alter(added, change)
		f.Forget(added.Device.ID)
		_, err = f.judge(t, "sensor", bySecond)
		refused(t, err, reason)
		_, err = f.judge(t, "sensor", byOld)
		refused(t, err, "")
	}
}

func TestAKeyInACertificateIsNamedByEitherDigest(t *testing.T) {
	f := newFixture(t)
	leaf, text := certificate(t, f.now.Add(-time.Hour), f.now.Add(time.Hour))
	key, err := muster.ParsePublicKey(text)
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]crypto.Hash{"SHA-256": crypto.SHA256, "SHA-1": crypto.SHA1}
	for name, hash := range sums {
		h := hash.New()
		h.Write(leaf.Raw)
		if !key.Named(strings.ToUpper(hex.EncodeToString(h.Sum(nil)))) {
			t.Errorf("%s of the certificate does not name its key", name)
		}
	}
}

func TestUntilAJWTEnds(t *testing.T) {
	f := newForge(t)
	who, err := f.judge(t, "sensor", f.good(nil))
	if want := f.now.Add(30 * time.Minute); err != nil || !who.Until.Equal(want) || who.Expired() != muster.ReasonJWTExpired {
		t.Errorf("until %v, want exp and ten minutes: %v (%v)", who.Until, want, err)
	}
	for _, h := range slices.Collect(maps.Values(f.registry.holders)) {
		f.alter(h, func(h *muster.Holder) {
			h.Profile.Settings.JWT = muster.JWTRule{
				Audiences: []string{"https://here/{deviceId}"}, MaxLifetime: time.Hour, Skew: time.Minute, OutliveExp: true,
			}
		})
		f.Forget(h.Device.ID)
	}
	ours := members{"aud": "https://here/sensor"}
	who, err = f.judge(t, "sensor", f.good(ours))
	if err != nil || !who.Until.IsZero() {
		t.Errorf("until %v, want for ever (%v)", who.Until, err)
	}
	for name, c := range map[string]struct {
		claims members
		reason muster.Reason
	}{
		"the profile's audiences replace the default":   {nil, muster.ReasonJWTAudienceMismatch},
		"the profile's lifetime replaces the default":   {with(ours, members{"exp": f.now.Add(62 * time.Minute).Unix()}), muster.ReasonJWTLifetimeTooLong},
		"the profile's clock skew replaces the default": {with(ours, members{"iat": f.now.Add(2 * time.Minute).Unix()}), muster.ReasonJWTClockSkew},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.judge(t, "sensor", f.good(c.claims))
			refused(t, err, c.reason)
		})
	}
}
