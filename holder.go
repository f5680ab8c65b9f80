package muster

// A Holder is a device with its profile and one of its credentials.
type Holder struct {
	Device     Device
	Profile    Profile
	Credential Credential
}

// A Succession is a credential that was replaced: another one, given in its place, has been used.
type Succession struct {
	Device     DeviceID
	Credential CredentialID // that was replaced; zero: the other one was given beside it, which the device was asked for
	Wanted     bool         // the device was asked for that, and is no more: RotationWanted was removed
}
