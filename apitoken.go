package muster

import "time"

// An APIToken lets a person or a script in. Only its digest is kept.
type APIToken struct {
	Digest    LookupKey
	Name      string
	Once      bool // it opens the setup page, one time, and nothing else
	CreatedAt time.Time
	ExpiresAt time.Time // zero: never
}
