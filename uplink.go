package muster

import (
	"crypto/x509"
	"time"
)

// An Uplink is what a device sends, whatever the protocol and dialect.
type Uplink interface{ uplink() }

// A ProvisionRequest asks to be let in.
type ProvisionRequest struct {
	Key       string
	Secret    Secret
	Name      string // as sent; empty: the server makes one
	Gateway   bool
	Evidence  Evidence            // empty: the server makes a token
	RequestID string              // the same id asks for the same answer again
	Recovery  Secret              // Grant.Recovery of the last time, from a device that asks again
	Proof     Secret              // JWT, as of a SignedProof, from a device that asks again
	Chain     []*x509.Certificate // that it presents, the leaf first; it has its key
	Binary    bool                // it came as protobuf and is answered so
	Keyless   error               // of one that names neither key nor secret: why it is refused, unless a device that is in asks
	Profile   string              // that the key must be for, by its name; empty: whichever it is for
}

// Attributes are client attributes that a device reports.
type Attributes struct{ Values Values }

// An AttributeRequest asks for attributes. Nil keys of both scopes ask for all.
type AttributeRequest struct {
	ClientKeys, SharedKeys []string
	ReplyTo                string // the address of the answer; empty: in the response
}

// A LimitsRequest asks for the limits of the session.
type LimitsRequest struct{ ReplyTo string }

// A TimeRequest asks what time it is.
type TimeRequest struct{ Nonce string } // what the answer is signed together with; empty: it is not signed

// An AttributeWatch asks to be told when shared attributes change.
type AttributeWatch struct {
	TellAt string        // the address of what is told; empty: in the response
	Binary bool          // it is told in protobuf, not JSON
	Wait   time.Duration // how long a request over HTTP waits for the next change
	Key    string        // of the one attribute that it is about; empty: it is about all
}

func (*ProvisionRequest) uplink() {}
func (*Telemetry) uplink()        {}
func (*Attributes) uplink()       {}
func (*AttributeRequest) uplink() {}
func (*LimitsRequest) uplink()    {}
func (*TimeRequest) uplink()      {}
func (*AttributeWatch) uplink()   {}

// A Downlink is what a device is sent.
type Downlink interface{ downlink() }

// A Grant is the answer to a ProvisionRequest that was let in.
type Grant struct {
	Profile      ProfileID // of one that an authority vouched for
	Device       DeviceID
	Name         string
	Evidence     Evidence // the credential in the clear
	CredentialID string   // Evidence.ID
	Chain        string   // what stands above a certificate that was asked for by signing request, PEM, the root last; else empty
	Credential   CredentialID
	Key          Secret // the private key of the certificate, PKCS #8 in DER, that was made for the device and is kept nowhere; empty: it has its own
	Recovery     Secret // what proves that it is the device, should it ask again; empty: nothing does
	Former       bool   // it was asked for with the key's secret before the last rotation
	Way          Way
	Again        string // in words, why a device that was let in before is let in again; empty: it was not
	ApprovedBy   string // who has approved it; empty: nobody had to
}

// AttributeValues is the answer to an AttributeRequest.
type AttributeValues struct{ Client, Shared []Attribute }

// An AttributeChange says what has become of shared attributes. It is what an AttributeWatch is told, as often as they change.
type AttributeChange struct {
	Set     []Attribute
	Removed []string // keys
}

// Limits is the answer to a LimitsRequest.
type Limits struct {
	MaxPayload  int // bytes
	MaxInflight int // messages
}

// Clock is the answer to a TimeRequest.
type Clock struct {
	At     time.Time
	Signed string // a JWT that says so, signed with the key of the server's certificate; empty: it was not asked for
}

func (*Grant) downlink()           {}
func (*AttributeValues) downlink() {}
func (*AttributeChange) downlink() {}
func (*Limits) downlink()          {}
func (*Clock) downlink()           {}

// A Message is a Downlink in some dialect: bytes for an MQTT topic, or for the body of a response. The zero Message has
// nothing to say beyond the acknowledgement.
type Message struct {
	Address string // MQTT topic
	Body    []byte
	Binary  bool // protobuf, not JSON
	// Type is the media type of the body where it is neither JSON nor protobuf; empty: it is one of them.
	Type string
	// Code is the response code of the request's own protocol (HTTP 200, CoAP 0x80 for 4.00) where the dialect overrules
	// the table of kinds; 0: the transport follows the table.
	Code int
	// RetryAfter is when it makes sense to ask the same again, in seconds; 0: not said.
	RetryAfter int
	// Fresh says that the answer is good for this moment alone: nobody on the way may keep it for another.
	Fresh bool
}

// An Answerer is told how what it handed in went.
type Answerer interface {
	// Answer says how the matter that was called tag went, exactly once. m is what to say besides the acknowledgement; it
	// may come with an error, and then says the refusal in the words of the dialect. Answer must not block.
	Answer(tag uint64, m Message, err error)
	// Flush follows one or more Answers from the same goroutine when no more follow at once: the time to write them out.
	Flush()
}

// A Request is one exchange of a protocol without sessions, HTTP or CoAP.
type Request struct {
	Transport Transport
	Method    string   // GET, POST, PUT, DELETE
	Path      []string // segments, unescaped
	Query     []string // name=value, unescaped
	Body      []byte
	Observe   bool   // the client wants to be told of changes from now on (CoAP)
	Format    string // media type of the body (CoAP); empty: it is not said
	Accept    string // media type that the answer shall have (CoAP); empty: any will do
}
