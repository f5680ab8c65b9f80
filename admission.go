package muster

import "time"

// An Admission is a new device as the store files it, all of it or nothing.
type Admission struct {
	Device     Device
	Credential Credential
	Attributes []Attribute
	Request    *LookupKey // digest of the request; nil if its answer is not to be repeated
	Approval   PendingID  // that lets it in, and is used up; zero: none was needed
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
	Proof      CredentialID // by which it proved that it is the device; zero: it was released or approved
	Beside     bool         // the credential comes beside Proof, which stays what it is
	Approval   PendingID    // that lets it in, and is used up; zero: none does
	Nonce      *Nonce       // of the proof, which is used up; nil: it stays good
	Key        ProvisionKeyID
	Credential Credential // one that it has, or a fresh one
	At         time.Time
	Request    *LookupKey // as in Admission
}

// Way is WayReleased, WayProved or WayApproved.
func (m *Readmission) Way() Way {
	switch {
	case !m.Approval.IsZero():
		return WayApproved
	case m.Proof.IsZero():
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
	// Credential is one that the device is given beside those that it was listed with; nil: none.
	Credential *Credential
}

// A Standing is what the registry has under the name that a device wants to be let in by.
type Standing uint8

// The standings.
const (
	StandingNone      Standing = iota // nobody has the name
	StandingElsewhere                 // a device of another profile
	StandingSuspended                 // a device of the profile, which is suspended
	StandingListed                    // a device of the profile that has not let itself in
	StandingEnrolled                  // a device of the profile that has
)

// StandingOf returns the standing of a device towards a profile: StandingListed, if that profile's, whether or not it has let
// itself in, which the provisionState tells.
func StandingOf(d *Device, profile ProfileID) Standing {
	switch {
	case d.Profile != profile:
		return StandingElsewhere
	case d.State == DeviceSuspended:
		return StandingSuspended
	}
	return StandingListed
}

// Refusal is why a device is not let in by a profile of that strategy under a name of that standing; nil: it is.
func (s Standing) Refusal(strategy Strategy) error {
	if strategy != StrategyCheckPreProvisioned {
		if s == StandingNone {
			return nil
		}
		return Refuse(ReasonDeviceNameTaken, "")
	}
	switch s {
	case StandingListed:
		return nil
	case StandingSuspended:
		return Refuse(ReasonDeviceSuspended, "")
	case StandingEnrolled:
		return Refuse(ReasonDeviceProvisioned, "")
	case StandingNone, StandingElsewhere:
	}
	return Refuse(ReasonDeviceNotListed, "")
}
