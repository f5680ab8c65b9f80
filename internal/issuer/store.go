package issuer

import (
	"context"
	"time"

	"muster"
)

// A Store keeps what the authority has issued. Each method is one transaction.
type Store interface {
	// CreateCertificate files a certificate that opens no door.
	CreateCertificate(ctx context.Context, c muster.Certificate) error
	// CreateCredential adds a credential to a device, and files the certificate that it holds. Refused with
	// ReasonNotFound if the device is gone.
	CreateCredential(ctx context.Context, c muster.Credential) error
	// Certificate returns the certificate of that serial number, or muster.NotFound.
	Certificate(ctx context.Context, serial muster.Serial) (muster.Certificate, error)
	// Certificates returns a page of certificates, in a time that does not grow with how many there are.
	Certificates(ctx context.Context, q muster.CertificateQuery) (muster.CertificatePage, error)
	// RotateCredential adds a credential to a device, files the certificate that it holds, and lets another credential of the
	// device retire, which the first use of the new one revokes. Refused with ReasonCredentialRevoked.
	RotateCredential(ctx context.Context, old muster.CredentialID, c muster.Credential) error
	// RevokeCertificate says that a certificate is good no more, and ends its credential with it. One that was revoked
	// before stays as it is. A certificate whose credential ends otherwise is revoked in the same transaction.
	RevokeCertificate(ctx context.Context, serial muster.Serial, at time.Time, why muster.RevocationReason) (muster.Certificate, error)
	// Revoked returns the certificates of a key that are revoked and expire at that time or later.
	Revoked(ctx context.Context, by muster.AuthorityID, expiring time.Time) ([]muster.Revoked, error)
	// Revision returns a number that grows with each certificate of a key that is revoked.
	Revision(ctx context.Context, by muster.AuthorityID) (int64, error)
	// NextCRL returns the number of the next CRL that the key signs: higher than all before.
	NextCRL(ctx context.Context, by muster.AuthorityID) (int64, error)
	// Outstanding says what of a key's certificates is good at a time.
	Outstanding(ctx context.Context, by muster.AuthorityID, at time.Time) (muster.Outstanding, error)
	// AuthorityChanged notes in the audit log that a key has a role from now on, and by what.
	AuthorityChanged(ctx context.Context, action, role string, by muster.AuthorityID) error

	// Device returns the device called name, or muster.NotFound.
	Device(ctx context.Context, name string) (muster.Device, error)
	// Credentials returns the credentials of a device, the oldest first.
	Credentials(ctx context.Context, device muster.DeviceID) ([]muster.Credential, error)
	// Profile returns the profile called name, or muster.NotFound.
	Profile(ctx context.Context, name string) (muster.Profile, error)
	// ProfileByID returns a profile, or muster.NotFound.
	ProfileByID(ctx context.Context, id muster.ProfileID) (muster.Profile, error)
}
