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
	return versionOf(d.ID, d.Profile, d.Name, d.State, d.Gateway, d.Label, nonNil(d.Tags), d.ProvisionedAt.UnixMilli())
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

// Expect refuses v, with ReasonVersionStale, unless it is one of those that whoever asks for a change has seen. Nil expects
// none.
func (v Version) Expect(seen []Version) error {
	if seen == nil || slices.Contains(seen, v) {
		return nil
	}
	return Refuse(ReasonVersionStale, "")
}
