package admin

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the pages
	"encoding/base64"
	"html/template"
	"net/http"

	"muster"
)

//go:embed pages.html
var pagesHTML string

//go:embed pages.css
var pagesCSS string

// maxForm bounds the form of the setup page, in bytes.
const maxForm = 4 << 10

// pages are the few pages for a browser. There is no script in them and none may run.
type pages struct {
	templates *template.Template
	policy    string
}

// A page is what a template shows.
type page struct {
	Style       template.CSS
	Token       string
	Why, Reason string
}

func newPages() *pages {
	sum := sha256.Sum256([]byte(pagesCSS))
	return &pages{
		templates: template.Must(template.New("pages").Parse(pagesHTML)),
		policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
			"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
	}
}

func (p *pages) write(w http.ResponseWriter, status int, name string, show page) {
	show.Style = template.CSS(pagesCSS) //nolint:gosec // our own
	var text bytes.Buffer
	if err := p.templates.ExecuteTemplate(&text, name, show); err != nil {
		http.Error(w, muster.ReasonInternal.Title(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", p.policy)
	w.WriteHeader(status)
	_, _ = w.Write(text.Bytes())
}

func (a *api) servePages(mux *http.ServeMux) {
	p := newPages()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { p.write(w, http.StatusOK, "home", page{}) })
	// The token is only spent by the form: what looks a link up in advance does not use it up.
	mux.HandleFunc("GET /setup", func(w http.ResponseWriter, r *http.Request) {
		p.write(w, http.StatusOK, "setup", page{Token: r.URL.Query().Get("token")})
	})
	mux.HandleFunc("POST /setup", func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		token, err := a.Fleet.ExchangeSetupToken(r.Context(), muster.Secret(r.PostFormValue("token")))
		if err == nil {
			p.write(w, http.StatusOK, "made", page{Token: token.Reveal()})
			return
		}
		if muster.KindOf(err) == muster.Unknown && !a.failures.allow(r.RemoteAddr) {
			err = muster.Refuse(muster.ReasonRateLimited, "")
		}
		told := a.tell(r.Context(), "setup", err)
		p.write(w, told.Status, "refused", page{Why: told.Detail, Reason: told.Reason})
	})
}

// guarded sets the headers that keep browsers from doing more with an answer than showing it.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		next.ServeHTTP(w, r)
	})
}
