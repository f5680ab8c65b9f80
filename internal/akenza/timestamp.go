package akenza

import (
	"time"

	"muster"
)

const timestamp = "timestamp"

// cutTimestamp takes the member timestamp out of values, in place, and returns its time; not ok if there is none, or if
// it is no ISO-8601 time and so a reading like any other.
func cutTimestamp(values muster.Values) (at time.Time, rest muster.Values, ok bool) {
	for key, value := range values.Raw() {
		if string(key) == timestamp {
			v, _, _ := muster.DecodeValue(value)
			at, ok = parseTime(v.Text())
		}
	}
	if !ok {
		return time.Time{}, values, false
	}
	rest = values[:0] // what is kept moves towards the front, and never over what is still to be read
	for key, value := range values.Raw() {
		if string(key) != timestamp {
			rest = append(rest.AddKey(string(key)), value...)
		}
	}
	return at, rest, true
}

// parseTime reads a date and time of ISO 8601: with a zone in either form, or without one in UTC.
func parseTime(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}
