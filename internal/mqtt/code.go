package mqtt

// A Code is a reason code of MQTT 5.
type Code byte

// The reason codes that a server sends.
const (
	Success                Code = 0x00
	NoSubscriptionExisted  Code = 0x11
	UnspecifiedError       Code = 0x80
	MalformedPacket        Code = 0x81
	ProtocolError          Code = 0x82
	ImplementationSpecific Code = 0x83
	UnsupportedVersion     Code = 0x84
	ClientIDNotValid       Code = 0x85
	BadUserNameOrPassword  Code = 0x86
	NotAuthorized          Code = 0x87
	ServerUnavailable      Code = 0x88
	ServerBusy             Code = 0x89
	ServerShuttingDown     Code = 0x8B
	BadAuthMethod          Code = 0x8C
	KeepAliveTimeout       Code = 0x8D
	SessionTakenOver       Code = 0x8E
	TopicFilterInvalid     Code = 0x8F
	TopicNameInvalid       Code = 0x90
	PacketIDNotFound       Code = 0x92
	ReceiveMaximumExceeded Code = 0x93
	TopicAliasInvalid      Code = 0x94
	PacketTooLarge         Code = 0x95
	MessageRateTooHigh     Code = 0x96
	QuotaExceeded          Code = 0x97
	AdministrativeAction   Code = 0x98
	PayloadFormatInvalid   Code = 0x99
	SharedNotSupported     Code = 0x9E
	ConnectionRateExceeded Code = 0x9F
	MaximumConnectTime     Code = 0xA0
	SubscriptionIDsRefused Code = 0xA1
)

// SubscribeFailure refuses one filter in a SUBACK of MQTT 3.1.1. [MQTT-3.9.3-2]
const SubscribeFailure Code = 0x80

// A Return is the return code in a CONNACK of MQTT 3.1 and 3.1.1.
type Return byte

// The return codes.
const (
	Accepted             Return = 0
	UnacceptableVersion  Return = 1
	IdentifierRejected   Return = 2
	ServiceUnavailable   Return = 3
	RefusedNotAuthorized Return = 5
)

// An Error says why bytes are no packet, or not the packet that they say they are. Whoever meets one closes the
// connection, telling an MQTT 5 peer the Code first. [MQTT-4.13.1-1]
type Error struct {
	Code Code
	Why  string // without any byte of the packet
}

// Error returns why.
func (e *Error) Error() string { return e.Why }

func malformed(why string) error { return &Error{MalformedPacket, why} }

func protocolError(why string) error { return &Error{ProtocolError, why} }
