package muster

import (
	"crypto/x509"
	"net/netip"
	"time"
)

// A Transport is a protocol that devices speak.
type Transport uint8

// The transports.
const (
	MQTT Transport = iota + 1
	HTTP
	CoAP
)

var transportNames = []string{"", "mqtt", "http", "coap"}

// String returns the transport's name.
func (t Transport) String() string { return nameOf(transportNames, int(t)) }

// ParseTransport returns the transport called name.
func ParseTransport(name string) (Transport, error) {
	i, err := indexOf(transportNames, name, "a transport")
	return Transport(i), err
}

// Hello is how a client introduces itself, whatever the protocol. Over HTTP and CoAP, where every request brings its
// proof, the transport leaves the fields empty that its protocol does not have and the dialect fills in the Token that
// it reads from the path.
type Hello struct {
	Transport Transport
	Secure    bool // over TLS or DTLS
	Remote    netip.Addr
	Chain     []*x509.Certificate // as presented, the leaf first; empty without a client certificate

	ClientID string // MQTT
	Username string // MQTT, and HTTP where certificates are asked for
	Password Secret // likewise
	Token    Secret // HTTP and CoAP
}

// A Proof is what a client shows to say who it is. The first field of the list that is set decides alone.
type Proof struct {
	Chain    []*x509.Certificate
	JWT      string // a compact JWS by the key of the device called ClientID
	ClientID string
	Token    Secret // HTTP and CoAP
	// MQTT: user name and password may be a token, or MQTT basic together with ClientID.
	Basic    bool
	Username string
	Password Secret
}

// An Identity is a client that has proved who it is.
type Identity struct {
	Device     DeviceID
	Profile    ProfileID
	Credential CredentialID
	Name       string
	Until      time.Time // when the proof ends; zero: never
	Gateway    bool
	Quiet      bool           // HideReasons of the profile
	Lapsed     bool           // its certificate has expired: it may renew it, and do nothing else
	Retention  uint16         // RetentionDays of the profile
	Sessions   uint16         // SessionLimit of the profile
	Ends       CredentialKind // see Expired
	Revocation RevocationRule // of the profile
	Asks       bool           // whether the profile has somebody asked if the certificate is revoked
	Claims     *Claims        // of the JWT that was judged, for the journal; nil: there was none
}

// Expired is the reason for which a session ends at Until: the end of what was shown where that comes before the end of
// the credential, as Ends says: the certificate (X509Certificate) or the JWT (PublicKey).
func (who *Identity) Expired() Reason {
	switch who.Ends {
	case X509Certificate:
		return ReasonCertificateExpired
	case PublicKey:
		return ReasonJWTExpired
	case AccessToken, MQTTBasic:
	}
	return ReasonCredentialExpired
}
