package muster

import "time"

// An Admission is a new device as the store files it, all of it or nothing.
type Admission struct {
	Device     Device
	Credential Credential
	Attributes []Attribute
	Request    *LookupKey // digest of the request; nil if its answer is not to be repeated
}

// A Claim is a listed device that lets itself in.
type Claim struct {
	Profile ProfileID
	Name    string
	Key     ProvisionKeyID
	At      time.Time
	Request *LookupKey // as in Admission
}
