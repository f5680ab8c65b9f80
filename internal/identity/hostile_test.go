package identity

import (
	"crypto"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"muster"
)

// hostileTokens returns tokens that must never open, with the reason for each.
func (f *forge) hostileTokens(t *testing.T) map[string]struct {
	token  string
	reason muster.Reason
} {
	t.Helper()
	type row = struct {
		token  string
		reason muster.Reason
	}
	const (
		malformed = muster.ReasonJWTMalformed
		algorithm = muster.ReasonJWTAlgorithmMismatch
		wrong     = muster.ReasonJWTSignatureWrong
		audience  = muster.ReasonJWTAudienceMismatch
	)
	good := f.good(nil)
	parts := strings.Split(good, ".")
	signature, _ := base64.RawURLEncoding.DecodeString(parts[2])
	n := elliptic.P256().Params().N.Bytes()
	spki, _ := x509.MarshalPKIXPublicKey(&f.key.PublicKey)
	padded := func(s string) string { return s + strings.Repeat("=", (4-len(s)%4)%4) }
	flip := func(b []byte, i int) []byte { b = slices.Clone(b); b[i] ^= 1; return b }
	swapped := append(slices.Clone(signature[32:]), signature[:32]...)
	der := func() []byte { // the ASN.1 form of a right signature
		r, s := new(big.Int).SetBytes(signature[:32]).Bytes(), new(big.Int).SetBytes(signature[32:]).Bytes()
		b := append([]byte{0x30, byte(len(r) + len(s) + 4), 2, byte(len(r))}, r...)
		return append(append(b, 2, byte(len(s))), s...)
	}
	hs := func(alg string, m jwt.SigningMethod, key []byte) string {
		return sign(f.header(members{"alg": alg}), f.claims(nil), m, key)
	}
	now, hour := f.now, time.Hour
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	rows := map[string]row{
		"one dot":                                {parts[0] + "." + parts[1], malformed},
		"three dots":                             {good + ".", malformed},
		"only dots":                              {"..", malformed},
		"a JWE of five parts":                    {good + ".a.b", malformed},
		"no header":                              {"." + parts[1] + "." + parts[2], malformed},
		"no claims":                              {parts[0] + ".." + parts[2], malformed},
		"no signature":                           {parts[0] + "." + parts[1] + ".", malformed},
		"longer than 4 kB":                       {f.good(members{"pad": strings.Repeat("x", 4096)}), malformed},
		"4 MB of dots":                           {strings.Repeat(".", 4<<20), malformed},
		"padded header":                          {padded(parts[0]) + "=." + parts[1] + "." + parts[2], malformed},
		"padded signature":                       {parts[0] + "." + parts[1] + "." + padded(parts[2]), malformed},
		"a line break in the signature":          {parts[0] + "." + parts[1] + "." + parts[2][:9] + "\n" + parts[2][9:], malformed},
		"a line break in the claims":             {parts[0] + "." + parts[1][:9] + "\r\n" + parts[1][9:] + "." + parts[2], malformed},
		"a space before it":                      {" " + good, malformed},
		"a space after it":                       {good + " ", malformed},
		"a NUL after it":                         {good + "\x00", malformed},
		"standard base64":                        {parts[0] + "." + parts[1] + ".+/" + parts[2][2:], malformed},
		"bits left over in the signature":        {good[:len(good)-1] + nextLetter(good[len(good)-1]), malformed},
		"header that is not JSON":                {f.raw("alg=ES256", ""), malformed},
		"header that is a list":                  {f.raw(`["ES256"]`, ""), malformed},
		"header that is null":                    {f.raw("null", ""), malformed},
		"header with something behind it":        {f.raw(`{"alg":"ES256"}{}`, ""), malformed},
		"header with alg twice":                  {f.raw(`{"alg":"none","alg":"ES256"}`, ""), malformed},
		"header with alg twice, once escaped":    {f.raw(`{"alg":"none","\u0061lg":"ES256"}`, ""), malformed},
		"header that is not UTF-8":               {f.raw("{\"alg\":\"ES256\",\"x\":\"\xff\"}", ""), malformed},
		"header with a comment":                  {f.raw(`{"alg":"ES256"/**/}`, ""), malformed},
		"header nested too deep":                 {f.raw(`{"alg":"ES256","x":`+strings.Repeat("[", 500)+strings.Repeat("]", 500)+`}`, ""), malformed},
		"no alg":                                 {f.headed(members{"alg": gone{}}), malformed},
		"alg in capitals":                        {f.headed(members{"alg": gone{}, "ALG": "ES256"}), malformed},
		"alg that is null":                       {f.headed(members{"alg": nil}), malformed},
		"alg that is a list":                     {f.headed(members{"alg": []string{"ES256"}}), malformed},
		"alg none":                               {f.headed(members{"alg": "none"}), algorithm},
		"alg none with an empty signature":       {f.unproven(members{"alg": "none"}, nil), malformed},
		"alg None":                               {f.headed(members{"alg": "None"}), algorithm},
		"alg nOnE with one byte as signature":    {f.unproven(members{"alg": "nOnE"}, []byte{0}), algorithm},
		"alg empty":                              {f.headed(members{"alg": ""}), algorithm},
		"alg es256":                              {f.headed(members{"alg": "es256"}), algorithm},
		"alg ES256K":                             {f.headed(members{"alg": "ES256K"}), algorithm},
		"alg RS256 for an EC key":                {f.headed(members{"alg": "RS256"}), algorithm},
		"alg ES384 for a P-256 key":              {f.headed(members{"alg": "ES384"}), algorithm},
		"alg EdDSA for an EC key":                {f.headed(members{"alg": "EdDSA"}), algorithm},
		"HS256 keyed with the public key":        {hs("HS256", jwt.SigningMethodHS256, spki), algorithm},
		"HS256 keyed with the public key as PEM": {hs("HS256", jwt.SigningMethodHS256, []byte(publicKey(t, &f.key.PublicKey).PublicKey)), algorithm},
		"HS384 keyed with the key id":            {hs("HS384", jwt.SigningMethodHS384, []byte(f.kid)), algorithm},
		"HS512 keyed with nothing":               {hs("HS512", jwt.SigningMethodHS512, []byte{0}), algorithm},
		"HMAC that calls itself ES256":           {hs("ES256", jwt.SigningMethodHS512, spki), wrong},
		"jwk in the header":                      {f.headed(members{"jwk": members{"kty": "EC"}}), malformed},
		"jku in the header":                      {f.headed(members{"jku": "https://attacker.example/keys"}), malformed},
		"x5u in the header":                      {f.headed(members{"x5u": "https://attacker.example/cert"}), malformed},
		"x5c in the header":                      {f.headed(members{"x5c": []string{"MII"}}), malformed},
		"crit in the header":                     {f.headed(members{"crit": []string{"exp"}}), malformed},
		"b64 in the header":                      {f.headed(members{"b64": false}), malformed},
		"zip in the header":                      {f.headed(members{"zip": "DEF"}), malformed},
		"jwk that is null":                       {f.headed(members{"jwk": nil}), malformed},
		"kid of no key":                          {f.headed(members{"kid": strings.Repeat("0", 64)}), muster.ReasonJWTKeyUnknown},
		"kid of another device's key, and signed by it": {
			sign(f.header(members{"kid": keyID(t, &f.other.PublicKey)}), f.claims(nil), jwt.SigningMethodES256, f.other), muster.ReasonJWTKeyUnknown,
		},
		"kid that is a path":                    {f.headed(members{"kid": "../../dev/null"}), muster.ReasonJWTKeyUnknown},
		"kid that is a query":                   {f.headed(members{"kid": "' OR 1=1 --"}), muster.ReasonJWTKeyUnknown},
		"kid that is a number":                  {f.headed(members{"kid": 1}), malformed},
		"kid that is empty":                     {f.headed(members{"kid": ""}), malformed},
		"signed by another device":              {sign(f.header(nil), f.claims(nil), jwt.SigningMethodES256, f.other), wrong},
		"signed by another device, without kid": {sign(f.header(members{"kid": gone{}}), f.claims(nil), jwt.SigningMethodES256, f.other), wrong},
		"claims changed after signing":          {parts[0] + "." + part(f.claims(members{"exp": at(23 * hour)})) + "." + parts[2], wrong},
		"header changed after signing":          {part(f.header(members{"typ": "jwt"})) + "." + parts[1] + "." + parts[2], wrong},
		"one bit of r changed":                  {f.unproven(nil, flip(signature, 0)), wrong},
		"one bit of s changed":                  {f.unproven(nil, flip(signature, 63)), wrong},
		"r and s swapped":                       {f.unproven(nil, swapped), wrong},
		"r and s zero":                          {f.unproven(nil, make([]byte, 64)), wrong},
		"r zero":                                {f.unproven(nil, append(make([]byte, 32), signature[32:]...)), wrong},
		"s zero":                                {f.unproven(nil, append(slices.Clone(signature[:32]), make([]byte, 32)...)), wrong},
		"r and s the group's order":             {f.unproven(nil, append(slices.Clone(n), n...)), wrong},
		"s the group's order":                   {f.unproven(nil, append(slices.Clone(signature[:32]), n...)), wrong},
		"r and s all ones":                      {f.unproven(nil, slices.Repeat([]byte{0xff}, 64)), wrong},
		"signature of one byte":                 {f.unproven(nil, []byte{1}), wrong},
		"signature cut short":                   {f.unproven(nil, signature[:63]), wrong},
		"signature with a zero before it":       {f.unproven(nil, append([]byte{0}, signature...)), wrong},
		"signature as ASN.1":                    {f.unproven(nil, der()), wrong},
		"signature twice":                       {f.unproven(nil, append(slices.Clone(signature), signature...)), wrong},
		"claims that are not JSON":              {f.raw("", "exp=1"), malformed},
		"claims that are a list":                {f.raw("", "[]"), malformed},
		"claims with exp twice":                 {f.raw("", fmt.Sprintf(`{"iat":%d,"exp":%d,"exp":%d,"aud":"https://akenza.io/devices/sensor"}`, at(0), at(-hour), at(hour))), malformed},
		"claims with a name twice further down": {f.raw("", `{"x":{"a":1,"a":2}}`), malformed},
		"no exp":                                {f.good(members{"exp": gone{}}), malformed},
		"no iat":                                {f.good(members{"iat": gone{}}), malformed},
		"exp as text":                           {f.good(members{"exp": fmt.Sprint(at(hour))}), malformed},
		"exp null":                              {f.good(members{"exp": nil}), malformed},
		"exp negative":                          {f.good(members{"exp": -1}), malformed},
		"exp beyond every calendar":             {f.raw("", `{"iat":1,"exp":1e300,"aud":"https://akenza.io/devices/sensor"}`), malformed},
		"exp beyond every number":               {f.raw("", `{"iat":1,"exp":1e999,"aud":"https://akenza.io/devices/sensor"}`), malformed},
		"exp in milliseconds":                   {f.good(members{"exp": now.Add(hour).UnixMilli()}), malformed},
		"exp before iat":                        {f.good(members{"exp": at(-time.Second)}), malformed},
		"exp equal to iat":                      {f.good(members{"exp": at(0)}), malformed},
		"nbf as text":                           {f.good(members{"nbf": "0"}), malformed},
		"expired beyond the skew":               {f.good(members{"iat": at(-hour), "exp": at(-10 * time.Minute)}), muster.ReasonJWTExpired},
		"of 1970":                               {f.good(members{"iat": 0, "exp": 1200}), muster.ReasonJWTExpired},
		"issued in the future":                  {f.good(members{"iat": at(11 * time.Minute), "exp": at(hour)}), muster.ReasonJWTClockSkew},
		"not before the future":                 {f.good(members{"nbf": at(11 * time.Minute)}), muster.ReasonJWTClockSkew},
		"valid for too long":                    {f.good(members{"exp": at(24*hour + 10*time.Minute + time.Second)}), muster.ReasonJWTLifetimeTooLong},
		"valid for ten years":                   {f.good(members{"exp": at(87600 * hour)}), muster.ReasonJWTLifetimeTooLong},
		"issued long ago, valid until soon":     {f.good(members{"iat": at(-48 * hour)}), muster.ReasonJWTLifetimeTooLong},
		"no aud":                                {f.good(members{"aud": gone{}}), audience},
		"aud null":                              {f.good(members{"aud": nil}), audience},
		"aud a number":                          {f.good(members{"aud": 1}), audience},
		"aud empty":                             {f.good(members{"aud": ""}), audience},
		"aud an empty list":                     {f.good(members{"aud": []string{}}), audience},
		"aud of two, the right one first":       {f.good(members{"aud": []string{"https://akenza.io/devices/sensor", "https://elsewhere.example"}}), audience},
		"aud a list in a list":                  {f.good(members{"aud": [][]string{{"https://akenza.io/devices/sensor"}}}), audience},
		"aud an object":                         {f.good(members{"aud": members{"0": "https://akenza.io/devices/sensor"}}), audience},
		"aud of another device":                 {f.good(members{"aud": "https://akenza.io/devices/other"}), audience},
		"aud with a longer name":                {f.good(members{"aud": "https://akenza.io/devices/sensor2"}), audience},
		"aud with a slash behind it":            {f.good(members{"aud": "https://akenza.io/devices/sensor/"}), audience},
		"aud in capitals":                       {f.good(members{"aud": "HTTPS://AKENZA.IO/DEVICES/SENSOR"}), audience},
		"aud with the wrong scheme":             {f.good(members{"aud": "http://akenza.io/devices/sensor"}), audience},
		"aud of another server":                 {f.good(members{"aud": "https://akenza.io.attacker.example/devices/sensor"}), audience},
		"aud that is the template":              {f.good(members{"aud": muster.AkenzaAudience}), audience},
		"sub of another device":                 {f.good(members{"sub": "other"}), muster.ReasonJWTSubjectMismatch},
		"sub empty":                             {f.good(members{"sub": ""}), muster.ReasonJWTSubjectMismatch},
		"sub null":                              {f.good(members{"sub": nil}), malformed},
	}
	return rows
}

// nextLetter returns the base64 letter after c, which in the last place of 64 bytes sets bits that belong to no byte.
func nextLetter(c byte) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return letters[strings.IndexByte(letters, c)+1:][:1]
}

func keyID(t *testing.T, key crypto.PublicKey) string {
	t.Helper()
	e := publicKey(t, key)
	id, err := e.ID()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestHostileTokens(t *testing.T) {
	f := newForge(t)
	rows := f.hostileTokens(t)
	if len(rows) < 80 {
		t.Errorf("only %d tokens", len(rows))
	}
	for name, c := range rows {
		t.Run(name, func(t *testing.T) {
			_, err := f.judge(t, "sensor", c.token)
			if err == nil {
				t.Fatal("let in")
			}
			if muster.ReasonOf(err) != c.reason {
				t.Errorf("got %q (%v), want %q", muster.ReasonOf(err), err, c.reason)
			}
		})
	}
	if _, err := f.judge(t, "other", f.good(nil)); muster.ReasonOf(err) != muster.ReasonJWTKeyUnknown {
		t.Errorf("one device's token under another's client id: %v", err)
	}
}

func FuzzToken(f *testing.F) {
	forge := newForge(f)
	good := forge.good(nil)
	f.Add(good)
	f.Add(forge.unproven(nil, make([]byte, 64)))
	f.Add("e30.e30.AA")
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := forge.judge(t, "sensor", token); err == nil && token != good {
			t.Errorf("let in: %q", token)
		}
	})
}
