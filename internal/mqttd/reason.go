package mqttd

import (
	"errors"

	"muster"
	"muster/internal/mqtt"
)

// packetHeader is the fixed header of the largest packet: what MQTT 5 counts to the packet besides the remaining length.
const packetHeader = 4

// leastPacket is the Maximum Packet Size that an MQTT 5 client must take: no CONNACK is larger, and no acknowledgement
// without a reason.
const leastPacket = 64

// errJoined ends a provisioning session that has nothing more to do. It is no refusal.
const errJoined = sessionDone("the provisioning session is over")

type sessionDone string

func (e sessionDone) Error() string { return string(e) }

// packetError says in codes and words what is wrong with what a client sent.
func packetError(err error) (mqtt.Code, error) {
	e, ok := errors.AsType[*mqtt.Error](err)
	if !ok {
		return disconnectCode(err), err
	}
	reason := muster.ReasonProtocolError
	switch e.Code {
	case mqtt.MalformedPacket:
		reason = muster.ReasonPacketMalformed
	case mqtt.PacketTooLarge:
		reason = muster.ReasonPacketTooLarge
	}
	return e.Code, muster.Refuse(reason, "%s", e.Why)
}

// A refusal is how a client that may not come in is told.
type refusal struct {
	v3       mqtt.Return
	code     mqtt.Code // of the CONNACK of MQTT 5
	farewell mqtt.Code // of a DISCONNECT after it, for clients that look only there; 0: none
}

// packet returns the CONNACK that says so. The reason is for MQTT 5.
func (r refusal) packet(v mqtt.Version, reason string) []byte {
	if v != mqtt.V5 {
		return mqtt.AppendReturn(nil, r.v3)
	}
	b := mqtt.AppendConnack(nil, &mqtt.Connack{Code: r.code, Reason: reason}) // [MQTT-3.2.2-19]
	if r.farewell != 0 {
		b = mqtt.AppendDisconnect(b, r.farewell, "")
	}
	return b
}

// unserved refuses what is not served, whoever asks for it.
func unserved(connect *mqtt.Connect) (refusal, error) {
	switch {
	case connect.MaximumPacket > 0 && connect.MaximumPacket < leastPacket: // [MQTT-3.1.2-24]
		return refusal{code: mqtt.PacketTooLarge}, muster.Refuse(muster.ReasonPacketTooLarge, "a CONNACK is larger than the client takes")
	case connect.AuthMethod: // [MQTT-4.12.0-1]
		return refusal{code: mqtt.BadAuthMethod}, muster.Refuse(muster.ReasonProtocolError, "enhanced authentication is not served")
	case len(connect.ClientID) == 0 && !connect.Clean && connect.Version != mqtt.V5: // [MQTT-3.1.3-8] of 3.1.1
		return refusal{v3: mqtt.IdentifierRejected}, muster.Refuse(muster.ReasonProtocolError, "a session without a client id cannot be kept")
	}
	return refusal{}, nil
}

// connectRefusal follows ThingsBoard's device API, 2.6. Who shows a credential learns nothing about why it is refused
// beyond what it showed.
func connectRefusal(h *muster.Hello, err error) refusal {
	switch kind := muster.KindOf(err); {
	case muster.ReasonOf(err) == muster.ReasonRateLimited:
		return refusal{mqtt.ServiceUnavailable, mqtt.ConnectionRateExceeded, mqtt.MessageRateTooHigh}
	case kind == muster.Internal, kind == muster.Overloaded, kind == muster.Unreachable:
		return refusal{mqtt.ServiceUnavailable, mqtt.ServerUnavailable, mqtt.ServerBusy}
	case len(h.Chain) > 0:
		return refusal{mqtt.RefusedNotAuthorized, mqtt.NotAuthorized, mqtt.NotAuthorized}
	case h.Username != "" || h.Password != "":
		return refusal{mqtt.RefusedNotAuthorized, mqtt.BadUserNameOrPassword, mqtt.BadUserNameOrPassword}
	case h.ClientID != "":
		return refusal{mqtt.IdentifierRejected, mqtt.ClientIDNotValid, mqtt.ClientIDNotValid}
	}
	return refusal{mqtt.RefusedNotAuthorized, mqtt.NotAuthorized, mqtt.NotAuthorized}
}

// disconnectCode is the reason code of a DISCONNECT that ends a session because of err.
func disconnectCode(err error) mqtt.Code {
	switch muster.ReasonOf(err) {
	case muster.ReasonTakenOver:
		return mqtt.SessionTakenOver
	case muster.ReasonDisconnected, muster.ReasonDeviceSuspended, muster.ReasonDeviceDeleted, muster.ReasonCredentialChanged, muster.ReasonCredentialRevoked,
		muster.ReasonCertificateRevoked:
		return mqtt.AdministrativeAction
	case muster.ReasonPayloadInvalid, muster.ReasonPayloadTooLarge:
		return mqtt.PayloadFormatInvalid
	case muster.ReasonTopicUnknown:
		return mqtt.TopicNameInvalid
	case muster.ReasonPacketTooLarge:
		return mqtt.PacketTooLarge
	case muster.ReasonStorageFull, muster.ReasonQueueFull:
		return mqtt.QuotaExceeded
	case muster.ReasonRateLimited:
		return mqtt.MessageRateTooHigh
	case muster.ReasonStopping:
		return mqtt.ServerShuttingDown
	}
	switch muster.KindOf(err) {
	case muster.Invalid:
		return mqtt.ProtocolError
	case muster.Unknown, muster.Forbidden:
		return mqtt.NotAuthorized
	case muster.NotFound, muster.Conflict, muster.Unreachable:
		return mqtt.ImplementationSpecific
	case muster.Overloaded:
		return mqtt.ServerBusy
	case muster.Internal:
	}
	return mqtt.UnspecifiedError
}

// A verdict is what becomes of a publish that was refused. It is first acknowledged if ack says so, and then the session
// ends if end is set; a withheld one is not answered at all, and nothing after it.
type verdict struct {
	ack      bool
	code     mqtt.Code // of the acknowledgement
	end      bool
	farewell mqtt.Code
	withhold bool
}

// judgePublish follows ThingsBoard's device API, 3.5, and 1.6 and 1.7 in a provisioning session.
func judgePublish(err error, v mqtt.Version, qos byte, joining bool) verdict {
	kind, known := muster.KindOf(err), v == mqtt.V5 && qos > 0 // the client can be told which publish it was
	switch {
	case kind == muster.Overloaded:
		return verdict{withhold: true} // a refusal would tell the client to forget what was not kept
	case muster.ReasonOf(err) == muster.ReasonTopicUnknown:
		return verdict{ack: true, code: mqtt.TopicNameInvalid, end: joining, farewell: mqtt.TopicNameInvalid}
	case kind == muster.Invalid && badPayload(err, joining):
		return verdict{ack: known, code: mqtt.PayloadFormatInvalid, end: !known, farewell: mqtt.PayloadFormatInvalid}
	case muster.ReasonOf(err) == muster.ReasonCredentialExpired: // what comes from an expired certificate is not kept
		return verdict{ack: known, code: mqtt.NotAuthorized, end: true, farewell: mqtt.NotAuthorized}
	case joining:
		return verdict{ack: true, code: mqtt.ImplementationSpecific, end: true, farewell: mqtt.ImplementationSpecific}
	case kind == muster.NotFound:
		return verdict{ack: true, code: mqtt.TopicNameInvalid}
	case kind == muster.Conflict, kind == muster.Unreachable:
		return verdict{ack: known, code: mqtt.ImplementationSpecific, end: !known, farewell: mqtt.ImplementationSpecific}
	}
	return verdict{end: true, farewell: disconnectCode(err)}
}

// badPayload tells a payload that cannot be read from, in a provisioning session, a request that asks for nonsense.
func badPayload(err error, joining bool) bool {
	r := muster.ReasonOf(err)
	return !joining || r == muster.ReasonPayloadInvalid || r == muster.ReasonPayloadTooLarge
}

// reason is what an MQTT 5 client is told in a DISCONNECT about err; empty if it may not know or would not take it.
func (c *conn) reason(err error) string {
	text := publicReason(err)
	if c.quiet || c.maxPacket > 0 && len(text)+32 > int(c.maxPacket) { // [MQTT-3.14.2-3]
		return ""
	}
	return text
}

// publicReason is the code and the sentence about err that a stranger may hear.
func publicReason(err error) string {
	if errors.Is(err, errJoined) {
		return ""
	}
	p := muster.Public(err)
	if p.Quiet {
		return ""
	}
	return string(p.Reason) + ": " + p.Message
}
