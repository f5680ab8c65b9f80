package identity

import (
	"encoding/json"
	"math"
	"time"

	"muster"
)

// parseClaims reads the payload of a token: iat and exp are numbers, aud a text or a list of exactly one.
func parseClaims(payload []byte) (*muster.Claims, error) {
	members, err := parseObject(payload)
	if err != nil {
		return nil, malformed("the JWT's claims: %v", err)
	}
	c := &muster.Claims{}
	for _, d := range []struct {
		name string
		to   *time.Time
	}{{"iat", &c.IssuedAt}, {"exp", &c.ExpiresAt}, {"nbf", &c.NotBefore}} {
		value, given := members[d.name]
		if !given && d.name == "nbf" {
			continue
		}
		var ok bool
		if *d.to, ok = date(value); !ok {
			return nil, malformed("the JWT's %s is missing or is not a number of seconds", d.name)
		}
	}
	if !c.IssuedAt.Before(c.ExpiresAt) {
		return nil, malformed("the JWT expires before it was issued")
	}
	if subject, given := members["sub"]; given {
		text, ok := subject.(string)
		if !ok {
			return nil, malformed("the JWT's sub is not a text")
		}
		c.Subject = &text
	}
	audience := members["aud"]
	if list, ok := audience.([]any); ok && len(list) == 1 {
		audience = list[0]
	}
	text, ok := audience.(string)
	if !ok {
		return nil, muster.Refuse(muster.ReasonJWTAudienceMismatch, "the JWT's aud is not one text")
	}
	c.Audience = text
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

// checkClaims refuses claims that are not for the device or not for now. It is pure, so it can be rehearsed. (akenza rules
// 6 to 8)
func checkClaims(c *muster.Claims, rule *muster.JWTRule, device string, serverNames []string, now time.Time) error {
	leeway := rule.Leeway()
	switch {
	case !now.Before(c.ExpiresAt.Add(leeway)):
		return muster.Refuse(muster.ReasonJWTExpired, "")
	case c.IssuedAt.After(now.Add(leeway)), c.NotBefore.After(now.Add(leeway)):
		return muster.Refuse(muster.ReasonJWTClockSkew, "")
	case c.ExpiresAt.Sub(c.IssuedAt) > rule.Lifetime()+leeway:
		return muster.Refuse(muster.ReasonJWTLifetimeTooLong, "")
	case !rule.Accepts(c.Audience, device, serverNames):
		return muster.Refuse(muster.ReasonJWTAudienceMismatch, "")
	case c.Subject != nil && *c.Subject != device:
		return muster.Refuse(muster.ReasonJWTSubjectMismatch, "")
	}
	return nil
}
