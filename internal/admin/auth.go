package admin

import (
	"net/http"
	"net/netip"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"golang.org/x/time/rate"

	"muster"
)

// authenticated lets requests through that bear a live API token. An address that failed too often is told so, and a
// right token is let in from there all the same: a stranger cannot lock an owner out.
func (a *api) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			token = ""
		}
		t, err := a.Fleet.CheckAPIToken(r.Context(), muster.Secret(strings.TrimSpace(token)))
		switch {
		case err == nil:
			actor := muster.Actor{Name: "token:" + t.Name, Role: muster.RoleAdmin, Remote: addressOf(r.RemoteAddr)}
			next.ServeHTTP(w, r.WithContext(muster.WithActor(r.Context(), actor)))
		case muster.KindOf(err) != muster.Unknown:
			writeProblem(w, a.tell(r.Context(), "authenticate", err))
		case !a.failures.allow(r.RemoteAddr):
			w.Header().Set("Retry-After", "60")
			writeProblem(w, muster.Refuse(muster.ReasonRateLimited, ""))
		default:
			w.Header().Set("WWW-Authenticate", `Bearer realm="muster"`)
			writeProblem(w, err)
		}
	})
}

// roleExtension is where the OpenAPI document says which role an operation needs.
const roleExtension = "x-role"

// barred answers requests of those whose role does not allow the operation, before anything of them is read.
func (a *api) barred(ctx huma.Context) bool {
	want, declared := ctx.Operation().Extensions[roleExtension].(muster.Role)
	actor, _ := muster.ActorOf(ctx.Context())
	if declared && actor.Role.Allows(want) {
		return false
	}
	_, w := humago.Unwrap(ctx)
	writeProblem(w, muster.Refuse(muster.ReasonRoleTooLow, "this needs the role %s, and %s has the role %s", want, actor.Name, actor.Role))
	return true
}

const (
	failuresAMinute = 60
	maxAddresses    = 4096
)

// failures counts how often addresses fail. An IPv6 client is its /64, because it may use any address in it.
type failures struct {
	mu   sync.Mutex
	seen map[netip.Addr]*rate.Limiter // at most maxAddresses
}

// allow counts one failure of the address that remote, host:port, names and reports whether it has failed no more than
// failuresAMinute times in a minute.
func (f *failures) allow(remote string) bool {
	from := network(remote)
	f.mu.Lock()
	defer f.mu.Unlock()
	l, ok := f.seen[from]
	if !ok {
		if len(f.seen) >= maxAddresses {
			f.makeRoom()
		}
		l = rate.NewLimiter(rate.Limit(failuresAMinute)/60, failuresAMinute)
		f.seen[from] = l
	}
	return l.Allow()
}

// makeRoom drops who has not failed for a minute, and if nobody is so good, everybody: forgetting is cheaper than growing.
func (f *failures) makeRoom() {
	for from, l := range f.seen {
		if l.Tokens() >= failuresAMinute {
			delete(f.seen, from)
		}
	}
	if len(f.seen) >= maxAddresses {
		clear(f.seen)
	}
}

// addressOf returns the address that remote, host:port, names.
func addressOf(remote string) netip.Addr {
	at, _ := netip.ParseAddrPort(remote) // what is none counts with its like
	return at.Addr().Unmap()
}

func network(remote string) netip.Addr {
	from := addressOf(remote)
	if from.Is6() {
		p, _ := from.WithZone("").Prefix(64)
		from = p.Addr()
	}
	return from
}
