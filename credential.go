package muster

import (
	"crypto/sha3"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// A Credential is what is kept to recognise a device. A device may hold several.
type Credential struct {
	ID         CredentialID
	Device     DeviceID
	Kind       CredentialKind
	Lookup     LookupKey // unique; see CredentialDigest
	Value      Sealed    // sealed for Purpose
	Hint       string    // what a person may see of it: a digest, a key id; never the secret
	State      CredentialState
	NotBefore  time.Time // zero: always was
	ExpiresAt  time.Time // zero: never
	CreatedAt  time.Time
	LastUsedAt time.Time    // zero: never; may lag by a minute
	Successor  CredentialID // whose first use revokes it while it is retiring; zero: none. A store sets it
	Issued     *Certificate // of our own authority, to be filed together with the credential; nil of what a store returns
	Shows      Presented    // the certificate that it is, which our own authority may have issued; zero of what a store returns
}

// A CredentialKind says what a device shows to be recognised.
type CredentialKind uint8

// The kinds. The zero kind is the one that a request without a kind means.
const (
	AccessToken CredentialKind = iota
	X509Certificate
	MQTTBasic
	PublicKey
)

var credentialKinds = []string{"ACCESS_TOKEN", "X509_CERTIFICATE", "MQTT_BASIC", "PUBLIC_KEY"}

// String returns the word that the wire uses.
func (k CredentialKind) String() string { return nameOf(credentialKinds, int(k)) }

// MarshalText is String.
func (k CredentialKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText is ParseCredentialKind.
func (k *CredentialKind) UnmarshalText(text []byte) (err error) {
	*k, err = ParseCredentialKind(string(text))
	return err
}

// ParseCredentialKind reads the word that the wire uses; case matters.
func ParseCredentialKind(word string) (CredentialKind, error) {
	i, err := indexOf(credentialKinds, word, "credentials type")
	return CredentialKind(i), err
}

// A CredentialState says whether a credential opens the door.
type CredentialState uint8

// The states. Only Active and Retiring credentials let a device in.
const (
	CredentialPending CredentialState = iota
	CredentialActive
	CredentialRetiring
	CredentialRevoked
)

var credentialStates = []string{"pending", "active", "retiring", "revoked"}

// String returns the state's name.
func (s CredentialState) String() string { return nameOf(credentialStates, int(s)) }

// MarshalText is String.
func (s CredentialState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A CredentialStanding says what a credential is worth at a moment: its state, or that its dates keep it from opening the
// door although its state would let it.
type CredentialStanding uint8

// The standings beside those that have the number of a state.
const (
	CredentialWaiting CredentialStanding = 4 + iota // not valid yet
	CredentialExpired
)

var credentialStandings = append(slices.Clone(credentialStates), "waiting", "expired")

// String returns the standing's name.
func (s CredentialStanding) String() string { return nameOf(credentialStandings, int(s)) }

// ParseCredentialStanding reads a standing's name.
func ParseCredentialStanding(name string) (CredentialStanding, error) {
	i, err := indexOf(credentialStandings, name, "credential state")
	return CredentialStanding(i), err
}

// Standing returns what the credential is worth at now.
func (c *Credential) Standing(now time.Time) CredentialStanding {
	switch ReasonOf(c.Live(now)) {
	case ReasonCredentialExpired:
		return CredentialExpired
	case ReasonCredentialNotYet:
		return CredentialWaiting
	}
	return CredentialStanding(c.State)
}

// Purpose is what the credential's value is sealed for.
func (c *Credential) Purpose() string { return "credential " + c.ID.String() }

// Live refuses a credential that does not open the door at now.
func (c *Credential) Live(now time.Time) error {
	switch {
	case c.State == CredentialRevoked || c.State == CredentialPending:
		return Refuse(ReasonCredentialRevoked, "")
	case !c.NotBefore.IsZero() && now.Before(c.NotBefore):
		return Refuse(ReasonCredentialNotYet, "")
	case !c.ExpiresAt.IsZero() && !now.Before(c.ExpiresAt):
		return Refuse(ReasonCredentialExpired, "")
	}
	return nil
}

// Evidence is a credential in the clear: what a device asks to be known by, or is told that it is known by. Which fields
// count depends on Kind.
type Evidence struct {
	Kind        CredentialKind
	Token       Secret // AccessToken
	ClientID    string // MQTTBasic: client id, user name or both, and then perhaps a password
	Username    string
	Password    Secret
	Certificate string // X509Certificate: PEM or base64 DER as it was sent; kept without armour and line breaks
	CSR         string // X509Certificate, in place of Certificate: a signing request, which our own authority answers
	KeyCSR      string // with CSR: the signing request that is answered in its place, of a key that was made here for the device
	PublicKey   string // PublicKey: PEM of the key or of a certificate that holds it
}

// Empty reports whether the evidence names nothing, so that the server makes a token.
func (e *Evidence) Empty() bool {
	return e.Token == "" && e.ClientID == "" && e.Username == "" && e.Password == "" && e.Certificate == "" && e.CSR == "" && e.PublicKey == ""
}

// TokenLength is the length of the tokens that the server makes, in characters.
const TokenLength = 20

// MaxCredentials bounds how many credentials a device holds that are not revoked.
const MaxCredentials = 16

// MaxEvidence bounds each field of an Evidence, in bytes.
const MaxEvidence = 16 << 10

// sha3Hex is how ThingsBoard derives a credential's id: SHA3-256 in lower-case hex.
func sha3Hex(s string) string {
	sum := sha3.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

var armour = strings.NewReplacer("-----BEGIN CERTIFICATE-----", "", "-----END CERTIFICATE-----", "", "\n", "", "\r", "")

// BareCertificate takes the PEM armour and the line breaks off a certificate's text. Spaces stay, as in ThingsBoard.
func BareCertificate(text string) string { return armour.Replace(text) }

// CertificateID is the id of an X.509 credential: SHA3-256 over the bare text.
func CertificateID(text string) string { return sha3Hex(BareCertificate(text)) }

// BasicID is the id of an MQTT basic credential: the user name itself if there is no client id, else SHA3-256 over
// client id and user name.
func BasicID(clientID, username string) string {
	switch {
	case clientID == "":
		return username
	case username == "":
		return sha3Hex(clientID)
	}
	return sha3Hex(clientID + "|" + username)
}

// ID returns the id that ThingsBoard knows the credential by (credentialsId): the token itself, or a digest. It is
// unique among all devices. For a public key it is the key id: SHA-256 of the DER SubjectPublicKeyInfo in hex.
func (e *Evidence) ID() (string, error) {
	switch e.Kind {
	case AccessToken:
		return e.Token.Reveal(), nil
	case X509Certificate:
		return CertificateID(e.Certificate), nil
	case MQTTBasic:
		return BasicID(e.ClientID, e.Username), nil
	case PublicKey:
		key, err := ParsePublicKey(e.PublicKey)
		if err != nil {
			return "", err
		}
		return key.ID, nil
	}
	return "", Refuse(ReasonCredentialInvalid, "unknown credentials type")
}

// Check refuses evidence that could never recognise a device. The messages are ThingsBoard's.
func (e *Evidence) Check() error {
	for _, f := range []struct{ name, text string }{
		{"credentialsId", e.Token.Reveal()}, {"clientId", e.ClientID}, {"userName", e.Username}, {"password", e.Password.Reveal()},
	} {
		if hasControl(f.text) {
			return Refuse(ReasonCredentialInvalid, "%s must not contain control characters!", f.name)
		}
		if len(f.text) > MaxEvidence {
			return Refuse(ReasonCredentialInvalid, "%s is longer than %d bytes", f.name, MaxEvidence)
		}
	}
	if len(e.Certificate) > MaxEvidence || len(e.PublicKey) > MaxEvidence {
		return Refuse(ReasonCredentialInvalid, "the certificate or key is longer than %d bytes", MaxEvidence)
	}
	switch e.Kind {
	case AccessToken:
		if e.Token == "" {
			return Refuse(ReasonCredentialInvalid, "Device credentials id should be specified!")
		}
	case X509Certificate:
		if BareCertificate(e.Certificate) == "" {
			return Refuse(ReasonCredentialInvalid, "Device credentials id should be specified!")
		}
	case MQTTBasic:
		if e.ClientID == "" && e.Username == "" {
			return Refuse(ReasonCredentialInvalid, "Both mqtt client id and user name are empty!")
		}
		if e.ClientID != "" && e.Username == "" && e.Password != "" {
			return Refuse(ReasonCredentialInvalid, "Password cannot be specified along with client id")
		}
	case PublicKey:
		_, err := ParsePublicKey(e.PublicKey)
		return err
	}
	return nil
}

// basicValue is the sealed form of MQTT basic evidence, and its form on the wire.
type basicValue struct {
	ClientID string `json:"clientId"`
	Username string `json:"userName"`
	Password string `json:"password"`
}

// Value returns the text that a provisioning answer gives back for the evidence (credentialsValue): the token, the bare
// certificate, the key's PEM, or for MQTT basic a JSON object. The text of a token or a password is secret.
func (e *Evidence) Value() Secret {
	switch e.Kind {
	case X509Certificate:
		return Secret(BareCertificate(e.Certificate))
	case MQTTBasic:
		text, _ := json.Marshal(basicValue{e.ClientID, e.Username, e.Password.Reveal()}) // three strings always encode
		return Secret(text)
	case PublicKey:
		return Secret(e.PublicKey)
	}
	return e.Token
}

// Seal checks the evidence and makes of it a live credential for the device.
func (e *Evidence) Seal(keys *Keyring, device DeviceID, now time.Time) (Credential, error) {
	if err := e.Check(); err != nil {
		return Credential{}, err
	}
	id, err := e.ID()
	if err != nil {
		return Credential{}, err
	}
	c := Credential{
		ID: NewID[Credential](), Device: device, Kind: e.Kind,
		Lookup: CredentialDigest(keys, id), State: CredentialActive, CreatedAt: now,
	}
	switch e.Kind {
	case X509Certificate:
		c.Hint, c.Shows = id, presented(e.Certificate)
	case PublicKey:
		c.Hint = id
	case MQTTBasic:
		c.Hint = strings.Trim(e.ClientID+"|"+e.Username, "|")
		if e.Password == "" { // whoever knows the two is let in
			c.Hint = hex.EncodeToString(c.Lookup[:4])
		}
	case AccessToken:
	}
	c.Value = keys.Seal(e.Value(), c.Purpose())
	return c, nil
}

// CredentialDigest is what a credential of that id is filed under.
func CredentialDigest(keys *Keyring, id string) LookupKey { return keys.Digest("credential", id) }

// Open returns the evidence that c was made of.
func (c *Credential) Open(keys *Keyring) (Evidence, error) {
	value, err := keys.Open(c.Value, c.Purpose())
	if err != nil {
		return Evidence{}, err
	}
	e := Evidence{Kind: c.Kind}
	switch c.Kind {
	case AccessToken:
		e.Token = value
	case X509Certificate:
		e.Certificate = value.Reveal()
	case PublicKey:
		e.PublicKey = value.Reveal()
	case MQTTBasic:
		var b basicValue
		if err := json.Unmarshal([]byte(value), &b); err != nil {
			return Evidence{}, errSealed
		}
		e.ClientID, e.Username, e.Password = b.ClientID, b.Username, Secret(b.Password)
	}
	return e, nil
}

// SealIssued makes of a certificate of our own authority a live credential for its device, which ends when the certificate
// does, and says in the certificate which it is.
func SealIssued(keys *Keyring, issued *Certificate) (Credential, error) {
	e := Evidence{Kind: X509Certificate, Certificate: base64.StdEncoding.EncodeToString(issued.DER)}
	c, err := e.Seal(keys, issued.Device, issued.CreatedAt)
	if err != nil {
		return c, err
	}
	issued.Credential = c.ID
	c.ExpiresAt, c.Issued = issued.NotAfter, issued
	return c, nil
}
