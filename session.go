package muster

import (
	"net/netip"
	"time"
)

// A Session is one connection of a device that is open now. A device and Since name it.
type Session struct {
	Device     DeviceID
	Name       string // the device's
	Profile    ProfileID
	Credential CredentialID // that it rests on
	Transport  Transport
	Remote     netip.Addr
	ClientID   string
	Since      time.Time // to the millisecond
}
