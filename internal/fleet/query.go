package fleet

import (
	"time"

	"muster"
)

// A DeviceQuery says which devices are wanted, in the order of their names.
type DeviceQuery struct {
	Profile muster.ProfileID    // zero: of any profile
	State   *muster.DeviceState // nil: in any state
	Search  string              // part of the name, case ignored; empty: any
	After   string              // names greater than this alone, for the next page
	Limit   int                 // at most so many
}

// An APIToken lets a person or a script in. Only its digest is kept.
type APIToken struct {
	Digest    muster.LookupKey
	Name      string
	Once      bool // it opens the setup page, one time, and nothing else
	CreatedAt time.Time
	ExpiresAt time.Time // zero: never
}
