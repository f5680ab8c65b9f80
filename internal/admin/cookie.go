package admin

import (
	"net/http"
	"strings"
	"time"

	"muster"
)

// cookieName is what the cookie of a login is called. Over TLS its name keeps other hosts of the domain, and pages that were
// not served over TLS, from setting it.
func cookieName(secure bool) string {
	if secure {
		return "__Host-muster"
	}
	return "muster"
}

// newCookie signs a browser in until then.
func newCookie(secure bool, value muster.Secret, until time.Time) *http.Cookie {
	return &http.Cookie{
		Name: cookieName(secure), Value: value.Reveal(), Path: "/", Expires: until, Secure: secure, HttpOnly: true,
		SameSite: http.SameSiteStrictMode,
	}
}

// endedCookie signs a browser out.
func endedCookie(secure bool) *http.Cookie {
	return &http.Cookie{
		Name: cookieName(secure), Path: "/", MaxAge: -1, Secure: secure, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	}
}

// secure reports whether a browser speaks TLS, with the server or with the proxy before it. A client that only says so gets
// a cookie that it does not send back.
func secure(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}
