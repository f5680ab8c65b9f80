package admin

import (
	"net/http"
	"strings"
	"time"

	"muster"
	"muster/internal/people"
)

// cookieName is what the cookie of a login is called. Over TLS its name keeps other hosts of the domain, and pages that were
// not served over TLS, from setting it.
func cookieName(secure bool) string {
	if secure {
		return "__Host-muster"
	}
	return "muster"
}

// markName is what the cookie is called that a browser keeps after it was signed out.
func markName(secure bool) string { return cookieName(secure) + "-known" }

// cookies sign a browser in, and mark it.
func cookies(secure bool, s people.SignedIn) []*http.Cookie {
	return []*http.Cookie{
		newCookie(secure, cookieName(secure), s.Cookie, muster.LoginTime),
		newCookie(secure, markName(secure), s.Mark, people.MarkTime),
	}
}

func newCookie(secure bool, name string, value muster.Secret, age time.Duration) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: value.Reveal(), Path: "/", MaxAge: int(age / time.Second), Secure: secure, HttpOnly: true,
		SameSite: http.SameSiteStrictMode,
	}
}

// endedCookie signs a browser out.
func endedCookie(secure bool) *http.Cookie {
	return newCookie(secure, cookieName(secure), "", -time.Second)
}

// signInBy answers with the cookies of who has signed in.
func signInBy(w http.ResponseWriter, r *http.Request, s people.SignedIn) {
	for _, c := range cookies(visitorOf(r.Context()).secure, s) {
		http.SetCookie(w, c)
	}
}

// secure reports whether a browser speaks TLS, with the server or with the proxy before it. A client that only says so gets
// a cookie that it does not send back.
func secure(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}
