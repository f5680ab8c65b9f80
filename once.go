package muster

import "time"

// A Once is what is kept of a request that is to be carried out once, however often it is sent.
type Once struct {
	Key     LookupKey // digest of who asks and of the key that they gave the request
	Request LookupKey // digest of what was asked for
	At      time.Time
	Answer  Sealed // empty: it is under way, or was cut off
}

// OncePurpose is what the answer is sealed for.
func (o *Once) OncePurpose() string { return "once " + string(o.Key[:]) }
