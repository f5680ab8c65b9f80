package identity

import (
	"context"
	"time"

	"muster"
)

// A Store knows which credential leads to which device. Credentials of every state are returned, so that a revoked one
// can be told from an unknown one; judging them is the caller's business.
type Store interface {
	// Holder returns the device that key leads to, or muster.NotFound.
	Holder(ctx context.Context, key muster.LookupKey) (muster.Holder, error)
	// BasicHolder is Holder for credentials of the kind MQTTBasic: others lead nowhere.
	BasicHolder(ctx context.Context, key muster.LookupKey) (muster.Holder, error)
	// PublicKeys returns the device of that name with each of its public-key credentials, or none if there is no such
	// device or it holds no public key.
	PublicKeys(ctx context.Context, device string) ([]muster.Holder, error)
	// Used notes that the credentials opened the door at those times. A credential that is gone is no error. What a
	// credential was given to replace is revoked at its first use: succeeded is what was revoked now;
	// their devices are asked for it no more.
	Used(ctx context.Context, at map[muster.CredentialID]time.Time) (succeeded []muster.Succession, err error)
}
