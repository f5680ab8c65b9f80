package admin

import (
	"context"
	"net/http"
	"net/netip"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"muster"
)

// A visitor is who sends a request, before it is known who it is.
type visitor struct {
	remote netip.Addr
	agent  string        // what the browser calls itself
	secure bool          // the browser speaks TLS
	cookie muster.Secret // that the browser is signed in by; empty: none
	mark   muster.Secret // that it keeps since it was signed in before; empty: none
}

type visitorKey struct{}

func visitorOf(ctx context.Context) visitor {
	v, _ := ctx.Value(visitorKey{}).(visitor)
	return v
}

// visited hands requests on with their visitor. What a browser sends for a page of another site changes nothing here,
// unless it bears a token, which browsers do not add by themselves.
func (a *api) visited(next http.Handler) http.Handler {
	var origins http.CrossOriginProtection
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if bearer(r) == "" && origins.Check(r) != nil {
			writeProblem(w, muster.Refuse(muster.ReasonOtherSite, ""))
			return
		}
		v := visitor{remote: addressOf(r.RemoteAddr), agent: r.UserAgent(), secure: secure(r)}
		v.cookie, v.mark = cookie(r, cookieName(v.secure)), cookie(r, markName(v.secure))
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), visitorKey{}, v)))
	})
}

// authenticated lets requests through that bear a live API token or the cookie of a login. An address that failed too often
// with tokens is told so, and a right token is let in from there all the same: a stranger cannot lock an owner out.
func (a *api) authenticated(next http.Handler) http.Handler {
	return a.visited(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := visitorOf(r.Context())
		actor, err := a.recognise(r, v)
		switch {
		case err == nil:
			ctx, stop := a.watched(r, v, actor)
			defer stop()
			next.ServeHTTP(w, r.WithContext(ctx))
		case muster.KindOf(err) != muster.Unknown:
			writeProblem(w, a.tell(r.Context(), "authenticate", err))
		case muster.ReasonOf(err) == muster.ReasonLoginOver:
			http.SetCookie(w, endedCookie(v.secure))
			writeProblem(w, err)
		case !a.failures.allow(v.remote):
			writeProblem(w, muster.Refuse(muster.ReasonRateLimited, ""))
		default:
			w.Header().Set("WWW-Authenticate", `Bearer realm="muster"`)
			writeProblem(w, err)
		}
	}))
}

func cookie(r *http.Request, name string) muster.Secret {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return muster.Secret(c.Value)
}

// recognise returns who sends a request: whose token it bears, or else who is signed in by its cookie.
func (a *api) recognise(r *http.Request, v visitor) (muster.Actor, error) {
	if token := bearer(r); token != "" || v.cookie == "" {
		return a.People.CheckToken(r.Context(), token, v.remote)
	}
	return a.People.CheckLogin(r.Context(), v.cookie, v.remote)
}

// bearer returns the token that a request bears.
func bearer(r *http.Request) muster.Secret {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return muster.Secret(strings.TrimSpace(token))
}

// roleExtension is where the OpenAPI document says which role an operation needs.
const roleExtension = "x-role"

// barred refuses those whose role does not allow the operation, before anything of their request is read.
func barred(ctx huma.Context) error {
	want, declared := ctx.Operation().Extensions[roleExtension].(muster.Role)
	actor, _ := muster.ActorOf(ctx.Context())
	if declared && actor.Role.Allows(want) {
		return nil
	}
	return muster.Refuse(muster.ReasonRoleTooLow, "this needs the role %s, and %s has the role %s", want, actor.Name, actor.Role)
}
