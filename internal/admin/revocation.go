package admin

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"muster"
	"muster/internal/issuer"
)

// Where it is told, to everybody, which certificates are revoked, and whose they are.
const (
	CRLPrefix    = issuer.CRLPath
	OCSPPath     = issuer.OCSPPath
	IssuerPrefix = issuer.IssuerPath
)

// toldFor is how long caches may tell others what they were told.
const toldFor = time.Minute

// Revocations returns the handler of /crl/ID.crl, of /ocsp and of /ca/ID.crt, for whoever checks certificates of the authority. It is to be
// given paths as they were sent: the base64 of a question may hold two slashes on end.
func Revocations(a *issuer.Authority) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, ok := strings.CutPrefix(r.URL.Path, CRLPrefix); ok {
			serveCRL(w, r, a, name)
			return
		}
		if name, ok := strings.CutPrefix(r.URL.Path, IssuerPrefix); ok {
			serveIssuer(w, r, a, name)
			return
		}
		serveOCSP(w, r, a)
	})
}

// readable returns what a file is named before its suffix, and refuses whoever asks for another one or does not read.
func readable(w http.ResponseWriter, r *http.Request, file, suffix string) (name string, ok bool) {
	name, ok = strings.CutSuffix(file, suffix)
	switch {
	case !ok:
		writeProblem(w, muster.Refuse(muster.ReasonNotFound, ""))
		return "", false
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		writeProblem(w, newProblem(http.StatusMethodNotAllowed, muster.ReasonMethodNotAllowed, "it is read with GET"))
		return "", false
	}
	return name, true
}

func serveCRL(w http.ResponseWriter, r *http.Request, a *issuer.Authority, name string) {
	name, ok := readable(w, r, name, ".crl")
	if !ok {
		return
	}
	list, err := a.CRL(r.Context(), name)
	if err != nil {
		writeProblem(w, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/pkix-crl") // RFC 2585, 4.2
	h.Set("ETag", `"`+strconv.FormatInt(list.Number, 10)+`"`)
	h.Set("Last-Modified", list.ThisUpdate.UTC().Format(http.TimeFormat))
	h.Set("Cache-Control", "public, max-age="+strconv.Itoa(int(toldFor.Seconds())))
	if r.Header.Get("If-None-Match") == h.Get("ETag") {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(list.DER)))
	_, _ = w.Write(list.DER) // the client is gone; there is nobody to tell
}

func serveIssuer(w http.ResponseWriter, r *http.Request, a *issuer.Authority, name string) {
	name, ok := readable(w, r, name, ".crt")
	if !ok {
		return
	}
	der, err := a.IssuerCertificate(name)
	if err != nil {
		writeProblem(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/pkix-cert") // RFC 2585, 4.1
	w.Header().Set("Cache-Control", "public, max-age="+strconv.Itoa(int(toldFor.Seconds())))
	_, _ = w.Write(der) // the client is gone; there is nobody to tell
}

// serveOCSP answers a question that comes as the body of a POST, or as base64 behind the path of a GET (RFC 6960, A.1).
func serveOCSP(w http.ResponseWriter, r *http.Request, a *issuer.Authority) {
	var question []byte
	var err error
	switch r.Method {
	case http.MethodPost:
		question, err = io.ReadAll(io.LimitReader(r.Body, issuer.MaxOCSPRequest+1))
	case http.MethodGet, http.MethodHead:
		question, err = questionIn(r.URL.EscapedPath())
		w.Header().Set("Cache-Control", "public, max-age="+strconv.Itoa(int(toldFor.Seconds())))
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		writeProblem(w, newProblem(http.StatusMethodNotAllowed, muster.ReasonMethodNotAllowed, "OCSP is asked with GET or POST"))
		return
	}
	if err != nil {
		question = nil // which is malformed, and told so
	}
	w.Header().Set("Content-Type", "application/ocsp-response")
	_, _ = w.Write(a.OCSP(r.Context(), question)) // the client is gone; there is nobody to tell
}

func questionIn(path string) ([]byte, error) {
	text, err := url.PathUnescape(strings.TrimPrefix(strings.TrimPrefix(path, OCSPPath), "/"))
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(text)
}
