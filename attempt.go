package muster

import (
	"net/netip"
	"time"
)

// An Attempt is one try to get in or to connect, as the journal keeps it. Nothing in it is secret.
type Attempt struct {
	At        time.Time // of the last of Count
	Count     int       // how many alike came within a few seconds
	Action    Action
	Transport Transport
	Remote    netip.Addr
	Device    DeviceID // zero if none was recognised
	Name      string   // the device name, or what the client called itself
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

var actionNames = []string{"", "provision", "connect", "message", "disconnect"}

// String returns the action's name.
func (a Action) String() string { return nameOf(actionNames, int(a)) }
