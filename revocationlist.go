package muster

import "time"

// A RevocationList says which certificates an authority that is not ours has revoked, and where that is told.
type RevocationList struct {
	ID        RevocationListID
	Name      string // unique
	URL       string // where it is fetched; empty: it is handed in
	Issuer    string // PEM of whoever signs it, and of those between it and an authority that a profile trusts; empty: such an authority does
	DER       []byte // the CRL that was taken last
	CreatedAt time.Time
	TakenAt   time.Time
}

// MaxRevocationList bounds a CRL, in bytes: some eight hundred thousand certificates.
const MaxRevocationList = 32 << 20

// RevocationListID identifies a RevocationList.
type RevocationListID = ID[RevocationList]

// Version returns the version of what operators can change of the list, and of its CRL.
func (l *RevocationList) Version() Version {
	return versionOf(l.ID, l.URL, l.Issuer, l.TakenAt.UnixMilli())
}

// A RevocationRule says what becomes of a certificate of which nobody knows now whether it is revoked: there is no list of
// its issuer, or the list is past its date. One that a list names is refused whatever the rule is.
type RevocationRule uint8

// The rules.
const (
	RevocationSoft RevocationRule = iota // it lets its device in
	RevocationHard                       // it does not
)

var revocationRules = []string{"soft", "hard"}

// String returns the rule's name.
func (r RevocationRule) String() string { return nameOf(revocationRules, int(r)) }

// MarshalText is String.
func (r RevocationRule) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a rule's name.
func (r *RevocationRule) UnmarshalText(text []byte) error {
	i, err := indexOf(revocationRules, string(text), "rule for revocation")
	*r = RevocationRule(i)
	return err
}
