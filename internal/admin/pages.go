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

// pages are some pages for a browser, which have a style in common. There is no script in them and none may run.
type pages struct {
	templates *template.Template
	policy    string
}

// A page is what a template shows.
type page struct {
	Style       template.CSS
	Token       string
	Name        string
	Why, Reason string
}

func newPages(html, css string) *pages {
	sum := sha256.Sum256([]byte(css))
	return &pages{
		templates: template.Must(template.New("pages").Parse(html)),
		policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
			"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
	}
}

func (p *pages) write(w http.ResponseWriter, status int, name string, show page) {
	show.Style = template.CSS(pagesCSS) //nolint:gosec // our own
	text, err := p.render(name, show)
	if err != nil {
		http.Error(w, muster.ReasonInternal.Title(), http.StatusInternalServerError)
		return
	}
	p.send(w, status, text)
}

// render returns a page.
func (p *pages) render(name string, show any) ([]byte, error) {
	var text bytes.Buffer
	err := p.templates.ExecuteTemplate(&text, name, show)
	return text.Bytes(), err
}

// send answers with a page that was rendered.
func (p *pages) send(w http.ResponseWriter, status int, text []byte) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", p.policy)
	w.WriteHeader(status)
	_, _ = w.Write(text) // the client is gone; there is nobody to tell
}

func (a *api) servePages(mux *http.ServeMux) {
	p := newPages(pagesHTML, pagesCSS)
	a.serveProvider(mux, p)
	if a.Console != nil {
		mux.Handle("/", a.Console)
		return
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { p.write(w, http.StatusOK, "home", page{}) })
	// The token is only spent by the form: what looks a link up in advance does not use it up.
	mux.HandleFunc("GET /setup", func(w http.ResponseWriter, r *http.Request) {
		p.write(w, http.StatusOK, "setup", page{Token: r.URL.Query().Get("token")})
	})
	mux.Handle("POST /setup", a.visited(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.setUpByForm(p, w, r) })))
}

// setUpByForm makes the first admin of what the setup page has sent. Where another name or password may do, it asks again.
func (a *api) setUpByForm(p *pages, w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	show := page{Token: r.PostFormValue("token"), Name: r.PostFormValue("name")}
	s, err := a.People.SetUp(ctx, muster.Secret(show.Token), attempt(ctx, show.Name, r.PostFormValue("password")))
	if err == nil {
		signInBy(w, r, s)
		p.write(w, http.StatusOK, "made", page{Name: s.User.Name})
		return
	}
	told := a.tell(ctx, "set-up", a.counted(ctx, err))
	show.Why, show.Reason = told.Detail, told.Reason
	switch muster.KindOf(err) {
	case muster.Invalid, muster.Conflict:
		p.write(w, told.Status, "setup", show)
	default:
		p.write(w, told.Status, "refused", show)
	}
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
