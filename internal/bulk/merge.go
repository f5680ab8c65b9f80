package bulk

import (
	"maps"

	"muster"
)

// merge says what becomes of the device that has the row's name already, nil if the row says nothing new. The row's
// credentials take the place of those of their kinds; what the row does not speak of stays.
func (d *desk) merge(r *row, held muster.DeviceRecord) (*muster.DeviceChange, error) {
	m := merging{desk: d, row: r, change: muster.DeviceChange{Device: held.Device}}
	if err := m.device(); err != nil {
		return nil, err
	}
	if err := m.credentials(held.Credentials); err != nil {
		return nil, err
	}
	m.attributes(held.Attributes)
	r.shared = sharedKeys(m.change.Attributes)
	r.profile = m.change.Device.Profile
	if !m.changed {
		return nil, nil //nolint:nilnil // nothing new, as said above
	}
	return &m.change, nil
}

type merging struct {
	desk    *desk
	row     *row
	change  muster.DeviceChange
	changed bool
}

// ends has the sessions of the device ended, for the first reason that is found.
func (m *merging) ends(why muster.Reason) {
	if m.change.Ends == "" {
		m.change.Ends = why
	}
}

func (m *merging) device() error {
	said, dev := &m.row.record.Device, &m.change.Device
	if err := m.state(); err != nil {
		return err
	}
	if m.row.given.profile && dev.Profile != said.Profile {
		dev.Profile, m.changed = said.Profile, true
		m.ends(muster.ReasonDeviceChanged)
	}
	if m.row.given.gateway && dev.Gateway != said.Gateway {
		dev.Gateway, m.changed = said.Gateway, true
		m.ends(muster.ReasonDeviceChanged)
	}
	if m.row.given.label && dev.Label != said.Label {
		dev.Label, m.changed = said.Label, true
	}
	if m.row.given.description && dev.Description != said.Description {
		dev.Description, m.changed = said.Description, true
	}
	if m.row.given.tags && !maps.Equal(dev.Tags, said.Tags) {
		dev.Tags, m.changed = said.Tags, true
	}
	return nil
}

// state moves the device to where the row says it is.
func (m *merging) state() error {
	said, dev := &m.row.record.Device, &m.change.Device
	if m.row.given.state && dev.State != said.State {
		if said.State == muster.DeviceListed && !dev.ProvisionedAt.IsZero() {
			return muster.Refuse(muster.ReasonDeviceProvisioned, "the device has let itself in and cannot be listed again by a file")
		}
		dev.State, m.changed = said.State, true
		if said.State == muster.DeviceSuspended {
			m.ends(muster.ReasonDeviceSuspended)
		}
	}
	if !said.ProvisionedAt.IsZero() && dev.ProvisionedAt.IsZero() {
		dev.ProvisionedAt, m.changed = said.ProvisionedAt, true
		if !m.row.given.state && dev.State == muster.DeviceListed {
			dev.State = muster.DeviceActive
		}
	}
	return nil
}

func (m *merging) credentials(held []muster.Credential) error {
	kinds := map[muster.CredentialKind]bool{}
	wanted := map[muster.LookupKey]bool{}
	for i := range m.row.shown {
		c := &m.row.record.Credentials[i]
		kinds[c.Kind], wanted[c.Lookup] = true, true
		if err := m.credential(&m.row.shown[i], c, held); err != nil {
			return err
		}
	}
	for _, c := range held {
		if kinds[c.Kind] && !wanted[c.Lookup] && c.State != muster.CredentialRevoked {
			c.State = muster.CredentialRevoked
			m.set(c)
		}
	}
	return nil
}

// set changes a credential that the device holds. Sessions may rest on it.
func (m *merging) set(c muster.Credential) {
	m.change.Set, m.changed = append(m.change.Set, c), true
	m.ends(muster.ReasonCredentialChanged)
}

// credential sees to it that the device holds the credential that the row shows.
func (m *merging) credential(s *shown, c *muster.Credential, held []muster.Credential) error {
	for _, h := range held {
		if h.Lookup != c.Lookup {
			continue
		}
		if h.State == muster.CredentialRevoked {
			return &badCell{s.column, muster.Refuse(muster.ReasonCredentialInUse, "the device had this %s, and it was revoked: give it another", c.Kind)}
		}
		same, err := m.same(s, &h)
		if err != nil {
			return err
		}
		if same && h.State == s.state && h.NotBefore.Equal(s.notBefore) && h.ExpiresAt.Equal(s.expiresAt) {
			return nil
		}
		h.State, h.NotBefore, h.ExpiresAt = s.state, s.notBefore, s.expiresAt
		if !same {
			h.Value, h.Hint = m.desk.keys.Seal(s.Value(), h.Purpose()), c.Hint
		}
		m.set(h)
		return nil
	}
	added := *c
	added.Device = m.change.Device.ID
	m.change.Add, m.changed = append(m.change.Add, added), true
	return nil
}

// same reports whether a credential that is found by the same key opens to the same: of MQTT basic the password may differ.
func (m *merging) same(s *shown, held *muster.Credential) (bool, error) {
	if s.Kind != held.Kind {
		return false, &badCell{s.column, muster.Refuse(muster.ReasonCredentialInUse, "the device has it as its %s", held.Kind)}
	}
	if s.Kind != muster.MQTTBasic {
		return true, nil
	}
	e, err := held.Open(m.desk.keys)
	if err != nil {
		return false, err
	}
	return e == s.Evidence, nil
}

func (m *merging) attributes(held []muster.Attribute) {
	type name struct {
		scope muster.Scope
		key   string
	}
	has := make(map[name]muster.Value, len(held))
	for _, a := range held {
		has[name{a.Scope, a.Key}] = a.Value
	}
	for _, a := range m.row.record.Attributes {
		if v, ok := has[name{a.Scope, a.Key}]; !ok || v != a.Value {
			m.change.Attributes, m.changed = append(m.change.Attributes, a), true
		}
	}
}

// sharedKeys returns the keys of those that are the device's to read.
func sharedKeys(attributes []muster.Attribute) (keys []string) {
	for _, a := range attributes {
		if a.Scope == muster.SharedScope {
			keys = append(keys, a.Key)
		}
	}
	return keys
}
