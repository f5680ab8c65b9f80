package muster

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
)

// A Version tells one state of a thing from every other: who changes the thing can say which state is meant.
type Version string

// versionOf returns the version of a thing that has these fields.
func versionOf(fields ...any) Version {
	text, _ := json.Marshal(fields) // of text, numbers, times and what is made of them
	sum := sha256.Sum256(text)
	return Version(hex.EncodeToString(sum[:12]))
}

// Version returns the version of what operators can change of the device, and of its state.
func (d *Device) Version() Version {
	return versionOf(d.ID, d.Profile, d.Name, d.State, d.Gateway, d.Label, d.Description, nonNil(d.Tags), d.ProvisionedAt.UnixMilli())
}

// Version returns the version of the profile.
func (p *Profile) Version() Version {
	return versionOf(p.ID, p.Name, p.Description, p.Strategy, p.Settings)
}

func nonNil(tags map[string]string) map[string]string {
	if tags == nil {
		return map[string]string{}
	}
	return tags
}

// Expect refuses v, with ReasonVersionStale, unless it is one of those that whoever asks for a change has seen; with none,
// any will do.
func (v Version) Expect(seen []Version) error {
	if len(seen) == 0 || slices.Contains(seen, v) {
		return nil
	}
	return Refuse(ReasonVersionStale, "")
}

// Version returns the version of what operators can change of the key, and of its state; not of how many devices it let in.
func (k *ProvisionKey) Version() Version {
	networks := k.Networks
	if len(networks) == 0 {
		networks = nil
	}
	return versionOf(k.ID, k.Profile, k.Key, k.Secret, k.FormerUntil.UnixMilli(), k.NotBefore.UnixMilli(), k.ExpiresAt.UnixMilli(),
		k.MaxDevices, networks, k.NamePattern, k.Rate, k.SuspendedAt.UnixMilli(), k.RevokedAt.UnixMilli())
}

// Version returns the version of the credential's state and dates, and of what takes over from it.
func (c *Credential) Version() Version {
	return versionOf(c.ID, c.State, c.Successor, c.NotBefore.UnixMilli(), c.ExpiresAt.UnixMilli())
}

// AttributesVersion returns the version of the attributes of one scope, which come by their keys.
func AttributesVersion(attributes []Attribute) Version {
	fields := make([]any, 0, 3*len(attributes))
	for _, a := range attributes {
		fields = append(fields, a.Key, a.Value.Encode(nil), a.UpdatedAt.UnixMilli())
	}
	return versionOf(fields...)
}
