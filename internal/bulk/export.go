package bulk

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster"
)

// An Export says how the fleet is written out.
type Export struct {
	Format  string // csv or jsonl; empty: csv
	Secrets bool   // tokens, and what MQTT basic knows a device by, are written too
}

// exportPage is how many devices are read at once. No transaction is open while they are written.
const exportPage = 500

// Export returns what writes every device out, by name, so that an import makes the same fleet of it. The devices of a page
// are as they were at one moment.
func (s *Service) Export(ctx context.Context, x Export) (write func(io.Writer) error, err error) {
	if x.Format != "" && x.Format != formatCSV && x.Format != formatLines {
		return nil, muster.Refuse(muster.ReasonRequestInvalid, "an export is csv or jsonl, not %.20q", x.Format)
	}
	names, err := s.profileNames(ctx)
	if err != nil {
		return nil, err
	}
	if x.Secrets {
		if err := s.store.SecretsShown(ctx); err != nil {
			return nil, err
		}
	}
	return func(w io.Writer) error { return s.writeFleet(ctx, x, names, w) }, nil
}

func (s *Service) writeFleet(ctx context.Context, x Export, names map[muster.ProfileID]string, w io.Writer) error {
	out := newExporter(x, w)
	for after := ""; ; {
		page, err := s.store.DeviceRecords(ctx, after, exportPage)
		if err != nil {
			return err
		}
		for i := range page {
			d, err := s.describe(&page[i], x.Secrets)
			if err != nil {
				return err
			}
			if d.Profile = names[page[i].Device.Profile]; d.Profile == "" { // made since
				if names, err = s.profileNames(ctx); err != nil {
					return err
				}
				d.Profile = names[page[i].Device.Profile]
			}
			if err := out.write(d); err != nil {
				return err
			}
			after = page[i].Device.Name
		}
		if err := out.flush(); err != nil {
			return err
		}
		if len(page) < exportPage {
			return nil
		}
	}
}

func (s *Service) profileNames(ctx context.Context) (map[muster.ProfileID]string, error) {
	profiles, err := s.profiles(ctx)
	if err != nil {
		return nil, err
	}
	names := make(map[muster.ProfileID]string, len(profiles))
	for name, p := range profiles {
		names[p.ID] = name
	}
	return names, nil
}

// A deviceText is a device as it stands in a file.
type deviceText struct {
	Name          string                     `json:"name"`
	Profile       string                     `json:"profile"`
	State         string                     `json:"state"`
	Gateway       bool                       `json:"gateway"`
	Label         string                     `json:"label,omitempty"`
	Description   string                     `json:"description,omitempty"`
	Tags          map[string]string          `json:"tags,omitempty"`
	CreatedAt     time.Time                  `json:"created_at,omitzero"`
	ProvisionedAt time.Time                  `json:"provisioned_at,omitzero"`
	Server        map[string]json.RawMessage `json:"server,omitempty"`
	Shared        map[string]json.RawMessage `json:"shared,omitempty"`
	Client        map[string]json.RawMessage `json:"client,omitempty"`
	Certificate   string                     `json:"certificate,omitempty"`
	PublicKey     string                     `json:"public_key,omitempty"`
	Token         string                     `json:"token,omitempty"`
	ClientID      string                     `json:"mqtt_client_id,omitempty"`
	Username      string                     `json:"mqtt_username,omitempty"`
	Password      string                     `json:"mqtt_password,omitempty"`
	Credentials   []credentialText           `json:"credentials,omitzero"` // those that have no member of their own; empty and not nil: it has none
}

// describe returns a device as it is written. Revoked credentials are left out.
func (s *Service) describe(r *muster.DeviceRecord, secrets bool) (*deviceText, error) {
	d := &deviceText{
		Name: r.Device.Name, State: r.Device.State.String(), Gateway: r.Device.Gateway, Label: r.Device.Label,
		Description: r.Device.Description, Tags: r.Device.Tags, CreatedAt: r.Device.CreatedAt, ProvisionedAt: r.Device.ProvisionedAt,
	}
	scopes := map[muster.Scope]*map[string]json.RawMessage{muster.ServerScope: &d.Server, muster.SharedScope: &d.Shared, muster.ClientScope: &d.Client}
	for _, a := range r.Attributes {
		to := scopes[a.Scope]
		if *to == nil {
			*to = map[string]json.RawMessage{}
		}
		(*to)[a.Key] = a.Value.AppendJSON(nil)
	}
	held := 0
	for i := range r.Credentials {
		c := &r.Credentials[i]
		if c.State == muster.CredentialRevoked {
			continue
		}
		held++
		if !secrets && (c.Kind == muster.AccessToken || c.Kind == muster.MQTTBasic) {
			continue
		}
		e, err := c.Open(s.keys)
		if err != nil {
			return nil, err
		}
		if !d.plainly(c, &e) {
			d.Credentials = append(d.Credentials, textOf(c, &e))
		}
	}
	if held == 0 {
		d.Credentials = []credentialText{}
	}
	return d, nil
}

// plainly gives a credential the members that are made for its kind, if they are free and say all of it.
func (d *deviceText) plainly(c *muster.Credential, e *muster.Evidence) bool {
	if c.State != muster.CredentialActive || !c.NotBefore.IsZero() || !c.ExpiresAt.IsZero() {
		return false
	}
	switch {
	case c.Kind == muster.AccessToken && d.Token == "":
		d.Token = e.Token.Reveal()
	case c.Kind == muster.X509Certificate && d.Certificate == "":
		d.Certificate = e.Certificate
	case c.Kind == muster.PublicKey && d.PublicKey == "":
		d.PublicKey = e.PublicKey
	case c.Kind == muster.MQTTBasic && d.ClientID == "" && d.Username == "":
		d.ClientID, d.Username, d.Password = e.ClientID, e.Username, e.Password.Reveal()
	default:
		return false
	}
	return true
}

// An exporter writes devices in a format.
type exporter struct {
	csv     *csv.Writer // nil: JSON Lines
	json    *json.Encoder
	secrets bool
}

func newExporter(x Export, w io.Writer) *exporter {
	o := &exporter{secrets: x.Secrets}
	if x.Format == formatLines {
		o.json = json.NewEncoder(w)
		o.json.SetEscapeHTML(false)
		return o
	}
	o.csv = csv.NewWriter(w)
	_ = o.csv.Write(exportColumns(x.Secrets)) // the error stays until flush
	return o
}

func exportColumns(secrets bool) []string {
	columns := []string{
		"name", "profile", "state", "gateway", "label", "description", "tags", "created_at", "provisioned_at", "server", "shared", "client",
		"certificate", "public_key",
	}
	if secrets {
		columns = append(columns, "token", "mqtt_client_id", "mqtt_username", "mqtt_password")
	}
	return append(columns, "credentials")
}

func (o *exporter) write(d *deviceText) error {
	if o.csv == nil {
		return o.json.Encode(d)
	}
	cells := []string{
		d.Name, d.Profile, d.State, strconv.FormatBool(d.Gateway), d.Label, d.Description, tagsCell(d.Tags), timeCell(d.CreatedAt),
		timeCell(d.ProvisionedAt), objectCell(d.Server), objectCell(d.Shared), objectCell(d.Client), d.Certificate, d.PublicKey,
	}
	if o.secrets {
		cells = append(cells, d.Token, d.ClientID, d.Username, d.Password)
	}
	more := ""
	if d.Credentials != nil {
		more = jsonCell(d.Credentials)
	}
	cells = append(cells, more)
	for i := range cells {
		cells[i] = guarded(cells[i])
	}
	return o.csv.Write(cells)
}

func (o *exporter) flush() error {
	if o.csv == nil {
		return nil
	}
	o.csv.Flush()
	return o.csv.Error()
}

func timeCell(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func objectCell(members map[string]json.RawMessage) string {
	if len(members) == 0 {
		return ""
	}
	return jsonCell(members)
}

// jsonCell is a value that always encodes, with nothing escaped that need not be.
func jsonCell(v any) string {
	var b strings.Builder
	to := json.NewEncoder(&b)
	to.SetEscapeHTML(false)
	_ = to.Encode(v)
	return strings.TrimSuffix(b.String(), "\n")
}

// tagsCell is the cell that tagsOf reads the tags from: as people write them where that says all.
func tagsCell(tags map[string]string) string {
	if len(tags) == 0 {
		return ""
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		parts = append(parts, name+"="+tags[name])
	}
	cell := strings.Join(parts, ";")
	if read, err := tagsOf(cell); err == nil && maps.Equal(read, tags) && !strings.Contains(cell, ",") {
		return cell
	}
	return jsonCell(tags)
}
