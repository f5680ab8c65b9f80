package revocation

import (
	"context"
	"time"

	"muster"
)

// A Store keeps the lists, so that a restart without a network still knows them. Each method is one transaction.
type Store interface {
	// RevocationLists returns all lists with their CRLs, by name.
	RevocationLists(ctx context.Context) ([]muster.RevocationList, error)
	// CreateRevocationList files a list. Refused with ReasonRevocationListTaken.
	CreateRevocationList(ctx context.Context, l muster.RevocationList) error
	// UpdateRevocationList puts a list in the place of the one that has its ID, if that is one of the versions that were
	// seen; none: whatever it is. Its name and CreatedAt stay. NotFound if it is gone.
	UpdateRevocationList(ctx context.Context, l muster.RevocationList, seen ...muster.Version) error
	// DeleteRevocationList forgets a list, if it is one of the versions that were seen; none: whatever it is. NotFound if
	// it is gone.
	DeleteRevocationList(ctx context.Context, id muster.RevocationListID, seen ...muster.Version) error
	// RevocationAnswers returns the answers that are of use at a time, at most so many, those first that say that something is
	// revoked.
	RevocationAnswers(ctx context.Context, now time.Time, most int) ([]muster.RevocationAnswer, error)
	// KeepRevocationAnswer files what was said of a certificate last, and forgets what is of no use any more at a time.
	KeepRevocationAnswer(ctx context.Context, a muster.RevocationAnswer, now time.Time) error
	// ProfileByID returns a profile, or muster.NotFound.
	ProfileByID(ctx context.Context, id muster.ProfileID) (muster.Profile, error)
	// Profiles returns all profiles, by name.
	Profiles(ctx context.Context) ([]muster.Profile, error)
}
