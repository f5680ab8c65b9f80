package identity

import (
	"context"
	"fmt"
	"slices"
	"time"

	"muster"
)

// maxSigners bounds how many keys of one device a JWT is tried against.
const maxSigners = 16

// errNoSigner refuses a JWT whose client id names no device with a public key, so that no key can be asked.
var errNoSigner = muster.Refuse(muster.ReasonJWTKeyUnknown, "no device of this client id has a public key")

// byJWT judges a compact JWS by the keys of the device that the client id names, and by no others. Its verdict is final
// unless it is errNoSigner.
func (s *Service) byJWT(ctx context.Context, p *muster.Proof) (muster.Identity, error) {
	by, about, err := s.signature(ctx, p)
	if err != nil {
		return about, err
	}
	who := s.accept(by.record, s.now())
	who.Claims = by.claims
	if !by.rule.OutliveExp {
		endsBy(&who, by.claims.ExpiresAt.Add(by.rule.Leeway()), muster.PublicKey)
	}
	return who, nil
}

// signature returns which key of which device signed the JWT of a proof; refused, the device that it was about.
func (s *Service) signature(ctx context.Context, p *muster.Proof) (by signature, about muster.Identity, err error) {
	if muster.CheckDeviceName(p.ClientID) != nil {
		return by, about, errNoSigner
	}
	known, err := s.loadSigners(ctx, p.ClientID)
	if err != nil {
		return by, about, err
	}
	if len(known) == 0 {
		return by, about, errNoSigner
	}
	by, err = s.judge(p.JWT, known, s.now())
	about = known[0].who
	about.Claims = by.claims
	return by, about, err
}

// A signature is by one of a device's keys, of a token with those claims.
type signature struct {
	*record
	claims *muster.Claims
}

// loadSigners asks the store for the public keys of a device, those that open the door at present first.
func (s *Service) loadSigners(ctx context.Context, device string) ([]*record, error) {
	s.metrics.asked.Inc()
	holders, err := s.store.PublicKeys(ctx, device)
	if err != nil {
		return nil, fmt.Errorf("find the public keys: %w", err)
	}
	now := s.now()
	known := make([]*record, 0, len(holders))
	for i := range holders {
		r, err := newRecord(s.keys, &holders[i])
		if err != nil {
			return nil, err
		}
		if r.key != nil {
			known = append(known, r)
		}
	}
	slices.SortStableFunc(known, func(a, b *record) int { return dead(a, now) - dead(b, now) })
	return known[:min(len(known), maxSigners)], nil
}

func dead(r *record, now time.Time) int {
	if r.opens(now) != nil {
		return 1
	}
	return 0
}

// judge says which of the device's keys signed the token, and refuses a token that none did or whose claims are not for
// this device and time; those that were signed are returned all the same. A key that opens the door no more is told so
// only to who has it.
func (s *Service) judge(token string, known []*record, now time.Time) (signature, error) {
	t, err := parseToken(token)
	if err != nil {
		return signature{}, err
	}
	r, err := t.signer(known)
	if err != nil {
		return signature{}, err
	}
	c, err := parseClaims(t.payload)
	if err != nil {
		return signature{}, err
	}
	if err := checkClaims(c, r.rule, r.who.Name, *s.names.Load(), now); err != nil {
		return signature{r, c}, err
	}
	return signature{r, c}, r.live(now)
}

// signer returns whose key signed the token. Which algorithms a key signs with is the key's business: a token that names
// another is refused, so that no signature is checked in a way that its key was not made for.
func (t *token) signer(known []*record) (*record, error) {
	refusal := muster.Refuse(muster.ReasonJWTKeyUnknown, "")
	for _, r := range known {
		if t.keyID != "" && !r.key.Named(t.keyID) {
			continue
		}
		if !slices.Contains(r.key.Algorithms, t.algorithm) {
			if refusal.Reason == muster.ReasonJWTKeyUnknown {
				refusal = muster.Refuse(muster.ReasonJWTAlgorithmMismatch, "")
			}
			continue
		}
		if verify(t, r.key.Key) {
			return r, nil
		}
		refusal = muster.Refuse(muster.ReasonJWTSignatureWrong, "")
	}
	return nil, refusal
}
