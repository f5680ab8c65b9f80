package muster

import "time"

// A Scope says who owns an attribute: the server alone, server and device together, or the device.
type Scope uint8

// The scopes. The zero scope is the one that no device sees.
const (
	ServerScope Scope = iota // written and read by the server
	SharedScope              // written by the server, read by the device
	ClientScope              // written by the device
)

var scopeNames = []string{"server", "shared", "client"}

// String returns the scope's name.
func (s Scope) String() string { return nameOf(scopeNames, int(s)) }

// Bounds of the attributes of one device, of all scopes together.
const (
	MaxAttributes     = 3 * MaxKeys
	MaxAttributeBytes = 1 << 20 // of their values as they are stored
)

// An Attribute is a named value of a device that has no history.
type Attribute struct {
	Scope     Scope
	Key       string
	Value     Value
	UpdatedAt time.Time
}
