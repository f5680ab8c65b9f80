package muster

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A Device is one thing in the field.
type Device struct {
	ID              DeviceID
	Profile         ProfileID
	Name            string // unique in the registry, exact and case-sensitive
	State           DeviceState
	Gateway         bool
	Label           string
	Description     string
	Tags            map[string]string
	CreatedAt       time.Time
	ProvisionedAt   time.Time      // zero until it has let itself in
	ProvisionedWith ProvisionKeyID // which key let it in; zero if an operator made it
}

// A DeviceState says whether a device may speak. The zero state is Suspended's opposite only after an operator or a
// provision key has said so: it is Listed, expected and not yet provisioned.
type DeviceState uint8

// The states.
const (
	DeviceListed    DeviceState = iota // expected, not yet provisioned; a credential it was given already works
	DeviceActive                       // in
	DeviceSuspended                    // out until resumed
)

var deviceStates = []string{"listed", "active", "suspended"}

// String returns the state's name.
func (s DeviceState) String() string { return nameOf(deviceStates, int(s)) }

// MarshalText is String.
func (s DeviceState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// ParseDeviceState reads a state's name.
func ParseDeviceState(name string) (DeviceState, error) {
	i, err := indexOf(deviceStates, name, "device state")
	return DeviceState(i), err
}

// MaxNameLength bounds the names of devices, profiles and keys, in characters.
const MaxNameLength = 255

// CheckDeviceName refuses names that a registry, a console or a topic could not carry: empty, over MaxNameLength
// characters, not UTF-8, with control characters, or with markup or template brackets in them.
func CheckDeviceName(name string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return Refuse(ReasonDeviceNameInvalid, "the device name is empty")
	case !utf8.ValidString(name):
		return Refuse(ReasonDeviceNameInvalid, "the device name is not UTF-8")
	case utf8.RuneCountInString(name) > MaxNameLength:
		return Refuse(ReasonDeviceNameInvalid, "the device name is longer than %d characters", MaxNameLength)
	case strings.ContainsFunc(name, unicode.IsControl):
		return Refuse(ReasonDeviceNameInvalid, "the device name has control characters")
	case strings.ContainsAny(name, "<>") || strings.Contains(name, "{{"):
		return Refuse(ReasonDeviceNameInvalid, "the device name has markup in it")
	}
	return nil
}

// Bounds of what people describe a device with.
const (
	MaxTags       = 32
	MaxTagLength  = 255  // characters of a tag's name or value
	MaxTextLength = 1000 // characters of a label or a description
)

// CheckDevice refuses a device whose name, label, description or tags the registry could not carry.
func CheckDevice(d *Device) error {
	if err := CheckDeviceName(d.Name); err != nil {
		return err
	}
	if !utf8.ValidString(d.Label) || utf8.RuneCountInString(d.Label) > MaxTextLength {
		return Refuse(ReasonRequestInvalid, "a label has at most %d characters of UTF-8", MaxTextLength)
	}
	if !utf8.ValidString(d.Description) || utf8.RuneCountInString(d.Description) > MaxTextLength {
		return Refuse(ReasonRequestInvalid, "a description has at most %d characters of UTF-8", MaxTextLength)
	}
	if len(d.Tags) > MaxTags {
		return Refuse(ReasonRequestInvalid, "a device has at most %d tags", MaxTags)
	}
	for name, value := range d.Tags {
		if name == "" || !shortText(name) || !shortText(value) {
			return Refuse(ReasonRequestInvalid, "a tag's name has 1 to %d characters of UTF-8, its value at most as many", MaxTagLength)
		}
	}
	return nil
}

func shortText(s string) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= MaxTagLength
}

// ProvisionState is the server attribute that tells whether a device has let itself in, and Provisioned its value then.
const (
	ProvisionState = "provisionState"
	Provisioned    = "provisioned"
)

func nameOf(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return "unknown"
}

func indexOf(names []string, name, what string) (int, error) {
	for i, n := range names {
		if n == name {
			return i, nil
		}
	}
	return 0, Refuse(ReasonRequestInvalid, "unknown %s %.40q: one of %s", what, name, strings.Join(names, ", "))
}
