package muster

import "time"

// CheckBound refuses a time that RFC 3339 has no year for where it is written in UTC: nobody could be shown it. The zero time
// is none.
func CheckBound(t time.Time) error {
	if year := t.UTC().Year(); year < 1 || year > 9999 {
		return Refuse(ReasonRequestInvalid, "the year of a time is 1 to 9999 in UTC")
	}
	return nil
}
