package identity

import (
	"encoding/json"
	"math"
	"time"

	"muster"
)

// claims are what a token says of itself, as far as it matters here.
type claims struct {
	issued    time.Time
	expires   time.Time
	notBefore time.Time // zero: not said
	audience  string
	subject   *string // nil: not said
}

// parseClaims reads the payload of a token: iat and exp are numbers, aud a text or a list of exactly one.
func parseClaims(payload []byte) (*claims, error) {
	members, err := parseObject(payload)
	if err != nil {
		return nil, malformed("the JWT's claims: %v", err)
	}
	c := &claims{}
	for _, d := range []struct {
		name string
		to   *time.Time
	}{{"iat", &c.issued}, {"exp", &c.expires}, {"nbf", &c.notBefore}} {
		value, given := members[d.name]
		if !given && d.name == "nbf" {
			continue
		}
		var ok bool
		if *d.to, ok = date(value); !ok {
			return nil, malformed("the JWT's %s is missing or is not a number of seconds", d.name)
		}
	}
	if !c.issued.Before(c.expires) {
		return nil, malformed("the JWT expires before it was issued")
	}
	if subject, given := members["sub"]; given {
		text, ok := subject.(string)
		if !ok {
			return nil, malformed("the JWT's sub is not a text")
		}
		c.subject = &text
	}
	audience := members["aud"]
	if list, ok := audience.([]any); ok && len(list) == 1 {
		audience = list[0]
	}
	text, ok := audience.(string)
	if !ok {
		return nil, muster.Refuse(muster.ReasonJWTAudienceMismatch, "the JWT's aud is not one text")
	}
	c.audience = text
	return c, nil
}

// date reads seconds since 1970, whole or not, up to the year 9999.
func date(value any) (time.Time, bool) {
	number, ok := value.(json.Number)
	if !ok {
		return time.Time{}, false
	}
	seconds, err := number.Float64()
	if err != nil || !(seconds >= 0 && seconds < 253402300800) {
		return time.Time{}, false
	}
	return time.Unix(int64(math.Floor(seconds)), 0), true
}

// check refuses claims that are not for the device or not for now. (akenza rules 6 to 8)
func (c *claims) check(rule *muster.JWTRule, device string, serverNames []string, now time.Time) error {
	leeway := rule.Leeway()
	switch {
	case !now.Before(c.expires.Add(leeway)):
		return muster.Refuse(muster.ReasonJWTExpired, "")
	case c.issued.After(now.Add(leeway)), c.notBefore.After(now.Add(leeway)):
		return muster.Refuse(muster.ReasonJWTClockSkew, "")
	case c.expires.Sub(c.issued) > rule.Lifetime()+leeway:
		return muster.Refuse(muster.ReasonJWTLifetimeTooLong, "")
	case !rule.Accepts(c.audience, device, serverNames):
		return muster.Refuse(muster.ReasonJWTAudienceMismatch, "")
	case c.subject != nil && *c.subject != device:
		return muster.Refuse(muster.ReasonJWTSubjectMismatch, "")
	}
	return nil
}
