package muster

import "time"

// Claims are what a JWT says of itself, as far as it matters here. None of them is secret.
type Claims struct {
	IssuedAt  time.Time
	ExpiresAt time.Time
	NotBefore time.Time // zero: not said
	Audience  string
	Subject   *string // nil: not said
}
