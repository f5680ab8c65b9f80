package web

import (
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// console returns a console with a page, a script and a picture.
func console(t *testing.T) *Console {
	t.Helper()
	c := newConsole(fstest.MapFS{
		"dist/index.html":             {Data: []byte(`<meta name="nonce" content="{{nonce}}"><style nonce="{{nonce}}"></style>`)},
		"dist/placeholder.html":       {Data: []byte("nothing")},
		"dist/assets/index-abc.js":    {Data: []byte("let it = 'be'")},
		"dist/assets/index-abc.js.gz": {Data: []byte("squeezed")},
		"dist/assets/dot-abc.svg":     {Data: []byte("<svg/>")},
	})
	if c == nil {
		t.Fatal("no console")
	}
	return c
}

func get(c *Console, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	return w
}

func TestWithoutABuildThereIsNoConsole(t *testing.T) {
	if newConsole(fstest.MapFS{"dist/placeholder.html": {Data: []byte("nothing")}}) != nil {
		t.Error("there is one")
	}
}

func TestEveryPageHasANonceOfItsOwn(t *testing.T) {
	c := console(t)
	seen := map[string]bool{}
	for _, path := range []string{"/", "/devices", "/devices/pump.1", "/setup?token=mst_once", "/placeholder.html"} {
		w := get(c, path, "Accept", "text/html,*/*;q=0.8")
		nonce := regexp.MustCompile(`nonce-([A-Z0-9]{20,})'`).FindStringSubmatch(w.Header().Get("Content-Security-Policy"))
		if w.Code != 200 || nonce == nil {
			t.Fatalf("%s: %d, policy %q", path, w.Code, w.Header().Get("Content-Security-Policy"))
		}
		if strings.Count(w.Body.String(), nonce[1]) != 2 || seen[nonce[1]] {
			t.Errorf("%s: the page does not bear its nonce, or another page did: %s", path, w.Body)
		}
		seen[nonce[1]] = true
		for _, forbidden := range []string{"unsafe", "http:", "https:", "*"} {
			if policy := w.Header().Get("Content-Security-Policy"); strings.Contains(policy, forbidden) {
				t.Errorf("%s: the policy allows %s: %s", path, forbidden, policy)
			}
		}
	}
}

func TestFilesAreKeptForEver(t *testing.T) {
	c := console(t)
	for _, tc := range []struct{ path, accepts, text, encoding, kind string }{
		{"/assets/index-abc.js", "br, gzip", "squeezed", "gzip", "text/javascript; charset=utf-8"},
		{"/assets/index-abc.js", "identity", "let it = 'be'", "", "text/javascript; charset=utf-8"},
		{"/assets/dot-abc.svg", "gzip", "<svg/>", "", "image/svg+xml"},
	} {
		w := get(c, tc.path, "Accept-Encoding", tc.accepts)
		h := w.Header()
		if w.Body.String() != tc.text || h.Get("Content-Encoding") != tc.encoding || h.Get("Content-Type") != tc.kind {
			t.Errorf("%s for %s: %q, %v", tc.path, tc.accepts, w.Body, h)
		}
		if !strings.Contains(h.Get("Cache-Control"), "immutable") || h.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: %v", tc.path, h)
		}
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	c := console(t)
	for path, accept := range map[string]string{
		"/assets/index-old.js": "text/html", // of a build before: a page in its place would be run as a script
		"/assets/":             "text/html",
		"/assets/../web.go":    "text/html",
		"/favicon.ico":         "image/*",
		"/devices":             "application/json",
	} {
		if w := get(c, path, "Accept", accept); w.Code != 404 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	w := httptest.NewRecorder()
	c.ServeHTTP(w, httptest.NewRequest("POST", "/setup", nil))
	if w.Code != 405 || w.Header().Get("Allow") == "" {
		t.Errorf("a POST is answered with %d", w.Code)
	}
}
