package identity_test

import (
	"testing"
	"time"

	"muster"
	"muster/internal/identity"
)

func TestAnAttemptIsJudgedByAnotherRuleForJWTs(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	keys, err := muster.NewKeyring(make([]byte, muster.MasterKeySize))
	if err != nil {
		t.Fatal(err)
	}
	s := identity.New(nil, keys, identity.Options{ServerNames: []string{"here"}})
	claims := &muster.Claims{IssuedAt: now.Add(-time.Hour), ExpiresAt: now.Add(2 * time.Hour), Audience: "https://here/devices/pump"}
	late := &muster.Claims{IssuedAt: now.Add(-2 * time.Hour), ExpiresAt: now.Add(-time.Hour), Audience: claims.Audience}
	for name, c := range map[string]struct {
		claims   *muster.Claims
		reason   muster.Reason
		rule     muster.JWTRule
		want     muster.Reason
		unjudged bool
	}{
		"nothing has changed":                  {claims, "", muster.JWTRule{}, "", false},
		"it has expired by now, but not then":  {claims, "", muster.JWTRule{Skew: time.Second}, "", false},
		"it was valid for too long":            {claims, "", muster.JWTRule{MaxLifetime: time.Hour}, muster.ReasonJWTLifetimeTooLong, false},
		"it is for another audience":           {claims, "", muster.JWTRule{Audiences: []string{"urn:{deviceId}"}}, muster.ReasonJWTAudienceMismatch, false},
		"its clock may be off by more":         {late, muster.ReasonJWTExpired, muster.JWTRule{Skew: 90 * time.Minute}, "", false},
		"what failed behind it fails still":    {claims, muster.ReasonCredentialRevoked, muster.JWTRule{}, muster.ReasonCredentialRevoked, false},
		"what fails before what failed":        {claims, muster.ReasonDeviceSuspended, muster.JWTRule{MaxLifetime: time.Hour}, muster.ReasonJWTLifetimeTooLong, false},
		"what showed none is let in":           {nil, "", muster.JWTRule{MaxLifetime: time.Hour}, "", false},
		"what showed a wrong signature is not": {nil, muster.ReasonJWTSignatureWrong, muster.JWTRule{}, muster.ReasonJWTSignatureWrong, false},
		"what is not kept cannot be judged":    {nil, muster.ReasonJWTExpired, muster.JWTRule{}, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			a := muster.Attempt{At: now, Action: muster.ActionConnect, Name: "pump", Reason: c.reason, Claims: c.claims}
			seen := s.Rehearse(&a, &c.rule)
			if (seen.Unjudged != "") != c.unjudged || seen.Reason != c.want {
				t.Errorf("it becomes %+v", seen)
			}
		})
	}
}
