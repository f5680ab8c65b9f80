package fleet

import (
	"context"
	"time"

	"muster"
)

// A Store keeps what operators decide. Each method is one transaction. Update functions are called inside the
// transaction with the current state; if they return an error nothing changes and that error is returned.
type Store interface {
	// CreateProfile files a profile and its first provision keys. Refused with ReasonProfileNameTaken, ReasonProvisionKeyTaken
	// or ReasonAuthorityTaken (another profile trusts a certificate that this one shall).
	CreateProfile(ctx context.Context, p muster.Profile, keys ...muster.ProvisionKey) error
	// Profile returns the profile called name, or muster.NotFound.
	Profile(ctx context.Context, name string) (muster.Profile, error)
	// ProfileOf returns the profile of that id, or muster.NotFound.
	ProfileOf(ctx context.Context, id muster.ProfileID) (muster.Profile, error)
	// Profiles returns all profiles, by name.
	Profiles(ctx context.Context) ([]muster.Profile, error)
	// UpdateProfile changes a profile; ID and CreatedAt stay. Refused with ReasonProfileNameTaken or ReasonAuthorityTaken.
	UpdateProfile(ctx context.Context, id muster.ProfileID, change func(*muster.Profile) error) (muster.Profile, error)
	// DeleteProfile removes a profile and its provision keys, if it is one of the versions that were seen; none: whatever it is.
	// Refused with ReasonProfileInUse while it has devices.
	DeleteProfile(ctx context.Context, id muster.ProfileID, seen ...muster.Version) error

	// CreateProvisionKey files a key. Refused with ReasonProvisionKeyTaken.
	CreateProvisionKey(ctx context.Context, k muster.ProvisionKey) error
	// ProvisionKeys returns the keys of a profile, or all for the zero ID, the oldest first, with their device counts.
	ProvisionKeys(ctx context.Context, profile muster.ProfileID) ([]muster.ProvisionKey, error)
	// FindProvisionKey returns the key of that text, or else of that id, or muster.NotFound.
	FindProvisionKey(ctx context.Context, name string) (muster.ProvisionKey, error)
	// UpdateProvisionKey changes a key; ID, Profile, Key and CreatedAt stay.
	UpdateProvisionKey(ctx context.Context, id muster.ProvisionKeyID, change func(*muster.ProvisionKey) error) (muster.ProvisionKey, error)

	// DeleteProvisionKey removes a key, if it is one of the versions that were seen; none: whatever it is. Refused with
	// ReasonProvisionKeyInUse while there are devices that it let in.
	DeleteProvisionKey(ctx context.Context, id muster.ProvisionKeyID, seen ...muster.Version) error

	// CreateSweep files a sweep and changes its provision key in one transaction. ID, Profile, Key and CreatedAt of the
	// key stay.
	CreateSweep(ctx context.Context, s muster.Sweep, change func(*muster.ProvisionKey) error) (muster.ProvisionKey, error)
	// Sweep returns the sweep of that id, or muster.NotFound.
	Sweep(ctx context.Context, id muster.SweepID) (muster.Sweep, error)
	// Sweeps returns the sweeps that go on and those that were finished last, the newest first.
	Sweeps(ctx context.Context, limit int) ([]muster.Sweep, error)
	// AdvanceSweep does to devices what the sweep is for and counts those that it changes. Without devices, the sweep is
	// finished. A device that is gone, or that its key does not count as let in any more, is passed over.
	AdvanceSweep(ctx context.Context, id muster.SweepID, devices []muster.DeviceID, at time.Time) error
	// LetIn returns devices that a provision key let in, as they came, in a time that does not grow with how many it let in.
	LetIn(ctx context.Context, q muster.LetInQuery) ([]muster.Device, error)
	// CountLetIn returns how many devices q finds, whatever its limit.
	CountLetIn(ctx context.Context, q muster.LetInQuery) (int, error)

	// Pending returns requests that are pending, the oldest first.
	Pending(ctx context.Context, q muster.PendingQuery) ([]muster.Pending, error)
	// DecidePending decides about requests that are pending and returns them as they were; those that are not are passed
	// over.
	DecidePending(ctx context.Context, d muster.PendingDecision) (decided []muster.Pending, err error)

	// CreateDevice files a device with its credentials and attributes. Refused with ReasonDeviceNameTaken or
	// ReasonCredentialInUse.
	CreateDevice(ctx context.Context, d muster.Device, credentials []muster.Credential, attributes []muster.Attribute) error
	// Device returns the device called name, or muster.NotFound.
	Device(ctx context.Context, name string) (muster.Device, error)
	// Devices returns a page of devices, in a time that does not grow with the fleet whatever q asks for.
	Devices(ctx context.Context, q muster.DeviceQuery) (muster.DevicePage, error)
	// UpdateDevice changes a device; ID and CreatedAt stay.
	UpdateDevice(ctx context.Context, id muster.DeviceID, change func(*muster.Device) error) (muster.Device, error)
	// DeleteDevice removes a device, its credentials and attributes, and remembers in the same transaction that its
	// readings are to be removed, if it is one of the versions that were seen; none: whatever it is. NotFound if it is gone.
	DeleteDevice(ctx context.Context, id muster.DeviceID, seen ...muster.Version) error

	// Credentials returns the credentials of a device, the oldest first.
	Credentials(ctx context.Context, device muster.DeviceID) ([]muster.Credential, error)
	// CreateCredential adds a credential to a device. Refused with ReasonCredentialInUse, or with ReasonRequestInvalid if the
	// device has muster.MaxCredentials that are not revoked.
	CreateCredential(ctx context.Context, c muster.Credential) error
	// UpdateCredential changes state and dates of a credential; the rest stays. NotFound if it is gone.
	UpdateCredential(ctx context.Context, id muster.CredentialID, change func(*muster.Credential) error) (muster.Credential, error)
	// RotateCredential adds a credential to a device and lets another one of it retire: the first use of the new one revokes
	// it. Refused with ReasonCredentialInUse, with ReasonCredentialRevoked if the other one opens no door any more; NotFound
	// if it is gone.
	RotateCredential(ctx context.Context, old muster.CredentialID, c muster.Credential) error
	// RetireCredential lets a credential retire if it is one of the versions that were seen; none: whatever it is. The next use
	// of another one of its device, which has to be active, revokes it. Refused as RotateCredential is.
	RetireCredential(ctx context.Context, old, successor muster.CredentialID, seen ...muster.Version) (muster.Credential, error)
	// FleetCredentials returns a page of the credentials of all devices, in a time that does not grow with the fleet.
	FleetCredentials(ctx context.Context, q muster.CredentialQuery) (muster.CredentialPage, error)
	// Attributes returns all attributes of the device, by scope and key.
	Attributes(ctx context.Context, device muster.DeviceID) ([]muster.Attribute, error)
	// ReadingsRemoved notes in the audit log that somebody has the readings of a key in a range removed, whose limit does not
	// count.
	ReadingsRemoved(ctx context.Context, device, key string, within muster.Range) error
	// ChangeAttributes creates or replaces attributes and removes those of that scope with the keys. NotFound if the device is
	// gone; ReasonPayloadInvalid if it would have too many; ReasonVersionStale if those of the scope are none of the versions
	// that were seen, if there are any. It returns those of the scope as they are then, by key.
	ChangeAttributes(ctx context.Context, device muster.DeviceID, scope muster.Scope, set []muster.Attribute, remove []string, seen ...muster.Version) ([]muster.Attribute, error)

	// BeginOnce files a request and returns true, or returns what was filed under its key since then.
	BeginOnce(ctx context.Context, o muster.Once, since time.Time) (before muster.Once, begun bool, err error)
	// EndOnce files what a request was answered. Without an answer it is forgotten.
	EndOnce(ctx context.Context, key muster.LookupKey, answer muster.Sealed) error
}
