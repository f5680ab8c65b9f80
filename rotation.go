package muster

import "time"

// A Rotation says which credentials devices of a profile may ask for with the one that they have.
type Rotation uint8

// The choices.
const (
	RotationSameKind Rotation = iota // one of the same kind
	RotationAnyKind                  // any
	RotationRefuse                   // none
)

var rotations = []string{"same-kind", "any-kind", "refuse"}

// String returns the choice's name.
func (r Rotation) String() string { return nameOf(rotations, int(r)) }

// MarshalText is String.
func (r Rotation) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a choice's name.
func (r *Rotation) UnmarshalText(text []byte) error {
	i, err := indexOf(rotations, string(text), "way to rotate")
	*r = Rotation(i)
	return err
}

// Refusal is why a device that has a credential of one kind may not ask for one of another; nil: it may.
func (r Rotation) Refusal(has, wants CredentialKind) error {
	switch {
	case r == RotationAnyKind, r == RotationSameKind && has == wants:
		return nil
	case r == RotationSameKind:
		return Refuse(ReasonRotationKind, "the device has a credential of the type %s and may ask for another of the same, not for one of the type %s", has, wants)
	}
	return Refuse(ReasonRotationRefused, "")
}

// RotationWanted is the shared attribute by which a device is asked for another credential in the place of the one that it has.
// It is removed when the device has one and has used it.
const RotationWanted = "credentialRotation"

// The bounds of ProfileSettings.GraceDays.
const (
	DefaultGraceDays = 30
	MaxGraceDays     = 3650
)

// SetGrace sets GraceDays to so many days; 0: not at all.
func (p *ProfileSettings) SetGrace(days int) {
	switch days {
	case 0:
		days = -1
	case DefaultGraceDays:
		days = 0
	}
	p.GraceDays = days
}

// Grace returns how long a certificate that has expired may still be renewed, and be used for nothing else; 0: not at all.
func (p *ProfileSettings) Grace() time.Duration {
	days := p.GraceDays
	switch {
	case days == 0:
		days = DefaultGraceDays
	case days < 0:
		days = 0
	}
	return time.Duration(min(days, MaxGraceDays)) * 24 * time.Hour
}
