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
}

// An Action is what an Attempt was about.
type Action uint8

// The actions.
const (
	ActionProvision Action = iota + 1
	ActionConnect
	ActionMessage    // a message or request that was refused
	ActionDisconnect // a session that the server ended
)

// ParseAction returns the action called name.
func ParseAction(name string) (Action, error) {
	i, err := indexOf(actionNames, name, "an action")
	return Action(i), err
}

var actionNames = []string{"", "provision", "connect", "message", "disconnect"}

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
