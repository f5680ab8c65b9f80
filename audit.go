package muster

import (
	"encoding/json"
	"net/netip"
	"time"
)

// An AuditEntry is one change that somebody asked for and that was made. Nothing in it is secret.
type AuditEntry struct {
	Number int64 // goes up with each entry
	At     time.Time
	Actor  string     // Actor.Name
	Remote netip.Addr // Actor.Remote
	Action string     // what was done: create, update, delete, or a word of the noun's own
	Noun   string     // what it was done to: profile, provision-key, device, credential, ...
	Name   string     // which one; of a credential, the name of its device
	// Before and After are JSON objects of the fields that the change has touched; nil where there was nothing before, or is
	// nothing after.
	Before, After json.RawMessage
}

// An AuditQuery says which entries are wanted, the newest first.
type AuditQuery struct {
	Actor, Noun, Name string    // exact; empty: any
	From, To          time.Time // from then on, and before then; zero: without bound
	Before            int64     // numbers lower than this alone, for the next page; 0: from the newest on
	Limit             int       // at most so many
}
