package httpd

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"muster"
)

func TestWhoAsksForACertificateSaysSoInAHeader(t *testing.T) {
	for name, c := range map[string]struct {
		path, header string
		want         muster.Hello
	}{
		"user name and password":        {EnrolPrefix + "simpleenroll", "Basic a2V5OnNlY3JldA==", muster.Hello{Username: "key", Password: "secret"}},
		"a token as the password":       {EnrolPrefix + "simpleenroll", "Basic OnNlY3JldA==", muster.Hello{Token: "secret"}},
		"a token as a bearer":           {EnrolPrefix + "p/simpleenroll", "bearer secret", muster.Hello{Token: "secret"}},
		"nothing":                       {EnrolPrefix + "simpleenroll", "", muster.Hello{}},
		"something else":                {EnrolPrefix + "simpleenroll", "Digest x", muster.Hello{}},
		"elsewhere nobody looks for it": {Prefix + "telemetry", "Basic a2V5OnNlY3JldA==", muster.Hello{}},
	} {
		t.Run(name, func(t *testing.T) {
			d := &script{}
			r := httptest.NewRequest(http.MethodPost, c.path, http.NoBody)
			r.Header.Set("Authorization", c.header)
			ask(t, d, Options{}, r)
			if d.hello.Username != c.want.Username || d.hello.Password != c.want.Password || d.hello.Token != c.want.Token {
				t.Errorf("%+v", d.hello)
			}
		})
	}
}

func TestAStrangerWhoAsksForACertificateIsToldHowToSayWhoItIs(t *testing.T) {
	d := &script{err: muster.Refuse(muster.ReasonTokenUnknown, ""), answer: muster.Message{Type: "text/plain", Body: []byte("no\n")}}
	a := ask(t, d, Options{}, httptest.NewRequest(http.MethodPost, EnrolPrefix+"simpleenroll", http.NoBody))
	if a.StatusCode != http.StatusUnauthorized || a.Header.Get("Www-Authenticate") == "" || a.Header.Get("Content-Type") != "text/plain" {
		t.Errorf("%d, %v", a.StatusCode, a.Header)
	}
	d = &script{answer: muster.Message{Type: "application/csrattrs", Body: []byte("MAA=\n")}}
	a = ask(t, d, Options{}, httptest.NewRequest(http.MethodGet, EnrolPrefix+"csrattrs", http.NoBody))
	if a.StatusCode != http.StatusOK || a.Header.Get("Content-Transfer-Encoding") != "base64" || a.Header.Get("Content-Type") != "application/csrattrs" {
		t.Errorf("%d, %v", a.StatusCode, a.Header)
	}
}
