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

// lists are the newest CRLs, one for each key.
type lists struct {
	mu     sync.Mutex // guards made, and keeps two from making the same list
	newest map[muster.AuthorityID]*CRL
}

// CRL returns the list of a key of the authority: root, intermediate, or the key's id. It holds every revocation that was
// committed before the call. Nobody may change it.
func (a *Authority) CRL(ctx context.Context, name string) (*CRL, error) {
	p, err := a.named(name)
	if err != nil {
		return nil, err
	}
	if p.key == nil {
		return nil, muster.Refuse(muster.ReasonAuthorityKeyAbsent, "its CRL is published where its key is")
	}
	id := p.id()
	a.lists.mu.Lock()
	defer a.lists.mu.Unlock()
	revision, err := a.store.Revision(ctx, id) // before the list itself is read, so that nothing is missed
	if err != nil {
		return nil, err
	}
	now := a.now()
	made := a.lists.newest[id]
	if made != nil && made.revision == revision && !now.Before(made.ThisUpdate) && now.Before(made.ThisUpdate.Add(listAge)) {
		return made, nil
	}
	if made, err = a.makeList(ctx, p, now); err != nil {
		return nil, fmt.Errorf("make a CRL: %w", err)
	}
	made.revision = revision
	if a.lists.newest == nil {
		a.lists.newest = map[muster.AuthorityID]*CRL{}
	}
	a.lists.newest[id] = made
	return made, nil
}

func (a *Authority) makeList(ctx context.Context, p *pair, now time.Time) (*CRL, error) {
	id := p.id()
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
	made := &CRL{Number: number, ThisUpdate: now, NextUpdate: now.Add(listLife), Entries: len(entries)}
	made.DER, err = x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
		Number: big.NewInt(number), ThisUpdate: made.ThisUpdate, NextUpdate: made.NextUpdate, RevokedCertificateEntries: entries,
	}, p.leaf, p.key)
	return made, err
}
