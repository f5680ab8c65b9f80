package revocation

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"muster"
)

// answer signs what is said of a certificate that above has issued.
func (a *authority) answer(above *authority, of *x509.Certificate, says ocsp.Response) []byte {
	a.t.Helper()
	says.SerialNumber = of.SerialNumber
	if says.ThisUpdate.IsZero() {
		says.ThisUpdate, says.NextUpdate = noon.Add(-time.Minute), noon.Add(time.Hour)
	}
	if a != above {
		says.Certificate = a.cert
	}
	der, err := ocsp.CreateResponse(above.cert, a.cert, says, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return der
}

// responder returns one whom the authority has named for answers, or for something else.
func (a *authority) responder(use x509.ExtKeyUsage) *authority {
	return a.sign(&x509.Certificate{SerialNumber: big.NewInt(99), Subject: pkix.Name{CommonName: "Responder"}, ExtKeyUsage: []x509.ExtKeyUsage{use}})
}

func TestAnAnswerIsBelievedIfItIsToTheQuestionAndSignedByWhomTheIssuerNames(t *testing.T) {
	root, twin, other := newRoot(t, "Plant"), newRoot(t, "Plant"), newRoot(t, "Other")
	leaf := root.device(5)[0]
	named := root.responder(x509.ExtKeyUsageOCSPSigning)
	good := ocsp.Response{Status: ocsp.Good}
	at := func(made, next time.Duration) ocsp.Response {
		return ocsp.Response{Status: ocsp.Good, ThisUpdate: noon.Add(made), NextUpdate: noon.Add(next)}
	}
	q, err := newQuestion(leaf, root.cert, "http://ocsp.example")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		text     []byte
		believed bool
		want     status
	}{
		"good":                               {root.answer(root, leaf, good), true, statusGood},
		"revoked":                            {root.answer(root, leaf, ocsp.Response{Status: ocsp.Revoked, RevokedAt: noon}), true, statusRevoked},
		"unknown":                            {root.answer(root, leaf, ocsp.Response{Status: ocsp.Unknown}), true, statusUnknown},
		"by a responder that is named":       {named.answer(root, leaf, good), true, statusGood},
		"by one that is named for clients":   {root.responder(x509.ExtKeyUsageClientAuth).answer(root, leaf, good), false, 0},
		"by one whom another has named":      {other.responder(x509.ExtKeyUsageOCSPSigning).answer(root, leaf, good), false, 0},
		"by one whom a twin has named":       {twin.responder(x509.ExtKeyUsageOCSPSigning).answer(root, leaf, good), false, 0},
		"by a key that nobody has named":     {twin.answer(twin, leaf, good), false, 0},
		"about another certificate":          {root.answer(root, root.device(6)[0], good), false, 0},
		"about the number of another issuer": {named.answer(other, leaf, good), false, 0},
		"without a date of the next":         {root.answer(root, leaf, ocsp.Response{Status: ocsp.Good, ThisUpdate: noon}), true, statusGood},
		"past its date":                      {root.answer(root, leaf, at(-2*time.Hour, -time.Hour)), false, 0},
		"of the future":                      {root.answer(root, leaf, at(time.Hour, 2*time.Hour)), false, 0},
		"by a clock that is a little ahead":  {root.answer(root, leaf, at(time.Minute, time.Hour)), true, statusGood},
		"no time":                            {ocsp.TryLaterErrorResponse, false, 0},
		"noise":                              {[]byte("noise"), false, 0},
		"nothing":                            {nil, false, 0},
		"whole, and something behind it":     {append(root.answer(root, leaf, good), 0), false, 0},
		"changed on the way": {bytes.Replace(root.answer(root, leaf, ocsp.Response{Status: ocsp.Revoked, RevokedAt: noon}),
			[]byte("20261201"), []byte("20261202"), 1), false, 0},
	} {
		s, _, err := q.read(test.text, nil, noon)
		if (err == nil) != test.believed || err == nil && s.status != test.want {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
	if _, _, err := q.read(named.answer(root, leaf, at(999*time.Hour, 1002*time.Hour)), nil, noon.Add(1001*time.Hour)); err == nil {
		t.Error("a responder that has expired is believed")
	}
}

// withNonce signs an answer again, with the value of a nonce in it.
func (a *authority) withNonce(answer, nonce []byte) []byte {
	a.t.Helper()
	type basic struct {
		TBS       asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}
	type bytes struct {
		Type asn1.ObjectIdentifier
		Body []byte
	}
	type response struct {
		Status asn1.Enumerated
		Bytes  bytes `asn1:"explicit,tag:0"`
	}
	var r response
	var b basic
	_, err := asn1.Unmarshal(answer, &r)
	if err == nil {
		_, err = asn1.Unmarshal(r.Bytes.Body, &b)
	}
	more, wrong := asn1.MarshalWithParams([]pkix.Extension{{Id: nonceID, Value: nonce}}, "explicit,tag:1")
	b.TBS.Bytes, b.TBS.FullBytes = append(b.TBS.Bytes, more...), nil
	tbs, bad := asn1.Marshal(b.TBS)
	b.TBS.FullBytes = tbs
	digest := sha256.Sum256(tbs)
	signature, unsigned := a.key.Sign(rand.Reader, digest[:], crypto.SHA256)
	b.Signature = asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}
	body, odd := asn1.Marshal(b)
	r.Bytes.Body = body
	text, last := asn1.Marshal(r)
	if err := errors.Join(err, wrong, bad, unsigned, odd, last); err != nil {
		a.t.Fatal(err)
	}
	return text
}

func TestAnAnswerWithTheNonceOfAnotherQuestionIsRefusedAndOneWithoutIsNot(t *testing.T) {
	root := newRoot(t, "Plant")
	leaf := root.device(5)[0]
	q, err := newQuestion(leaf, root.cert, "http://ocsp.example")
	if err != nil {
		t.Fatal(err)
	}
	mine, other, without := newNonce(), newNonce(), root.answer(root, leaf, ocsp.Response{Status: ocsp.Good})
	for name, test := range map[string]struct {
		text     []byte
		believed bool
	}{
		"without one":            {without, true},
		"with that which it had": {root.withNonce(without, mine), true},
		"with another":           {root.withNonce(without, other), false},
		"with a part of it":      {root.withNonce(without, mine[:20]), false},
		"with nothing":           {root.withNonce(without, nil), false},
	} {
		if _, _, err := q.read(test.text, mine, noon); (err == nil) != test.believed {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAQuestionHasANonceOfItsOwnAndIsReadAsTheOneWithout(t *testing.T) {
	root := newRoot(t, "Plant")
	leaf := root.device(5)[0]
	q, err := newQuestion(leaf, root.cert, "http://ocsp.example")
	if err != nil {
		t.Fatal(err)
	}
	nonce := newNonce()
	var value []byte
	if rest, err := asn1.Unmarshal(nonce, &value); err != nil || len(rest) > 0 || len(value) != nonceSize || bytes.Equal(nonce, newNonce()) {
		t.Errorf("nonce %x, %v", nonce, err)
	}
	sent, err := q.write(nonce)
	if err != nil || !bytes.Contains(sent, nonce) {
		t.Fatalf("sent %x, %v", sent, err)
	}
	read, err := ocsp.ParseRequest(sent)
	if err != nil {
		t.Fatal(err)
	}
	want, err := ocsp.CreateRequest(leaf, root.cert, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := read.Marshal(); err != nil || !bytes.Equal(got, want) {
		t.Errorf("read as %x, %v", got, err)
	}
}

func TestAResponderIsTheOneThatIsNamed(t *testing.T) {
	root := newRoot(t, "Plant")
	naming := func(all ...string) *x509.Certificate {
		return root.sign(&x509.Certificate{SerialNumber: big.NewInt(5), OCSPServer: all}).cert
	}
	for name, test := range map[string]struct {
		leaf       *x509.Certificate
		from, want string
	}{
		"by the profile":          {naming("http://leaf.example"), "http://profile.example/ocsp", "http://profile.example/ocsp"},
		"by the certificate":      {naming("ldap://x", "http://a@b/", "https://leaf.example/"), muster.OCSPFromCertificate, "https://leaf.example/"},
		"by nobody":               {naming(), muster.OCSPFromCertificate, ""},
		"by what cannot be asked": {naming("file:///etc/passwd", "http:///"), muster.OCSPFromCertificate, ""},
		"by what cannot be shown": {naming("http://leaf.example/\xff"), muster.OCSPFromCertificate, ""},
	} {
		q, err := newQuestion(test.leaf, root.cert, test.from)
		if (err == nil) != (test.want != "") || err == nil && q.url != test.want {
			t.Errorf("%s: %+v, %v", name, q, err)
		}
	}
}

func FuzzReadAnswer(f *testing.F) {
	t := new(testing.T)
	root := newRoot(t, "Plant")
	leaf := root.device(5)[0]
	q, err := newQuestion(leaf, root.cert, "http://ocsp.example")
	if err != nil {
		f.Fatal(err)
	}
	stranger := newRoot(t, "Plant")
	f.Add(stranger.answer(stranger, leaf, ocsp.Response{Status: ocsp.Good}))
	f.Add(stranger.responder(x509.ExtKeyUsageOCSPSigning).answer(root, leaf, ocsp.Response{Status: ocsp.Revoked, RevokedAt: noon}))
	f.Add([]byte{0x30, 3, 10, 1, 3})
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, _, err := q.read(text, nil, noon); err == nil {
			t.Error("an answer that nobody has signed is believed")
		}
		_ = q.answeredBy(text, nil)
	})
}
