package muster

import (
	"net/netip"
	"time"
)

// A Pending is a request to be let in that waits for somebody's decision, or has one and was not made again since. Nothing
// in it is secret.
type Pending struct {
	ID        PendingID
	Request   LookupKey // digest of all by which a request is the same; unique
	Profile   ProfileID
	Key       ProvisionKeyID
	Device    DeviceID // that is in under the name; zero: none is
	Name      string
	Gateway   bool
	Asks      string // by what it asks to be known, in words
	Proof     string // how it has proved that it is Device, in words; empty: it has not
	Remote    netip.Addr
	State     PendingState
	CreatedAt time.Time
	ExpiresAt time.Time // from then on it is forgotten
	DecidedAt time.Time // zero: nobody has decided
	DecidedBy string
	Rivals    int // how many others ask under the name
}

// A PendingState says what became of a Pending.
type PendingState uint8

// The states.
const (
	PendingWaiting  PendingState = iota
	PendingApproved              // the same request is granted, once
	PendingRejected              // the same request is refused
)

var pendingStates = []string{"waiting", "approved", "rejected"}

// String returns the state's name.
func (s PendingState) String() string { return nameOf(pendingStates, int(s)) }

// ParsePendingState reads a state's name.
func ParsePendingState(name string) (PendingState, error) {
	i, err := indexOf(pendingStates, name, "state of a pending request")
	return PendingState(i), err
}

// Source returns from where the request came, as far as one client may choose: an address, or a /64 of IPv6.
func (p *Pending) Source() netip.Prefix {
	from := p.Remote.Unmap().WithZone("")
	bits := 64
	if from.Is4() {
		bits = 32
	}
	source, _ := from.Prefix(bits) // the zero address has none
	return source
}

// A WaitingRoom says how many requests may be pending.
type WaitingRoom struct {
	PerKey     int // made with one provision key
	PerProfile int
}

// A PendingQuery says which pending requests are wanted, the oldest first. Conditions that are set hold together.
type PendingQuery struct {
	At      time.Time // those alone that are not forgotten then
	Profile ProfileID
	Name    string        // exact; empty: any
	State   *PendingState // nil: any
	ID      PendingID     // this one; zero: any
	After   PendingID     // those behind it alone
	Limit   int           // at most so many
}

// A PendingDecision is what somebody decides about requests that are pending.
type PendingDecision struct {
	IDs     []PendingID // these
	Profile ProfileID   // if not zero: all that wait in it, but those under whose name others ask, too
	State   PendingState
	By      string
	At      time.Time
	Until   time.Time // how long they are remembered
}
