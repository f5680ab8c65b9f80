package fleet

import (
	"log/slog"
	"time"

	"muster"
)

// Options are what a Service may be given.
type Options struct {
	// Changed is called after a change was committed that ends the sessions of a device; why is what they are told. It
	// must forget what is remembered of the device and must not block for long.
	Changed func(device muster.DeviceID, why error)
	// Shared is called after a change of shared attributes of a device was committed, with their keys. It must not block for
	// long.
	Shared func(device muster.DeviceID, keys []string)
	Now    func() time.Time // nil means time.Now
	Logger *slog.Logger     // nil discards
}

// A Service does what operators decide. It is safe for concurrent use. A change that ends sessions is carried through once
// begun, also when whoever asked for it goes away: else the change might be committed and the sessions go on.
type Service struct {
	store   Store
	keys    *muster.Keyring
	changed func(muster.DeviceID, error)
	shared  func(muster.DeviceID, []string)
	now     func() time.Time
	running running
	log     *slog.Logger
	sweeps  chan struct{} // one was filed
}

// New returns a Service over store whose secrets are sealed with keys.
func New(store Store, keys *muster.Keyring, o Options) *Service {
	s := &Service{store: store, keys: keys, changed: o.Changed, shared: o.Shared, log: o.Logger, sweeps: make(chan struct{}, 1)}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.changed == nil {
		s.changed = func(muster.DeviceID, error) {}
	}
	if s.shared == nil {
		s.shared = func(muster.DeviceID, []string) {}
	}
	now := o.Now
	if now == nil {
		now = time.Now
	}
	s.now = func() time.Time { return now().Truncate(time.Millisecond) } // as stores keep it: what is made is shown as it stays
	return s
}

// invalid refuses a request that can never succeed as it stands.
func invalid(format string, args ...any) error {
	return muster.Refuse(muster.ReasonRequestInvalid, format, args...)
}
