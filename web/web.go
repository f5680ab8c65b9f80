// Package web is the console: pages in a browser, made of the public API alone.
//
// Their sources are in src. What they are built to is embedded, and is not part of the repository: without it the package
// has no console, and the server says how to build one.
package web

import (
	"bytes"
	"crypto/rand"
	"embed"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed all:dist
var built embed.FS

// nonceMark stands in index.html where the nonce of a response goes.
const nonceMark = "{{nonce}}"

// A Console serves the pages. It is safe for concurrent use.
type Console struct {
	dist  fs.FS
	index []byte
}

// New returns the console that was built in, or nil.
func New() *Console { return newConsole(built) }

func newConsole(dist fs.FS) *Console {
	dist, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil
	}
	index, err := fs.ReadFile(dist, "index.html")
	if err != nil {
		return nil
	}
	return &Console{dist, index}
}

// ServeHTTP answers with a file of the console or, to a browser that asks for any other page, with the page that finds by
// itself what it shall show.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "a page is only read", http.StatusMethodNotAllowed)
		return
	}
	if strings.HasPrefix(r.URL.Path, "/assets/") {
		c.serveAsset(w, r)
		return
	}
	if r.URL.Path != "/" && !strings.Contains(r.Header.Get("Accept"), "text/html") {
		http.NotFound(w, r)
		return
	}
	nonce := rand.Text()
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy(nonce))
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	if r.Method == http.MethodGet {
		_, _ = w.Write(bytes.ReplaceAll(c.index, []byte(nonceMark), []byte(nonce))) // the client is gone; there is nobody to tell
	}
}

// policy lets a page run the scripts of this server and talk with it, and nothing else. The library of components writes
// style elements as it goes (its variables, and what locks scrolling behind a dialog): they bear the nonce of the response,
// so that no other style element or attribute counts.
func policy(nonce string) string {
	return "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-" + nonce +
		"'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

// serveAsset answers with a file whose name changes with what is in it. The build has put a compressed one beside it where
// that saves something.
func (c *Console) serveAsset(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/")
	text, err := fs.ReadFile(c.dist, name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		if squeezed, err := fs.ReadFile(c.dist, name+".gz"); err == nil {
			h.Set("Content-Encoding", "gzip")
			text = squeezed
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(text)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(text) // the client is gone; there is nobody to tell
	}
}
