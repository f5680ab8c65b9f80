package muster

import (
	"github.com/google/uuid"
)

// An ID names one T for ever. It is a UUIDv7, so IDs sort by birth. The zero ID names nothing.
type ID[T any] uuid.UUID

// The identifiers of the nouns.
type (
	DeviceID       = ID[Device]
	ProfileID      = ID[Profile]
	ProvisionKeyID = ID[ProvisionKey]
	SweepID        = ID[Sweep]
	CredentialID   = ID[Credential]
	UserID         = ID[User]
	LoginID        = ID[Login]
	APITokenID     = ID[APIToken]
	PendingID      = ID[Pending]
)

// NewID returns an ID that has never been used.
func NewID[T any]() ID[T] { return ID[T](uuid.Must(uuid.NewV7())) }

// ParseID reads the 36-character form.
func ParseID[T any](s string) (ID[T], error) {
	if len(s) != 36 {
		return ID[T]{}, Refuse(ReasonRequestInvalid, "not an id: %.40q", s)
	}
	u, err := uuid.Parse(s)
	if err != nil {
		return ID[T]{}, Refuse(ReasonRequestInvalid, "not an id: %.40q", s)
	}
	return ID[T](u), nil
}

// String returns the 36-character form, "" for the zero ID.
func (id ID[T]) String() string {
	if id.IsZero() {
		return ""
	}
	return uuid.UUID(id).String()
}

// IsZero reports whether id names nothing.
func (id ID[T]) IsZero() bool { return id == ID[T]{} }

// MarshalText is String.
func (id ID[T]) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText is ParseID; empty text is the zero ID.
func (id *ID[T]) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*id = ID[T]{}
		return nil
	}
	*id, err = ParseID[T](string(text))
	return err
}
