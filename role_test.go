package muster

import (
	"net/netip"
	"testing"
	"time"
)

func TestEachRoleMayDoWhatThoseBelowItMay(t *testing.T) {
	all := []Role{RoleNone, RoleViewer, RoleOperator, RoleAdmin}
	for i, r := range all {
		for j, want := range all {
			if r.Allows(want) != (i >= j) {
				t.Errorf("%s allows what needs %s: %v", r, want, r.Allows(want))
			}
		}
		parsed, err := ParseRole(r.String())
		if r == RoleNone {
			if err == nil || parsed != RoleNone {
				t.Error("nobody can be given no role")
			}
			continue
		}
		if err != nil || parsed != r {
			t.Errorf("%s is read as %s, %v", r, parsed, err)
		}
	}
	if r, err := ParseRole("Admin"); err == nil || r != RoleNone {
		t.Errorf("another case is read as %s, %v", r, err)
	}
	var nobody Actor
	if a, ok := ActorOf(t.Context()); ok || a != nobody || a.Role.Allows(RoleViewer) {
		t.Errorf("nobody asks, and may: %+v", a)
	}
}

func TestWhatOpensTheDoorForPeopleEnds(t *testing.T) {
	now := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	here := netip.MustParseAddr("192.0.2.1")
	for says, c := range map[string]struct {
		err  error
		want Reason
	}{
		"a token without bounds":          {(&APIToken{}).Live(now, here), ""},
		"a token at its end":              {(&APIToken{ExpiresAt: now}).Live(now, here), ReasonAPITokenExpired},
		"a token before its end":          {(&APIToken{ExpiresAt: now.Add(1)}).Live(now, here), ""},
		"a token as it is revoked":        {(&APIToken{RevokedAt: now, ExpiresAt: now}).Live(now, here), ReasonAPITokenRevoked},
		"a token from an allowed network": {(&APIToken{Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}).Live(now, here), ""},
		"a token from elsewhere":          {(&APIToken{Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}).Live(now, here), ReasonAPITokenNetwork},
		"a token from nowhere":            {(&APIToken{Networks: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}}).Live(now, netip.Addr{}), ReasonAPITokenNetwork},
		"a login":                         {(&Login{SeenAt: now, ExpiresAt: now.Add(1)}).Live(now), ""},
		"a login at its end":              {(&Login{SeenAt: now, ExpiresAt: now}).Live(now), ReasonLoginOver},
		"a login unused for too long":     {(&Login{SeenAt: now.Add(-LoginIdle), ExpiresAt: now.Add(1)}).Live(now), ReasonLoginOver},
	} {
		if ReasonOf(c.err) != c.want {
			t.Errorf("%s: %v, want the reason %q", says, c.err, c.want)
		}
	}
}
