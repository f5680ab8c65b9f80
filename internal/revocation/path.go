package revocation

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"slices"
	"sync"
	"time"

	"muster"
)

// A step is a certificate on a device's path to an authority of its profile, and the one above it.
type step struct {
	mark                Mark
	certificate, issuer *x509.Certificate
}

// A path leads from a device's certificate to an authority of its profile, which has all of it asked about by a rule.
type path struct {
	own     step
	above   []step // without those of our own authority
	rule    string
	profile muster.ProfileID
}

// errNobody is that nobody is to be asked about a certificate, nor about what stands above it.
var errNobody = errors.New("the profile has nobody asked, or trusts the certificate by itself")

// pathOf finds the path of certificates that a device shows, its own first: each with its issuer above it, up to an authority that the
// profile trusts and of which it does not know another one above. Of that nobody says that it is revoked [RFC 5280, 6.1].
// errNobody: there is nothing to ask.
func (s *Service) pathOf(ctx context.Context, chain []*x509.Certificate, profile muster.ProfileID, now time.Time) (*path, error) {
	settings, err := s.store.ProfileByID(ctx, profile)
	if err != nil {
		return nil, err
	}
	rule := settings.Settings.Chain
	if rule == nil || rule.OCSP == "" {
		return nil, errNobody
	}
	authority, err := rule.Read()
	if err != nil {
		return nil, err
	}
	at := now
	if at.After(chain[0].NotAfter) {
		at = chain[0].NotAfter // one that has expired is renewed, if it was not revoked before
	}
	found, err := authority.Verify(chain, at)
	if err != nil {
		return nil, err
	}
	all := climb(found, authority.Certificates())
	if len(all) < 2 {
		return nil, errNobody
	}
	for i := range all[1:] {
		all[i+1] = s.authorities.same(all[i+1])
	}
	p := &path{own: step{markOf(all[0]), all[0], all[1]}, above: []step{}, rule: rule.OCSP, profile: profile}
	for i, c := range all[1 : len(all)-1] {
		if m := markOf(c); !s.owns(m) {
			p.above = append(p.above, step{m, c, all[i+2]})
		}
	}
	return p, nil
}

// climb goes on from the authority to which a path leads to those above it that are trusted, too. Above one that has signed
// itself there is none, whoever has certified its key as well.
func climb(path, trusted []*x509.Certificate) []*x509.Certificate {
	for len(path) < 2*muster.MaxChain {
		last := path[len(path)-1]
		if bytes.Equal(last.RawIssuer, last.RawSubject) {
			break
		}
		next := slices.IndexFunc(trusted, func(c *x509.Certificate) bool {
			return bytes.Equal(c.RawSubject, last.RawIssuer) && !slices.ContainsFunc(path, c.Equal) && last.CheckSignatureFrom(c) == nil
		})
		if next < 0 {
			break
		}
		path = append(path, trusted[next])
	}
	return path
}

// authorities are those above certificates that are asked about, each once.
type authorities struct {
	mu sync.Mutex // guards of
	of map[[sha256.Size]byte]*x509.Certificate
}

// same returns the certificate, or one that is the same.
func (k *authorities) same(c *x509.Certificate) *x509.Certificate {
	id := sha256.Sum256(c.Raw)
	k.mu.Lock()
	defer k.mu.Unlock()
	if known := k.of[id]; known != nil {
		return known
	}
	if len(k.of) >= maxResponders {
		clear(k.of)
	}
	k.of[id] = c
	return c
}
