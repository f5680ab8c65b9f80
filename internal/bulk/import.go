package bulk

import (
	"context"
	"io"
	"log/slog"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"

	"muster"
)

// Bounds of imports.
const (
	DefaultMaxFile = 2 << 30 // bytes of a file
	maxUnfinished  = 16      // imports that wait or run
	maxStopped     = 16      // cancelled or failed ones whose files are kept, the newest
	maxFailed      = 50_000  // rows of a file that may fail before it is taken for the wrong one
)

// Options are what a Service may be given.
type Options struct {
	Dir      string   // where files are kept until they are done; it is made when it is needed
	Readings Readings // where readings in files go
	// Changed is called after a change was committed that ends the sessions of a device; why is what they are told. It
	// must forget what is remembered of the device and must not block for long.
	Changed func(device muster.DeviceID, why error)
	// Shared is called after a change of shared attributes of a device was committed, with their keys. It must not block for
	// long.
	Shared  func(device muster.DeviceID, keys []string)
	Watcher Watcher          // nil: nobody is told
	Logger  *slog.Logger     // nil discards
	Now     func() time.Time // nil means time.Now
	MaxFile int64            // bytes; 0 means DefaultMaxFile

	Registerer prometheus.Registerer // of the metrics; nil: nobody reads them
}

// A Service files devices from files, one file after the other. It is safe for concurrent use.
type Service struct {
	Options
	store Store
	keys  *muster.Keyring
	spool spool
	rows  *prometheus.CounterVec
	wake  chan struct{} // holds one token while an import may wait
	entry sync.Mutex    // held while an import is added, so that they stay as few as they may be
	steps sync.Mutex    // held while an import gets further and that is told, so that nothing older is told later
	told  time.Time     // when it was told last how far the running import is; of Run's goroutine alone

	mu       sync.Mutex               // guards arriving
	arriving map[muster.ImportID]bool // files that are being handed in
}

// New returns a Service over store whose secrets are sealed with keys. Nothing is filed before Run.
func New(store Store, keys *muster.Keyring, o Options) *Service {
	if o.Changed == nil {
		o.Changed = func(muster.DeviceID, error) {}
	}
	if o.Shared == nil {
		o.Shared = func(muster.DeviceID, []string) {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MaxFile <= 0 {
		o.MaxFile = DefaultMaxFile
	}
	return &Service{
		Options: o, store: store, keys: keys, spool: spool{o.Dir, keys}, rows: newRows(o.Registerer), wake: make(chan struct{}, 1),
		arriving: make(map[muster.ImportID]bool),
	}
}

func (s *Service) now() time.Time { return s.Now().Truncate(time.Millisecond) }

// CreateImport keeps the file that body holds and files its rows as soon as those before it are done. It refuses a file
// whose beginning shows that it is none of devices.
func (s *Service) CreateImport(ctx context.Context, name string, o muster.ImportOptions, body io.Reader) (muster.Import, error) {
	if err := checkOptions(&o); err != nil {
		return muster.Import{}, err
	}
	if err := s.admit(ctx); err != nil { // before a large file is taken in
		return muster.Import{}, err
	}
	id := muster.NewID[muster.Import]()
	if err := s.arrive(id); err != nil {
		return muster.Import{}, err
	}
	defer s.arrived(id)
	i := muster.Import{ID: id, File: fileName(name), Options: o, CreatedAt: s.now()}
	if a, ok := muster.ActorOf(ctx); ok {
		i.By = a.Name
	}
	var err error
	if i.Size, err = s.spool.save(i.ID, body, s.MaxFile); err != nil {
		return muster.Import{}, err
	}
	if err := s.enter(ctx, &i); err != nil {
		s.drop(i.ID)
		return muster.Import{}, err
	}
	s.nudge()
	return i, nil
}

// arrive notes that a file is being handed in, and refuses it while too many are.
func (s *Service) arrive(id muster.ImportID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.arriving) >= maxUnfinished {
		return muster.Refuse(muster.ReasonServerBusy, "%d files are being handed in; try again when one is", len(s.arriving))
	}
	s.arriving[id] = true
	return nil
}

// arrived is called when the import of the file is filed, or will not be.
func (s *Service) arrived(id muster.ImportID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.arriving, id)
}

// keptFiles returns the imports whose files are there and were not being handed in. Whatever of them is needed is filed by now.
func (s *Service) keptFiles() ([]muster.ImportID, error) {
	ids, err := s.spool.names() // before it is asked what arrives
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(ids, func(id muster.ImportID) bool { return s.arriving[id] }), err
}

// enter files the import of a file that is kept.
func (s *Service) enter(ctx context.Context, i *muster.Import) error {
	if err := s.look(ctx, i); err != nil {
		return err
	}
	s.entry.Lock()
	defer s.entry.Unlock()
	if err := s.admit(ctx); err != nil {
		return err
	}
	return s.step(i, func() error { return s.store.CreateImport(ctx, *i) })
}

// step takes a step with an import, and tells what has become of it.
func (s *Service) step(i *muster.Import, take func() error) error {
	s.steps.Lock()
	defer s.steps.Unlock()
	if err := take(); err != nil {
		return err
	}
	if s.Watcher != nil {
		s.Watcher.Progressed(*i)
	}
	return nil
}

// update changes an import in the store, and tells of it.
func (s *Service) update(ctx context.Context, id muster.ImportID, change func(*muster.Import) error) (i muster.Import, err error) {
	err = s.step(&i, func() error {
		i, err = s.store.UpdateImport(ctx, id, change)
		return err
	})
	return i, err
}

// admit refuses another import while too many are not finished.
func (s *Service) admit(ctx context.Context) error {
	all, err := s.store.Imports(ctx)
	if err != nil {
		return err
	}
	unfinished := 0
	for _, i := range all {
		if !i.State.Ended() {
			unfinished++
		}
	}
	if unfinished >= maxUnfinished {
		return muster.Refuse(muster.ReasonServerBusy, "%d imports are waiting; try again when one is done", unfinished)
	}
	return nil
}

// look reads the beginning of a kept file, and notes its format.
func (s *Service) look(ctx context.Context, i *muster.Import) error {
	f, err := s.spool.open(i.ID)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err = open(f, &i.Options); err != nil {
		return err
	}
	if i.Options.Profile == "" {
		return nil
	}
	profiles, err := s.profiles(ctx)
	if err != nil {
		return err
	}
	if _, ok := profiles[i.Options.Profile]; !ok {
		return muster.Refuse(muster.ReasonNotFound, "there is no profile %.80q", i.Options.Profile)
	}
	return nil
}

func (s *Service) profiles(ctx context.Context) (map[string]muster.Profile, error) {
	all, err := s.store.Profiles(ctx)
	if err != nil {
		return nil, err
	}
	profiles := make(map[string]muster.Profile, len(all))
	for _, p := range all {
		profiles[p.Name] = p
	}
	return profiles, nil
}

// fileName keeps of what a client calls its file what may be shown.
func fileName(name string) string {
	name = strings.ToValidUTF8(path.Base(strings.ReplaceAll(name, `\`, "/")), "")
	if name == "." || name == "/" {
		return ""
	}
	for utf8.RuneCountInString(name) > muster.MaxNameLength {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	return name
}

// drop takes away the file of an import that does not need it any more.
func (s *Service) drop(id muster.ImportID) {
	if err := s.spool.remove(id); err != nil {
		s.Logger.Error("the file of an import stays", "import", id.String(), "error", err)
	}
}

// nudge says that an import may wait.
func (s *Service) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Imports returns all imports that are remembered, the newest first.
func (s *Service) Imports(ctx context.Context) ([]muster.Import, error) { return s.store.Imports(ctx) }

// Import returns the import of that id.
func (s *Service) Import(ctx context.Context, id muster.ImportID) (muster.Import, error) {
	i, err := s.store.Import(ctx, id)
	return i, missing(err, id)
}

// CancelImport stops an import before its next rows. What it has filed stays, and so does its file for a while.
func (s *Service) CancelImport(ctx context.Context, id muster.ImportID) (muster.Import, error) {
	i, err := s.update(ctx, id, func(i *muster.Import) error {
		if i.State.Ended() {
			return muster.Refuse(muster.ReasonImportStopped, "the import is %s", i.State)
		}
		i.State, i.FinishedAt = muster.ImportCancelled, s.now()
		return nil
	})
	return i, missing(err, id)
}

// ResumeImport lets a cancelled or failed import go on where it has stopped.
func (s *Service) ResumeImport(ctx context.Context, id muster.ImportID) (muster.Import, error) {
	s.entry.Lock()
	defer s.entry.Unlock()
	if err := s.admit(ctx); err != nil {
		return muster.Import{}, err
	}
	i, err := s.update(ctx, id, func(i *muster.Import) error {
		switch {
		case i.State != muster.ImportCancelled && i.State != muster.ImportFailed:
			return muster.Refuse(muster.ReasonImportStopped, "the import is %s, and only one that was cancelled or has failed goes on", i.State)
		case !s.spool.has(id):
			return muster.Refuse(muster.ReasonNotFound, "the file of the import is not kept any more")
		}
		i.State, i.FinishedAt, i.Reason, i.Detail = muster.ImportWaiting, time.Time{}, "", ""
		return nil
	})
	if err != nil {
		return muster.Import{}, missing(err, id)
	}
	s.nudge()
	return i, nil
}

// DeleteImport forgets an import that has ended, with its file and the rows that were not filed; what it has filed stays.
// Refused with ReasonImportStopped while it waits or runs.
func (s *Service) DeleteImport(ctx context.Context, id muster.ImportID) error {
	if err := s.store.DeleteImport(ctx, id); err != nil {
		return missing(err, id)
	}
	s.drop(id)
	return nil
}

// missing names an import that was not found; other errors pass.
func missing(err error, id muster.ImportID) error {
	if err != nil && muster.ReasonOf(err) == muster.ReasonNotFound && muster.MessageOf(err) == muster.ReasonNotFound.Title() {
		return muster.Refuse(muster.ReasonNotFound, "there is no import %s", id)
	}
	return err
}
