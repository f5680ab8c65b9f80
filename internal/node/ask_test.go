package node

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestWhereAResponderIsAsked(t *testing.T) {
	within, err := networks("responderNetworks", []string{"10.7.0.0/16", "fd00::/64", "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	for address, may := range map[string]bool{
		"1.1.1.1:80":                  true,
		"[2606:4700::1111]:443":       true,
		"10.7.1.1:80":                 true,
		"[::ffff:10.7.1.1]:80":        true,
		"[fd00::1]:80":                true,
		"127.0.0.1:80":                true,
		"127.0.0.2:80":                false,
		"10.8.1.1:80":                 false,
		"192.168.1.1:80":              false,
		"172.16.0.1:80":               false,
		"169.254.169.254:80":          false,
		"100.64.0.1:80":               false,
		"0.0.0.0:80":                  false,
		"255.255.255.255:80":          false,
		"224.0.0.1:80":                false,
		"[::1]:80":                    false,
		"[::]:80":                     false,
		"[::ffff:127.0.0.2]:80":       false,
		"[::ffff:169.254.169.254]:80": false,
		"[64:ff9b::a9fe:a9fe]:80":     false,
		"[2002:a9fe:a9fe::]:80":       false,
		"[fe80::1%lo]:80":             false,
		"[fd01::1]:80":                false,
		"somewhere:80":                false,
	} {
		if err := mayAsk(address, within); (err == nil) != may {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestAResponderSendsNobodyElsewhere(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect is followed") }))
	defer elsewhere.Close()
	var says http.HandlerFunc
	responder := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { says(w, r) }))
	defer responder.Close()
	within, _ := networks("", []string{"127.0.0.1"})
	open, closed := newAsker(within), newAsker(nil)
	for name, test := range map[string]struct {
		asker *asker
		says  http.HandlerFunc
		want  string // of the error; empty: an answer
	}{
		"an answer": {open, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("answer")) }, ""},
		"a redirect": {open, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		}, "307"},
		"too long":          {open, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 100)) }, "longer"},
		"a private network": {closed, func(http.ResponseWriter, *http.Request) { t.Error("it is asked") }, "not public"},
	} {
		says = test.says
		text, err := test.asker.ask(t.Context(), responder.URL, []byte("question"), 50)
		if test.want == "" && (err != nil || string(text) != "answer") || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}
