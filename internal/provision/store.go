package provision

import (
	"context"
	"crypto/sha256"
	"time"

	"muster"
)

// A Store keeps what provisioning decides. Each method is one transaction, so that two requests for one name at once
// cannot both succeed.
type Store interface {
	// ProvisionKey returns the key called key and its profile, or muster.NotFound. A key with a maximum comes with the
	// number of devices it has let in; without one, that number may be an older one.
	ProvisionKey(ctx context.Context, key string) (muster.ProvisionKey, muster.Profile, error)
	// Profile returns the profile of that name, or muster.NotFound.
	Profile(ctx context.Context, name string) (muster.Profile, error)
	// Admit files a new device, its credential and its attributes and counts it for Device.ProvisionedWith, whose
	// MaxDevices it checks. Refused with ReasonDeviceNameTaken, ReasonCredentialInUse, ReasonProvisionKeyExhausted,
	// ReasonProvisionKeyRevoked, ReasonProvisionKeySuspended or ReasonDeviceProvisioned (the request has an answer that can
	// be asked for, or the approval is used up).
	Admit(ctx context.Context, a muster.Admission) error
	// Claim marks the listed device as provisioned, once: it sets the server attribute provisionState, which must be absent
	// before, State, ProvisionedAt and ProvisionedWith, counts the device for the key and returns it with its live
	// credentials, the oldest first, of which there is one at least; with Claim.Credential, with that alone. Refused with
	// ReasonDeviceNotListed (no such device, or one of another profile), ReasonDeviceSuspended, ReasonDeviceProvisioned
	// (provisionState is set), ReasonProvisionKeyExhausted or ReasonCredentialRevoked (none of its credentials is live).
	Claim(ctx context.Context, c muster.Claim) (muster.Device, []muster.Credential, error)
	// Answered returns what the request of that digest was granted since then, or muster.NotFound: no such request, or
	// the device has authenticated with what it was granted or with what came later, or the device or its credential is
	// gone.
	Answered(ctx context.Context, request muster.LookupKey, since time.Time) (muster.Device, muster.Credential, error)
	// Enrolled returns the device of that name with all its credentials, or muster.NotFound.
	Enrolled(ctx context.Context, name string) (muster.Enrolled, error)
	// Holding returns the device that has the credential of that id, with all its credentials, and its profile, or
	// muster.NotFound.
	Holding(ctx context.Context, id muster.CredentialID) (muster.Enrolled, muster.Profile, error)
	// Readmit lets a device in once more. One that has proved itself by a credential that is active or retiring is given the
	// other one, at whose first use that is revoked; it stays what it was. It replaces one that was given so before and
	// was never used; refused with ReasonRotationWaits if somebody else has made that. With Beside it is given that beside the one by which it has proved itself. One that was approved is given the credential in place of all that it has, which are revoked at the
	// first use of the fresh one; it stays what it was. One that was released: it adds the credential, sets the server attribute
	// provisionState, State, ProvisionedAt and ProvisionedWith, and counts the device for the key. Refused with
	// ReasonDeviceProvisioned (it was not released, or has come in since, or the proof is none, or the approval is used
	// up), ReasonDeviceSuspended, ReasonCredentialInUse,
	// ReasonJWTReplayed (the nonce is used up), ReasonRateLimited (too many are), or as Admit is for its key and its request. Without a
	// key it is refused with ReasonRequestInvalid if the device has muster.MaxCredentials.
	Readmit(ctx context.Context, m muster.Readmission) (muster.Device, error)
	// PendingRequest returns what is pending of the request of that digest at a time, or muster.NotFound.
	PendingRequest(ctx context.Context, request muster.LookupKey, at time.Time) (muster.Pending, error)
	// Wait files a pending request, unless it is pending already. In a full room it takes the place of one that was
	// rejected, else of the newest that waits of the source that has the most with this key, if that has more than its own;
	// else it is refused with ReasonProvisionRoomFull. So whoever has the key fills the room for nobody at another source.
	Wait(ctx context.Context, p muster.Pending, room muster.WaitingRoom) error
	// Anchored returns the profiles that trust a certificate with one of those subjects, of which there are at most
	// muster.MaxChain, in a time that does not grow with anything else.
	Anchored(ctx context.Context, subjects [][sha256.Size]byte) ([]muster.Profile, error)
	// Certify decides in one transaction what becomes of a certificate for the device of that name, for which the anchor of
	// the profile vouches, and files it. decide is told of the device, nil if nobody has the name, and returns nil if nothing
	// is to be filed. Refused with decide's error, ReasonChainUntrusted (the profile trusts the anchor no more),
	// ReasonProfileExhausted, ReasonCredentialInUse or ReasonCredentialRevoked (our own authority has issued and revoked
	// it). One that our own authority has issued ends with the credential from now on, and the credential with it.
	Certify(ctx context.Context, profile muster.ProfileID, anchor muster.Anchor, name string,
		decide func(known *muster.Enrolled) (*muster.Certification, error)) error
	// RotationFailed has campaigns note that a device which they ask was refused another credential, and ask it no more. It
	// reports whether any did: one that has a fresh credential already has not failed.
	RotationFailed(ctx context.Context, device muster.DeviceID, why error) (bool, error)
	// Certificate returns the certificate of our own authority of that serial number, or muster.NotFound.
	Certificate(ctx context.Context, serial muster.Serial) (muster.Certificate, error)
	// SuspendProvisionKey closes a key that is not closed yet, until it is resumed.
	SuspendProvisionKey(ctx context.Context, id muster.ProvisionKeyID, at time.Time) error
}
