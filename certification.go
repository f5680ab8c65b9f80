package muster

// A Certification is what is filed for a certificate that an authority vouches for, all of it or nothing.
type Certification struct {
	Device     Device // as it is to be
	New        bool   // it is created
	Most       int    // how many devices the profile may create for certificates; 0: any number
	Credential Credential
	Attributes []Attribute
	Ends       []CredentialID // of the device, which are revoked
	Drops      []CredentialID // of the device, which are removed: they were revoked long ago
}
