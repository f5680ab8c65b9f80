package people

import (
	"context"
	"log/slog"
	"time"

	"muster"
)

// Options are what a Service may be given. The zero Options work.
type Options struct {
	Cost   Cost             // of a password's hash; zero: DefaultCost
	Logger *slog.Logger     // hears of what no caller is told; nil: nobody does
	Now    func() time.Time // nil means time.Now
}

// A Service knows people and scripts and lets them in. It is safe for concurrent use.
type Service struct {
	store  Store
	keys   *muster.Keyring
	log    *slog.Logger
	now    func() time.Time
	hasher *hasher
	delays *delays
}

// New returns a Service over store whose secrets are sealed and digested with keys.
func New(store Store, keys *muster.Keyring, o Options) *Service {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{
		store: store, keys: keys, log: o.Logger, hasher: newHasher(o.Cost), delays: newDelays(),
		now: func() time.Time { return o.Now().Truncate(time.Millisecond) }, // as stores keep it
	}
}

// invalid refuses a request that can never succeed as it stands.
func invalid(format string, args ...any) error {
	return muster.Refuse(muster.ReasonRequestInvalid, format, args...)
}

// missing says in words what was not found.
func missing(err error, what, name string) error {
	if err != nil && muster.KindOf(err) == muster.NotFound {
		return muster.Refuse(muster.ReasonNotFound, "there is no %s %.64q", what, name)
	}
	return err
}

// instead turns muster.NotFound into a refusal with reason.
func instead(err error, reason muster.Reason) error {
	if err != nil && muster.KindOf(err) == muster.NotFound {
		return muster.Refuse(reason, "")
	}
	return err
}

const (
	usePrecision = time.Minute // a use is noted so often at most
	useTime      = time.Second // and no request waits longer for that
)

// noteUse tells the store of a use where the last one that it knows is older than usePrecision. What cannot be noted is
// logged: who was let in is let in.
func (s *Service) noteUse(ctx context.Context, last time.Time, note func(context.Context, time.Time) error) {
	now := s.now()
	if now.Sub(last) < usePrecision {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), useTime)
	defer cancel()
	if err := note(ctx, now); err != nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "a use was not noted", slog.Any("error", err))
	}
}

// ServerReloaded notes in the audit log that somebody has had the settings and certificates read again: which settings count
// from then on, which need a restart, and whether another certificate is shown.
func (s *Service) ServerReloaded(ctx context.Context, changed, needRestart []string, certificate bool) error {
	return s.store.ServerReloaded(ctx, changed, needRestart, certificate)
}

// AuditEntries returns the newest entries of the audit log first.
func (s *Service) AuditEntries(ctx context.Context, q muster.AuditQuery) ([]muster.AuditEntry, error) {
	const maxPage = 1000
	if q.Limit < 1 || q.Limit > maxPage {
		return nil, invalid("a page has 1 to %d entries, not %d", maxPage, q.Limit)
	}
	return s.store.AuditEntries(ctx, q)
}
