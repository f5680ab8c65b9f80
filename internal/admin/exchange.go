package admin

import (
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"
)

// verbatim hands a request on with its path as it was sent, so that the mux splits it at the slashes that were written and
// takes no name for a step or a slash; exchange.Param unescapes what it finds.
func verbatim(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.WithContext(r.Context()) // a copy
		asSent := *r.URL
		asSent.Path, asSent.RawPath = r.URL.EscapedPath(), ""
		r.URL = &asSent
		next.ServeHTTP(w, r)
	})
}

// request is a huma.Context under a name that may be embedded: the interface has a method Context.
type request = huma.Context

// An exchange is a request whose path is as it was sent and whose answers keep to the table of kinds.
type exchange struct{ request }

// Param returns a segment of the path.
func (e exchange) Param(name string) string {
	text, err := url.PathUnescape(e.request.Param(name))
	if err != nil {
		return "" // no path that was parsed has such a segment
	}
	return text
}

// SetStatus answers with status, or the one that it is with us.
func (e exchange) SetStatus(status int) { e.request.SetStatus(plainStatus(status)) }
