package revocation

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"sync"
	"time"

	"muster"
)

const (
	maxAnswers = 1 << 16 // that are remembered, in certificates
	maxStaying = 1 << 14 // of these, those about authorities that make no room for others: any number of sessions rest on each
)

// answers are those that are remembered.
type answers struct {
	mu      sync.Mutex // guards what follows
	of      map[[sha256.Size]byte]*answer
	staying int
}

// get returns the answer about a certificate, a device's or that of an authority above one, which is made where there is none. When
// there are too many, another one about a device goes.
func (k *answers) get(c *x509.Certificate, above bool) *answer {
	id := sha256.Sum256(c.Raw)
	k.mu.Lock()
	defer k.mu.Unlock()
	a := k.of[id]
	if a == nil {
		if len(k.of) >= maxAnswers {
			k.makeRoom()
		}
		a = &answer{certificate: id, ends: c.NotAfter}
		k.of[id] = a
	}
	if above && !a.stays && k.staying < maxStaying {
		a.stays = true
		k.staying++
	}
	return a
}

// makeRoom forgets an answer that does not stay, rather one that does not say that its certificate is revoked. The caller holds mu.
func (k *answers) makeRoom() {
	looked := 0
	for id, other := range k.of { // in no order
		if other.stays {
			continue
		}
		looked++
		if known := other.said.Load(); looked == 64 || known == nil || known.status != statusRevoked {
			delete(k.of, id)
			return
		}
	}
}

// all returns the answers in no order.
func (k *answers) all() []*answer {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := make([]*answer, 0, len(k.of))
	for _, a := range k.of {
		all = append(all, a)
	}
	return all
}

func (k *answers) size() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.of)
}

func (k *answers) drop(a *answer) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.of[a.certificate] != a {
		return
	}
	delete(k.of, a.certificate)
	if a.stays {
		k.staying--
	}
}

// loadAnswers reads the answers that are kept.
func (s *Service) loadAnswers(ctx context.Context) error {
	kept, err := s.store.RevocationAnswers(ctx, s.o.Now(), maxAnswers)
	if err != nil {
		return err
	}
	for _, k := range kept {
		a := &answer{certificate: k.Certificate, ends: k.Until}
		was := &said{status: statusGood, thisUpdate: k.ThisUpdate, nextUpdate: k.NextUpdate}
		if k.Revoked {
			was.status = statusRevoked
		}
		was.due = k.NextUpdate
		a.said.Store(was)
		s.answers.of[k.Certificate] = a
	}
	return nil
}

// keep files an answer, so that a restart without a network knows it.
func (s *Service) keep(a *answer, says *said, now time.Time) {
	if says.status == statusUnknown {
		return
	}
	kept := muster.RevocationAnswer{
		Certificate: a.certificate, Revoked: says.status == statusRevoked, ThisUpdate: says.thisUpdate, NextUpdate: says.nextUpdate, Until: says.nextUpdate,
	}
	if kept.Revoked {
		kept.Until = later(a.ends, says.nextUpdate)
	}
	if err := s.store.KeepRevocationAnswer(context.WithoutCancel(s.asks), kept, now); err != nil {
		s.o.Logger.Error("an answer of an OCSP responder could not be kept", "error", err)
	}
}
