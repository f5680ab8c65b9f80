package expiry

import (
	"context"
	"time"

	"muster"
)

// A Store knows when credentials end. Each method is one transaction.
type Store interface {
	// Expiring counts the credentials that open the door and end in a time, from its beginning on and before its end, by
	// day, profile, kind and authority.
	Expiring(ctx context.Context, from, until time.Time) ([]muster.Expiring, error)
	// CountExpiring counts the same, all together, and looks at none of them.
	CountExpiring(ctx context.Context, from, until time.Time) (int, error)
	// FleetCredentials returns a page of the credentials of all devices, in a time that does not grow with the fleet.
	FleetCredentials(ctx context.Context, q muster.CredentialQuery) (muster.CredentialPage, error)
	// Foretold returns up to which end credentials were told of so many days before; zero: none was yet.
	Foretold(ctx context.Context, days int) (time.Time, error)
	// Foretell notes up to which end credentials are told of so many days before.
	Foretell(ctx context.Context, days int, until time.Time) error
}
