package muster

// A Holder is a device with its profile and one of its credentials.
type Holder struct {
	Device     Device
	Profile    Profile
	Credential Credential
}
