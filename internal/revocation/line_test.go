package revocation

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/x509"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"muster"
)

// A line is a service in a bubble of time, whose responder is set by hand.
type line struct {
	*desk
	mu     sync.Mutex // guards url, says, only, made, fails, below and live
	url    string     // asked last
	says   ocsp.Response
	only   int64     // of that number; 0: of all
	made   time.Time // zero: when it is asked
	fails  error
	takes  time.Duration
	asked  atomic.Int64
	judged atomic.Int64
	warned atomic.Int64
	live   []Shown
	below  []*authority // authorities below the root, who answer for themselves
	stop   func()
}

func newLine(t *testing.T) *line {
	t.Helper()
	l := &line{desk: newDesk(t)}
	l.store.profile.Settings.Chain.OCSP = "http://ocsp.example"
	l.begin()
	return l
}

// warnings counts those that are logged.
type warnings struct {
	slog.Handler
	count *atomic.Int64
}

func (w warnings) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

func (w warnings) Handle(context.Context, slog.Record) error {
	w.count.Add(1)
	return nil
}

// begin is a start, with what is kept.
func (l *line) begin() {
	start := time.Now().Add(-l.now.Sub(noon))
	l.Service = New(l.store, Options{
		Logger: slog.New(warnings{slog.DiscardHandler, &l.warned}),
		Now:    func() time.Time { return noon.Add(time.Since(start)) },
		Ask: func(ctx context.Context, url string, question []byte, _ int) ([]byte, error) {
			l.asked.Add(1)
			select {
			case <-time.After(l.takes):
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			l.mu.Lock()
			defer l.mu.Unlock()
			if l.url = url; l.fails != nil {
				return nil, l.fails
			}
			return l.reply(question)
		},
		Changed: func() {
			l.judged.Add(1)
			l.mu.Lock()
			defer l.mu.Unlock()
			for _, s := range l.live {
				_ = l.Judge(s, soft)
			}
		},
	})
	if err := l.Load(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(l.t.Context())
	var running sync.WaitGroup
	running.Go(func() { l.Run(ctx) })
	l.stop = func() {
		cancel()
		running.Wait()
	}
}

// reply answers a question as the authority that is meant, or as the root. The caller holds mu.
func (l *line) reply(question []byte) ([]byte, error) {
	r, err := ocsp.ParseRequest(question)
	if err != nil {
		return nil, err
	}
	by := l.root
	for _, a := range l.below {
		if name := sha1.Sum(a.cert.RawSubject); bytes.Equal(r.IssuerNameHash, name[:]) {
			by = a
		}
	}
	says := l.says
	if says.ThisUpdate = l.made; l.made.IsZero() {
		says.ThisUpdate = l.o.Now()
	}
	says.NextUpdate = l.o.Now().Add(10 * time.Minute)
	if l.only != 0 && r.SerialNumber.Int64() != l.only {
		says.Status = ocsp.Good
	}
	return by.answer(by, &x509.Certificate{SerialNumber: r.SerialNumber}, says), nil
}

func (l *line) set(status int, fails error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.says, l.fails = ocsp.Response{Status: status, RevokedAt: noon}, fails
}

// enter opens a session.
func (l *line) enter(chain []*x509.Certificate) Shown {
	s := l.Shown(chain, &muster.Identity{Asks: true})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.live = []Shown{s}
	return s
}

func (l *line) check(chain []*x509.Certificate, rule muster.RevocationRule, want muster.Reason) {
	l.t.Helper()
	if err := l.Check(l.t.Context(), chain, &muster.Identity{Revocation: rule, Asks: true}); muster.ReasonOf(err) != want {
		l.t.Errorf("by the %s rule: %v, want %q", rule, err, want)
	}
}
