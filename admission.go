package muster

import "time"

// An Admission is a new device as the store files it, all of it or nothing.
type Admission struct {
	Device     Device
	Credential Credential
	Attributes []Attribute
	Request    *LookupKey // digest of the request; nil if its answer is not to be repeated
}

// An Enrolled is a device that is in the registry under the name that a request asks for.
type Enrolled struct {
	Device      Device
	Released    bool         // it may provision once more
	Credentials []Credential // of every state, the oldest first
}

// A Readmission is a device that is in the registry and lets itself in once more, with a fresh credential.
type Readmission struct {
	Device     DeviceID
	Proof      CredentialID // by which it proved that it is the device; zero: it was released
	Key        ProvisionKeyID
	Credential Credential
	At         time.Time
	Request    *LookupKey // as in Admission
}

// Way is WayReleased or WayProved.
func (m *Readmission) Way() Way {
	if m.Proof.IsZero() {
		return WayReleased
	}
	return WayProved
}

// A Claim is a listed device that lets itself in.
type Claim struct {
	Profile ProfileID
	Name    string
	Key     ProvisionKeyID
	At      time.Time
	Request *LookupKey // as in Admission
}
