package bulk

import (
	"strconv"
	"strings"

	"muster"
)

// A field is what a column is about.
type field uint8

const (
	fieldIgnored field = iota
	fieldName
	fieldProfile
	fieldLabel
	fieldTags
	fieldGateway
	fieldDescription
	fieldState
	fieldProvisionState
	fieldCreatedAt
	fieldProvisionedAt
	fieldToken
	fieldClientID
	fieldUsername
	fieldPassword
	fieldCertificate
	fieldPublicKey
	fieldCredentials
	fieldServer
	fieldShared
	fieldClient
	fieldTelemetry
)

// A column is one of a file.
type column struct {
	name  string // as the file calls it
	field field
	key   string // of an attribute or a reading; empty: a JSON object of them
}

// fieldNames are the fields by their names without case, "_", "-" and spaces, those of ThingsBoard's column types among
// them.
func fieldNames() map[string]field {
	return map[string]field{
		"name": fieldName, "profile": fieldProfile, "type": fieldProfile, "label": fieldLabel, "tags": fieldTags,
		"gateway": fieldGateway, "isgateway": fieldGateway, "description": fieldDescription, "state": fieldState,
		"provisionstate": fieldProvisionState, "createdat": fieldCreatedAt, "provisionedat": fieldProvisionedAt,
		"token": fieldToken, "accesstoken": fieldToken,
		"mqttclientid": fieldClientID, "mqttusername": fieldUsername, "mqttpassword": fieldPassword,
		"certificate": fieldCertificate, "x509": fieldCertificate, "publickey": fieldPublicKey, "credentials": fieldCredentials,
		"server": fieldServer, "shared": fieldShared, "client": fieldClient, "telemetry": fieldTelemetry,
		"ignored": fieldIgnored, "id": fieldIgnored,
		"errorline": fieldIgnored, "errorreason": fieldIgnored, "errorcolumn": fieldIgnored, "errormessage": fieldIgnored,
		// ThingsBoard knows more kinds of devices and keys than Muster.
		"routingkey": fieldIgnored, "secret": fieldIgnored,
		"snmphost": fieldIgnored, "snmpport": fieldIgnored, "snmpversion": fieldIgnored, "snmpcommunitystring": fieldIgnored,
		"serverattribute": fieldIgnored, "sharedattribute": fieldIgnored, "timeseries": fieldIgnored, // without a key
	}
}

// keyed are the fields that a key follows, behind a dot.
func keyed(normal string) (field, bool) {
	switch normal {
	case "server", "serverattribute":
		return fieldServer, true
	case "shared", "sharedattribute":
		return fieldShared, true
	case "client":
		return fieldClient, true
	case "telemetry", "timeseries":
		return fieldTelemetry, true
	}
	return 0, false
}

var plain = strings.NewReplacer("_", "", "-", "", " ", "")

func normal(name string) string { return strings.ToLower(plain.Replace(strings.TrimSpace(name))) }

// A header knows what the columns of a file are about.
type header struct {
	names   map[string]field
	columns map[string]string // what the importer says they are
}

func newHeader(columns map[string]string) *header {
	return &header{names: fieldNames(), columns: columns}
}

// column returns the column of that name, which is the number-th from 1.
func (h *header) column(name string, number int) (column, error) {
	c := column{name: name}
	wanted, mapped := h.columns[name]
	if !mapped {
		wanted, mapped = h.columns[strconv.Itoa(number)]
	}
	if !mapped {
		wanted = name
	}
	var ok bool
	if c.field, c.key, ok = h.find(wanted); ok {
		return c, nil
	}
	if mapped {
		return c, muster.Refuse(muster.ReasonImportColumnUnknown, "there is no field %.80q that column %.80q could be", wanted, name)
	}
	return c, muster.Refuse(muster.ReasonImportColumnUnknown, "column %d is called %.80q, which is no field", number, name)
}

// find returns the field of that name, and its key.
func (h *header) find(name string) (f field, key string, ok bool) {
	if prefix, key, dotted := strings.Cut(name, "."); dotted {
		f, ok := keyed(normal(prefix))
		return f, key, ok && key != "" && len(key) <= muster.MaxKeyLength
	}
	n := normal(name)
	if f, ok := h.names[n]; ok {
		return f, "", true
	}
	return fieldIgnored, "", strings.HasPrefix(n, "lwm2m")
}

// canonical is the name under which every importer finds the field.
func (c *column) canonical() string {
	switch c.field {
	case fieldServer, fieldShared, fieldClient, fieldTelemetry:
		prefix := map[field]string{fieldServer: "server", fieldShared: "shared", fieldClient: "client", fieldTelemetry: "telemetry"}[c.field]
		if c.key == "" {
			return prefix
		}
		return prefix + "." + c.key
	case fieldIgnored:
		return "ignored"
	}
	return canonicalNames[c.field]
}

// canonicalNames are those of the fields without a key.
var canonicalNames = [...]string{
	fieldName: "name", fieldProfile: "profile", fieldLabel: "label", fieldTags: "tags", fieldGateway: "gateway",
	fieldDescription: "description", fieldState: "state", fieldProvisionState: "provision_state", fieldCreatedAt: "created_at",
	fieldProvisionedAt: "provisioned_at", fieldToken: "token", fieldClientID: "mqtt_client_id", fieldUsername: "mqtt_username",
	fieldPassword: "mqtt_password", fieldCertificate: "certificate", fieldPublicKey: "public_key", fieldCredentials: "credentials",
}
