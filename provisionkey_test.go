package muster_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"muster"
)

func TestAProvisionKeysRestrictions(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	inside, outside := netip.MustParseAddr("10.1.2.3"), netip.MustParseAddr("192.0.2.1")
	for name, c := range map[string]struct {
		key  muster.ProvisionKey
		from netip.Addr
		name string
		want error
	}{
		"a key without restrictions lets everybody in":  {muster.ProvisionKey{}, outside, "x", nil},
		"a key opens on time":                           {muster.ProvisionKey{NotBefore: now}, outside, "x", nil},
		"a key is closed before":                        {muster.ProvisionKey{NotBefore: now.Add(1)}, outside, "x", muster.ReasonProvisionKeyNotYet},
		"a key ends on time":                            {muster.ProvisionKey{ExpiresAt: now}, outside, "x", muster.ReasonProvisionKeyExpired},
		"a key works until then":                        {muster.ProvisionKey{ExpiresAt: now.Add(1)}, outside, "x", nil},
		"a revoked key is closed":                       {muster.ProvisionKey{RevokedAt: now}, outside, "x", muster.ReasonProvisionKeyRevoked},
		"a revocation may lie ahead":                    {muster.ProvisionKey{RevokedAt: now.Add(1)}, outside, "x", nil},
		"a network lets its own in":                     {muster.ProvisionKey{Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}, inside, "x", nil},
		"an address in IPv6 form is the same":           {muster.ProvisionKey{Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}, netip.AddrFrom16(inside.As16()), "x", nil},
		"a network keeps strangers out":                 {muster.ProvisionKey{Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}, outside, "x", muster.ReasonProvisionKeyNetwork},
		"the last place is given":                       {muster.ProvisionKey{MaxDevices: 2, Devices: 1}, outside, "x", nil},
		"a full key is closed":                          {muster.ProvisionKey{MaxDevices: 2, Devices: 2}, outside, "x", muster.ReasonProvisionKeyExhausted},
		"a pattern matches whole names":                 {muster.ProvisionKey{NamePattern: `SN-\d+`}, outside, "SN-17", nil},
		"a pattern that matches a part matches nothing": {muster.ProvisionKey{NamePattern: `SN-\d+|x`}, outside, "SN-17-evil", muster.ReasonDeviceNamePattern},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.key.Live(now, c.from)
			if err == nil {
				err = c.key.Admits(c.name)
			}
			if !errors.Is(err, c.want) && err != c.want {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

func TestPatternsThatAreNone(t *testing.T) {
	for _, pattern := range []string{`(`, `*`, `a)|(?:b`, string(make([]byte, 1001))} { // the third would match parts of names
		k := muster.ProvisionKey{Key: "key", NamePattern: pattern}
		if err := k.Check(); !errors.Is(err, muster.ReasonRequestInvalid) {
			t.Errorf("%.10q: %v", pattern, err)
		}
	}
}

func TestNamesThatNoDeviceMayHave(t *testing.T) {
	for _, name := range []string{"", " ", "a\x00", "a\nb", "<b>", "{{x}}", "\xff", string(make([]rune, 256))} {
		if err := muster.CheckDeviceName(name); !errors.Is(err, muster.ReasonDeviceNameInvalid) {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"sensor 1", "a/b", "ütf-8 ☃", "{x}", "a&b"} {
		if err := muster.CheckDeviceName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}
