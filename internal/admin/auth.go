package admin

import (
	"net/http"
	"net/netip"
	"strings"
	"sync"

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
		_, err := a.Fleet.CheckAPIToken(r.Context(), muster.Secret(strings.TrimSpace(token)))
		switch {
		case err == nil:
			next.ServeHTTP(w, r)
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

func network(remote string) netip.Addr {
	at, _ := netip.ParseAddrPort(remote) // an address that is none counts with its like
	from := at.Addr().Unmap()
	if from.Is6() {
		p, _ := from.WithZone("").Prefix(64)
		from = p.Addr()
	}
	return from
}
