package muster

import (
	"net/netip"
	"time"
)

// An Attempt is one try to get in or to connect, as the journal keeps it. Nothing in it is secret.
type Attempt struct {
	Number    int64     // given by the store; later ones are greater
	At        time.Time // of the last of Count
	Count     int       // how many alike came within a few seconds
	Action    Action
	Transport Transport
	Remote    netip.Addr
	Device    DeviceID // zero if none was recognised
	Name      string   // the device name, or what the client called itself
	Key       string   // the provision key that it named, if there is one of that name
	Shown     string   // what it showed, with secrets reduced to a short digest
	Reason    Reason   // empty: it was let in
	Detail    string   // which check failed, in words

	// What it takes to judge it again under other settings.
	Profile ProfileID // of the device, or of the provision key; zero if neither is known
	Way     Way       // of a device that has let itself in
	Claims  *Claims   // of the JWT that it showed, whose signature was right; nil: it showed none

	// Certificate is the client certificate that nobody has, in DER, of an attempt that is noted; a store does not file it.
	Certificate []byte
}

// Blur takes from an attempt what tells it from others of its crowd.
func (a *Attempt) Blur() {
	a.Name, a.Shown, a.Detail, a.Claims, a.Certificate = "", "", blurred, nil, nil
}

// Blurred reports whether Blur has been called on the attempt: it stands for others, whose names are not known.
func (a *Attempt) Blurred() bool { return a.Detail == blurred && a.Shown == "" }

const blurred = "one of many"

// A Way is how a device has let itself in.
type Way uint8

// The ways.
const (
	WayCreated  Way = iota + 1 // nobody had its name
	WayClaimed                 // it was listed
	WayRepeated                // the answer that it was given before was given again
	WayReleased                // it was let in before and has been released since
	WayProved                  // it was let in before and has proved that it is the device
	WayApproved                // it waited, and somebody has approved it
	WayRenewed                 // its new certificate has taken the place of the one that it had
	WayAdded                   // it has one more certificate
	WayRotated                 // it was in and has asked for another credential in the place of the one that it has
)

var ways = []string{"", "created", "claimed", "repeated", "released", "proved", "approved", "renewed", "added", "rotated"}

// String returns the way's name.
func (w Way) String() string { return nameOf(ways, int(w)) }

// An Action is what an Attempt was about.
type Action uint8

// The actions.
const (
	ActionProvision Action = iota + 1
	ActionConnect
	ActionMessage    // a message or request that was refused
	ActionDisconnect // a session that the server ended
	ActionRotate     // a device that was in asked for another credential in the place of the one that it has
)

// ParseAction returns the action called name.
func ParseAction(name string) (Action, error) {
	i, err := indexOf(actionNames, name, "an action")
	return Action(i), err
}

var actionNames = []string{"", "provision", "connect", "message", "disconnect", "rotate"}

// String returns the action's name.
func (a Action) String() string { return nameOf(actionNames, int(a)) }

// A ReasonCount is how often attempts of one sort ended with one reason.
type ReasonCount struct {
	Reason  Reason // empty: let in
	Action  Action
	Count   int       // attempts, those counted together each
	Entries int       // of the journal
	LastAt  time.Time // of the last
}

// A Hindsight is what would have become of an attempt under other settings.
type Hindsight struct {
	Reason   Reason // empty: it would have been let in
	Detail   string // in words
	Unjudged string // why it cannot be said, in words; empty: it can
}
