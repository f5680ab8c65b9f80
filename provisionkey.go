package muster

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/netip"
	"regexp"
	"strings"
	"time"
)

// A ProvisionKey lets devices into one profile. A profile may have many, so that one can be retired alone.
type ProvisionKey struct {
	ID      ProvisionKeyID
	Profile ProfileID
	Key     string // names it in a request (provisionDeviceKey); unique, not secret
	Secret  Sealed // provisionDeviceSecret

	Former      Sealed    // the secret before the last rotation
	FormerUntil time.Time // until then it works too; zero: it works no more

	NotBefore   time.Time      // zero: always was
	ExpiresAt   time.Time      // zero: never
	MaxDevices  int            // how many devices it may let in; 0: any number
	Networks    []netip.Prefix // from where it may be used; none: from anywhere
	NamePattern string         // RE2 that the whole device name must match; empty: any name
	Rate        int            // new devices a second that it may let in; 0: as many as the server's limit says
	SuspendedAt time.Time      // since when it is closed, until it is resumed; zero: it is not
	RevokedAt   time.Time      // zero: live
	CreatedAt   time.Time
	Devices     int // how many devices it has let in
}

// SecretPurpose is what the key's secret is sealed for.
func (k *ProvisionKey) SecretPurpose() string { return "provision-key " + k.ID.String() }

// MaxKeyRate bounds ProvisionKey.Rate.
const MaxKeyRate = 1_000_000

// FormerWorks reports whether the secret before the last rotation still works at now.
func (k *ProvisionKey) FormerWorks(now time.Time) bool {
	return len(k.Former) > 0 && now.Before(k.FormerUntil)
}

// Check refuses a key that cannot work: empty or overlong text, a pattern that is not RE2, negative counts.
func (k *ProvisionKey) Check() error {
	switch {
	case k.Key == "" || len(k.Key) > MaxNameLength || hasControl(k.Key):
		return Refuse(ReasonRequestInvalid, "a provision key has 1 to %d characters without control characters", MaxNameLength)
	case k.MaxDevices < 0:
		return Refuse(ReasonRequestInvalid, "the maximum of devices is negative")
	case k.Rate < 0 || k.Rate > MaxKeyRate:
		return Refuse(ReasonRequestInvalid, "the rate of a provision key is between 0 and %d devices a second", MaxKeyRate)
	case len(k.NamePattern) > 1000:
		return Refuse(ReasonRequestInvalid, "the name pattern is longer than 1000 characters")
	case !k.ExpiresAt.IsZero() && !k.NotBefore.IsZero() && !k.NotBefore.Before(k.ExpiresAt):
		return Refuse(ReasonRequestInvalid, "the provision key would expire before it is valid")
	}
	// By itself: what closes a group that it has not opened would match parts of names.
	if _, err := regexp.Compile(k.NamePattern); err != nil {
		return Refuse(ReasonRequestInvalid, "the name pattern is not a regular expression: %v", err)
	}
	return nil
}

func (k *ProvisionKey) pattern() (*regexp.Regexp, error) {
	return regexp.Compile(`^(?:` + k.NamePattern + `)$`)
}

// Live refuses the use of a key outside its dates, after its revocation, while it is suspended or from a foreign network. The count of devices
// and the name are the business of Admits.
func (k *ProvisionKey) Live(now time.Time, from netip.Addr) error {
	switch {
	case !k.RevokedAt.IsZero() && !now.Before(k.RevokedAt):
		return Refuse(ReasonProvisionKeyRevoked, "")
	case !k.SuspendedAt.IsZero():
		return Refuse(ReasonProvisionKeySuspended, "")
	case !k.NotBefore.IsZero() && now.Before(k.NotBefore):
		return Refuse(ReasonProvisionKeyNotYet, "")
	case !k.ExpiresAt.IsZero() && !now.Before(k.ExpiresAt):
		return Refuse(ReasonProvisionKeyExpired, "")
	}
	if !inNetworks(k.Networks, from) {
		return Refuse(ReasonProvisionKeyNetwork, "")
	}
	return nil
}

// inNetworks reports whether an address is in one of the networks, or there are none.
func inNetworks(networks []netip.Prefix, from netip.Addr) bool {
	for _, n := range networks {
		if n.Contains(from.Unmap()) {
			return true
		}
	}
	return len(networks) == 0
}

// Admits refuses a device name that the key does not let in, and every name once the key has let in as many devices as
// it may. The store asks the second question again inside the transaction that admits.
func (k *ProvisionKey) Admits(name string) error {
	if k.NamePattern != "" {
		p, err := k.pattern()
		if err != nil || !p.MatchString(name) {
			return Refuse(ReasonDeviceNamePattern, "")
		}
	}
	if k.MaxDevices > 0 && k.Devices >= k.MaxDevices {
		return Refuse(ReasonProvisionKeyExhausted, "")
	}
	return nil
}

// SameSecret compares two secrets in time that does not depend on where they differ.
func SameSecret(a, b Secret) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f })
}
