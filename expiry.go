package muster

import "time"

// Expiring is how many credentials that open the door end on one day.
type Expiring struct {
	Day       time.Time // its beginning, in UTC
	Profile   ProfileID
	Kind      CredentialKind
	Authority AuthorityID // our own that has issued the certificate; zero: none, or another's
	Count     int
}
