package bulk

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"muster"
)

// maxCredentials bounds how many credentials a row gives a device.
const maxCredentials = 16

// A row is a device as a row of the file describes it.
type row struct {
	line int
	kept kept
	// What is filed if there is no device of the name.
	record  muster.DeviceRecord
	given   given
	shown   []shown          // what record.Credentials are made of; none: the server has made a token
	values  muster.Values    // readings
	profile muster.ProfileID // of the device, once it is filed
	shared  []string         // keys of its shared attributes that are changed then
}

// given says of which fields of a device a row speaks.
type given struct{ profile, label, description, tags, gateway, state bool }

// shown is a credential in the clear, and in which column it stands.
type shown struct {
	muster.Evidence
	column               string
	state                muster.CredentialState
	notBefore, expiresAt time.Time
}

// A badCell is what is wrong with a cell.
type badCell struct {
	column string
	err    error
}

func (b *badCell) Error() string { return b.err.Error() }
func (b *badCell) Unwrap() error { return b.err }

// invalid refuses a row. What its cells hold is left out: it may be a secret that stands in the wrong column.
func invalid(format string, args ...any) error {
	return muster.Refuse(muster.ReasonImportRowInvalid, format, args...)
}

// A desk makes rows of records.
type desk struct {
	keys     *muster.Keyring
	now      time.Time
	profiles map[string]muster.Profile
	profile  string // of devices whose row names none
}

// row checks a record and makes of it what may be filed. An error is about this row alone.
func (d *desk) row(rec record) (*row, error) {
	r := &row{line: rec.line, kept: rec.kept}
	if rec.wrong != nil {
		return r, rec.wrong
	}
	dev := &r.record.Device
	dev.ID, dev.CreatedAt, dev.Name = muster.NewID[muster.Device](), d.now, ""
	draft := draft{row: r, desk: d}
	for i := range rec.cells {
		c := &rec.cells[i]
		if c.value.Kind == muster.NoValue && !utf8.ValidString(c.text) {
			return r, &badCell{c.column.name, invalid("the cell is not UTF-8: save the file as UTF-8")}
		}
		if err := draft.take(c); err != nil {
			return r, &badCell{c.column.name, err}
		}
	}
	return r, draft.finish()
}

// A draft is a row whose cells are being read.
type draft struct {
	row                 *row
	desk                *desk
	profile             string
	basic               shown  // the columns of MQTT basic belong together
	named               string // the column of the name
	columnOfProfile     string
	none                bool // the row says that the device has no credential
	readings            int
	provisioned, listed bool
}

// take reads a cell.
func (w *draft) take(c *cell) (err error) {
	dev := &w.row.record.Device
	switch c.column.field {
	case fieldName:
		dev.Name, w.named = c.plain(), c.column.name
		return muster.CheckDeviceName(dev.Name)
	case fieldProfile:
		w.profile, w.columnOfProfile, w.row.given.profile = c.plain(), c.column.name, true
	case fieldLabel:
		dev.Label, w.row.given.label = c.plain(), true
	case fieldTags:
		dev.Tags, err = tagsOf(c.plain())
		w.row.given.tags = true
	case fieldGateway:
		dev.Gateway, err = yes(c.plain())
		w.row.given.gateway = true
	case fieldDescription:
		dev.Description, w.row.given.description = c.plain(), true
	case fieldState:
		if dev.State, err = muster.ParseDeviceState(strings.ToLower(c.plain())); err != nil {
			return invalid("a state is listed, active or suspended")
		}
		w.row.given.state = true
	case fieldProvisionState:
		return w.provisionState(strings.ToLower(c.plain()))
	case fieldCreatedAt:
		dev.CreatedAt, err = timeOf(c.plain())
	case fieldProvisionedAt:
		dev.ProvisionedAt, err = timeOf(c.plain())
	case fieldServer:
		return w.keyed(c, func(key string, v muster.Value) error { return w.attribute(muster.ServerScope, key, v) })
	case fieldShared:
		return w.keyed(c, func(key string, v muster.Value) error { return w.attribute(muster.SharedScope, key, v) })
	case fieldClient:
		return w.keyed(c, func(key string, v muster.Value) error { return w.attribute(muster.ClientScope, key, v) })
	case fieldTelemetry:
		return w.keyed(c, w.reading)
	default:
		return w.credential(c)
	}
	return err
}

// credential reads a cell that a device is recognised by.
func (w *draft) credential(c *cell) (err error) {
	s := shown{column: c.column.name, state: muster.CredentialActive}
	text := c.plain()
	switch c.column.field {
	case fieldToken:
		s.Kind, s.Token = muster.AccessToken, muster.Secret(text)
	case fieldClientID:
		w.basic.ClientID = text
		w.basic.column = cmp.Or(w.basic.column, c.column.name)
		return nil
	case fieldUsername:
		w.basic.Username, w.basic.column = text, c.column.name
		return nil
	case fieldPassword:
		w.basic.Password = muster.Secret(text)
		w.basic.column = cmp.Or(w.basic.column, c.column.name)
		return nil
	case fieldCertificate:
		s.Kind = muster.X509Certificate
		s.Certificate, err = muster.PlainCertificate(text)
	case fieldPublicKey:
		s.Kind, s.PublicKey = muster.PublicKey, text
	case fieldCredentials:
		return w.more(c)
	default:
		return nil
	}
	if err != nil {
		return err
	}
	return w.show(s)
}

// more reads a list of credentials as an export writes it.
func (w *draft) more(c *cell) error {
	var all []credentialText
	if json.Unmarshal([]byte(c.plain()), &all) != nil {
		return invalid("the cell is not a JSON array of credentials")
	}
	w.none = len(all) == 0
	for _, text := range all {
		s, err := text.shown()
		if err != nil {
			return err
		}
		s.column = c.column.name
		if err := w.show(s); err != nil {
			return err
		}
	}
	return nil
}

func (w *draft) show(s shown) error {
	if len(w.row.shown) == maxCredentials {
		return invalid("a row gives a device at most %d credentials", maxCredentials)
	}
	w.row.shown = append(w.row.shown, s)
	return s.Check()
}

// keyed takes the value of a column with a key, or every member of an object.
func (w *draft) keyed(c *cell, take func(string, muster.Value) error) error {
	v := c.typed()
	if c.column.key != "" {
		return take(c.column.key, v)
	}
	var members map[string]json.RawMessage
	if v.Kind != muster.JSON || json.Unmarshal([]byte(v.Text()), &members) != nil {
		return invalid("the cell is not a JSON object")
	}
	for key, raw := range members {
		v, ok := jsonValue(raw)
		if !ok {
			continue
		}
		if key == "" || len(key) > muster.MaxKeyLength {
			return invalid("a key has 1 to %d bytes", muster.MaxKeyLength)
		}
		if err := take(key, v); err != nil {
			return err
		}
	}
	return nil
}

func (w *draft) attribute(scope muster.Scope, key string, v muster.Value) error {
	r := &w.row.record
	if len(r.Attributes) == muster.MaxKeys {
		return invalid("a row has at most %d attributes", muster.MaxKeys)
	}
	r.Attributes = append(r.Attributes, muster.Attribute{Scope: scope, Key: key, Value: v, UpdatedAt: w.desk.now})
	if scope == muster.ServerScope && key == muster.ProvisionState {
		w.provisioned = w.provisioned || v == muster.StringValue(muster.Provisioned)
	}
	return nil
}

func (w *draft) reading(key string, v muster.Value) error {
	if w.readings++; w.readings > muster.MaxKeys {
		return invalid("a row has at most %d readings", muster.MaxKeys)
	}
	w.row.values = w.row.values.Add(key, v)
	return nil
}

// provisionState reads whether the device has let itself in already.
func (w *draft) provisionState(word string) error {
	switch word {
	case muster.Provisioned:
		return w.attribute(muster.ServerScope, muster.ProvisionState, muster.StringValue(muster.Provisioned))
	case muster.DeviceListed.String():
		w.listed = true
		return nil
	}
	return invalid("a provision state is provisioned or listed")
}

// finish puts together what the cells say.
func (w *draft) finish() error {
	dev := &w.row.record.Device
	if dev.Name == "" {
		return &badCell{w.named, muster.Refuse(muster.ReasonDeviceNameInvalid, "the row has no device name")}
	}
	if err := muster.CheckDevice(dev); err != nil {
		return err
	}
	name := cmp.Or(w.profile, w.desk.profile)
	p, ok := w.desk.profiles[name]
	if !ok {
		return &badCell{w.columnOfProfile, muster.Refuse(muster.ReasonNotFound, "there is no such profile")}
	}
	dev.Profile, w.row.profile = p.ID, p.ID
	w.enter(&p)
	slices.SortStableFunc(w.row.record.Attributes, func(a, b muster.Attribute) int {
		return cmp.Or(cmp.Compare(a.Scope, b.Scope), strings.Compare(a.Key, b.Key))
	})
	return w.seal()
}

// enter decides how a new device stands.
func (w *draft) enter(p *muster.Profile) {
	dev := &w.row.record.Device
	switch {
	case w.row.given.state:
	case w.listed:
		dev.State, w.row.given.state = muster.DeviceListed, true
	case w.provisioned:
		dev.State = muster.DeviceActive
	default:
		dev.State = p.FirstState()
	}
	if w.provisioned && dev.ProvisionedAt.IsZero() {
		dev.ProvisionedAt = w.desk.now
	}
}

// seal makes credentials of what the row shows, and a token if that is nothing.
func (w *draft) seal() error {
	r := w.row
	if w.basic.column != "" {
		w.basic.Kind, w.basic.state = muster.MQTTBasic, muster.CredentialActive
		if err := w.show(w.basic); err != nil {
			return &badCell{w.basic.column, err}
		}
	}
	if len(r.shown) == 0 && w.none {
		return nil
	}
	if len(r.shown) == 0 {
		token := muster.Evidence{Kind: muster.AccessToken, Token: muster.Secret(muster.RandomText(muster.TokenLength))}
		c, err := token.Seal(w.desk.keys, r.record.Device.ID, w.desk.now)
		r.record.Credentials = []muster.Credential{c}
		return err
	}
	r.record.Credentials = make([]muster.Credential, len(r.shown))
	for i := range r.shown {
		s := &r.shown[i]
		c, err := s.Seal(w.desk.keys, r.record.Device.ID, w.desk.now)
		if err != nil {
			return &badCell{s.column, err}
		}
		c.State, c.NotBefore, c.ExpiresAt = s.state, s.notBefore, s.expiresAt
		r.record.Credentials[i] = c
	}
	return nil
}

// yes reads a word for true or false.
func yes(word string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "true", "yes", "1":
		return true, nil
	case "false", "no", "0":
		return false, nil
	}
	return false, invalid("true or false is wanted")
}

// tagsOf reads tags: a JSON object, or name=value with semicolons or commas between.
func tagsOf(text string) (map[string]string, error) {
	tags := map[string]string{}
	if strings.HasPrefix(text, "{") {
		if json.Unmarshal([]byte(text), &tags) != nil {
			return nil, invalid("the tags are not a JSON object of texts")
		}
		return tags, nil
	}
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ';' || r == ',' }) {
		name, value, _ := strings.Cut(part, "=")
		tags[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	return tags, nil
}

// timeOf reads RFC 3339 or epoch milliseconds.
func timeOf(text string) (time.Time, error) {
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		return storable(time.UnixMilli(ms))
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, invalid("the time is neither RFC 3339 nor epoch milliseconds")
	}
	return storable(t)
}

// storable is a time as it is kept. It refuses one that RFC 3339 has no year for, as nobody could be shown it.
func storable(t time.Time) (time.Time, error) {
	t = t.UTC().Truncate(time.Millisecond)
	if year := t.Year(); year < 1 || year > 9999 {
		return t, invalid("the year of a time is 1 to 9999")
	}
	return t, nil
}
