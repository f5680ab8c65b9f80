package issuer

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"math/big"
	"sync"
	"time"

	"muster"
)

// How long a CRL is good, and how old it is when it is made again though nothing has changed.
const (
	listLife = 7 * day
	listAge  = day

	// expiredKept is how long a revoked certificate stays on the CRL after it has expired (RFC 5280, 3.3: once at least).
	expiredKept = 7 * day
)

// A CRL is a signed list of revoked certificates, DER.
type CRL struct {
	DER        []byte
	Number     int64
	ThisUpdate time.Time
	NextUpdate time.Time
	Entries    int
	revision   int64
}

// revisionUnknown is that of a list that was made before the start: lower than any.
const revisionUnknown = -1

const (
	// listWait is how long whoever asks waits for a newer list while there is one that is good.
	listWait = time.Second

	// listRest is how many times as long as it took to make a list none is made again: many revocations of a large fleet are
	// not to keep the machine busy.
	listRest = 10

	refreshEvery = time.Minute
)

// lists are the newest CRLs, one for each key.
type lists struct {
	mu sync.Mutex // guards of, and what is in it
	of map[muster.AuthorityID]*list
}

// A list is the newest CRL of a key, and the one that is being made: never two at once.
type list struct {
	kept    sync.Once // it is looked for one that was made before the start
	newest  *CRL      // nil: none was made yet
	making  *build    // nil: none is being made
	rest    time.Time // none is made before
	failure string    // why the last one could not be made; empty: it could
}

// A build is a CRL that is being made.
type build struct {
	done chan struct{} // closed when err is known
	err  error
}

// CRL returns the list of a key of the authority: root, next, intermediate, or the key's id. It holds every revocation that was
// committed before the call, unless a list that is good is there and a newer one takes longer than a second to make: then that
// one. Nobody may change it.
func (a *Authority) CRL(ctx context.Context, name string) (*CRL, error) {
	p, err := a.named(name)
	if err != nil {
		return nil, err
	}
	if p.key == nil {
		return nil, muster.Refuse(muster.ReasonAuthorityKeyAbsent, "its CRL is published where its key is")
	}
	revision, err := a.store.Revision(ctx, p.id())
	if err != nil {
		return nil, err
	}
	l := a.listOf(ctx, p)
	patience := time.After(listWait)
	for {
		good, making := a.look(ctx, l, p, revision)
		if making == nil {
			return good, nil
		}
		if good == nil {
			patience = nil
		}
		select {
		case <-making.done:
			switch {
			case making.err != nil && good != nil:
				return good, nil
			case making.err != nil:
				return nil, making.err
			}
		case <-patience:
			return good, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// listOf returns that of a key, for the first time with what was kept of it.
func (a *Authority) listOf(ctx context.Context, p *pair) *list {
	a.lists.mu.Lock()
	l := a.lists.of[p.id()]
	if l == nil {
		l = &list{}
		if a.lists.of == nil {
			a.lists.of = map[muster.AuthorityID]*list{}
		}
		a.lists.of[p.id()] = l
	}
	a.lists.mu.Unlock()
	l.kept.Do(func() {
		kept, err := a.issuer.keptList(p)
		if err != nil {
			a.issuer.o.Logger.WarnContext(ctx, "a CRL that was kept is not used", "authority", p.id().String(), "error", err)
		}
		a.lists.mu.Lock()
		defer a.lists.mu.Unlock()
		l.newest = kept
	})
	return l
}

// look returns the newest list of a key if it is good, and the one that is being made in its place: nil if there need not be one.
func (a *Authority) look(ctx context.Context, l *list, p *pair, revision int64) (good *CRL, making *build) {
	now := a.now()
	a.lists.mu.Lock()
	defer a.lists.mu.Unlock()
	if made := l.newest; made != nil && !now.Before(made.ThisUpdate) && now.Before(made.NextUpdate) {
		good = made
		if made.revision >= revision && now.Before(made.ThisUpdate.Add(listAge)) {
			return good, nil
		}
	}
	if l.making == nil {
		l.making = &build{done: make(chan struct{})}
		go a.build(context.WithoutCancel(ctx), p, l, l.making, time.Until(l.rest))
	}
	return good, l.making
}

// build makes a list after a rest, in nobody's time.
func (a *Authority) build(ctx context.Context, p *pair, l *list, b *build, rest time.Duration) {
	time.Sleep(rest)
	start := time.Now()
	made, err := a.makeList(ctx, p, a.now())
	if err == nil {
		if err := a.issuer.keepList(p, made); err != nil {
			a.issuer.o.Logger.WarnContext(ctx, "a CRL is not there after a restart", "authority", p.id().String(), "error", err)
		}
	} else {
		b.err = fmt.Errorf("make a CRL: %w", err)
	}
	a.lists.mu.Lock()
	defer a.lists.mu.Unlock()
	if err == nil {
		l.newest, l.failure = made, ""
	} else {
		l.failure = muster.MessageOf(err)
	}
	l.making, l.rest = nil, time.Now().Add(listRest*time.Since(start))
	close(b.done)
}

// Run makes each list again before it ends, and when something was revoked, until ctx is done.
func (a *Authority) Run(ctx context.Context) {
	ticker := time.NewTicker(refreshEvery)
	defer ticker.Stop()
	for {
		a.refresh(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// refresh asks for each list once. One that cannot be made is asked for by others, too, who are told.
func (a *Authority) refresh(ctx context.Context) {
	h := a.issuer.hierarchy()
	for _, p := range h.all() {
		if _, err := a.CRL(ctx, p.id().String()); err != nil && p.key != nil && ctx.Err() == nil {
			a.issuer.o.Logger.Warn("a CRL could not be made", "authority", p.id().String(), "error", err)
		}
	}
}

func (a *Authority) makeList(ctx context.Context, p *pair, now time.Time) (*CRL, error) {
	id := p.id()
	revision, err := a.store.Revision(ctx, id) // before the list itself is read, so that nothing is missed
	if err != nil {
		return nil, err
	}
	revoked, err := a.store.Revoked(ctx, id, now.Add(-expiredKept))
	if err != nil {
		return nil, err
	}
	number, err := a.store.NextCRL(ctx, id)
	if err != nil {
		return nil, err
	}
	entries := make([]x509.RevocationListEntry, len(revoked))
	for i, r := range revoked {
		entries[i] = x509.RevocationListEntry{SerialNumber: r.Serial.Number(), RevocationTime: r.At, ReasonCode: int(r.Why)}
	}
	made := &CRL{Number: number, ThisUpdate: now, NextUpdate: now.Add(listLife), Entries: len(entries), revision: revision}
	made.DER, err = x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
		Number: big.NewInt(number), ThisUpdate: made.ThisUpdate, NextUpdate: made.NextUpdate, RevokedCertificateEntries: entries,
	}, p.leaf, p.key)
	return made, err
}
