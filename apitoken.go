package muster

import (
	"net/netip"
	"time"
)

// An APIToken lets a script in. Only its digest is kept. One that has an owner may do no more than they may, and ends when
// they are disabled or deleted.
type APIToken struct {
	ID         APITokenID
	Digest     LookupKey
	Owner      UserID // whose it is; zero: nobody's
	Name       string // unique among those of the owner that are not revoked
	Role       Role
	Networks   []netip.Prefix // from where it may be used; none: from anywhere
	Once       bool           // it makes the first admin, one time, and opens nothing else
	CreatedAt  time.Time
	ExpiresAt  time.Time // zero: never
	RevokedAt  time.Time // zero: live
	LastUsedAt time.Time // zero: never; may lag by a minute
}

// Live refuses the use of a token after its revocation or its expiry, and from a foreign network.
func (t *APIToken) Live(now time.Time, from netip.Addr) error {
	switch {
	case !t.RevokedAt.IsZero() && !now.Before(t.RevokedAt):
		return Refuse(ReasonAPITokenRevoked, "")
	case !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt):
		return Refuse(ReasonAPITokenExpired, "")
	case !inNetworks(t.Networks, from):
		return Refuse(ReasonAPITokenNetwork, "")
	}
	return nil
}
