package muster

import "time"

// MaxProofLifetime is the longest exp - iat of a SignedProof.
const MaxProofLifetime = 10 * time.Minute

// A SignedProof is a JWT by which a device that is in the registry proves that it is that device.
type SignedProof struct {
	JWT      Secret
	Device   string        // its name, which sub has to be
	Audience string        // which aud has to be
	Held     []Credential  // one of which has the key
	Skew     time.Duration // how far clocks may differ
	At       time.Time
}

// A Nonce makes a SignedProof good for one admission of its device.
type Nonce struct {
	Digest LookupKey
	Until  time.Time // when the proof has ended
}
