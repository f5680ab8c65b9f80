// Package thingsboard is the dialect of devices that speak ThingsBoard's device API: its topics and paths, its JSON and
// protobuf, and its words of refusal.
package thingsboard

import (
	"bytes"
	"time"

	"muster"
	"muster/internal/payload"
)

// A Dialect translates between ThingsBoard's device API and the words of the house. The zero Dialect is ready for use.
// It keeps nothing and is safe for concurrent use.
type Dialect struct {
	Now func() time.Time // what error bodies are stamped with; nil means time.Now
}

// Owns reports true: the dialect has an answer to every address, if only that nothing is there.
func (d *Dialect) Owns([]byte) bool { return true }

// Joins reports whether h opens a provisioning session: whoever is called provision does, and nothing else about it
// counts (ThingsBoard device API 1.7).
func (d *Dialect) Joins(h *muster.Hello) bool {
	return h.Transport == muster.MQTT && (h.Username == joiner || h.ClientID == joiner)
}

// JoinAddress returns the topics of provisioning.
func (d *Dialect) JoinAddress() (request, answer string) { return provisionRequest, provisionAnswer }

// Proof reads how a client introduces itself. Over MQTT a certificate decides alone, else client id, user name and
// password do (2.3). Over HTTP and CoAP the token in the path decides, and a certificate where the path has none: with an
// unknown certificate the paths with a token still work (5.1).
func (d *Dialect) Proof(h *muster.Hello) (muster.Proof, bool) {
	certified := h.Secure && len(h.Chain) > 0
	switch {
	case h.Transport != muster.MQTT && h.Token != "":
		return muster.Proof{Token: h.Token}, true
	case certified:
		return muster.Proof{Chain: h.Chain}, true
	case h.Transport == muster.MQTT:
		return muster.Proof{Basic: true, ClientID: h.ClientID, Username: h.Username, Password: h.Password}, true
	}
	return muster.Proof{}, false
}

// Read understands what was sent to a topic of the device API, or to the address that Route found for a path. Refused
// with ReasonTopicUnknown; with ReasonPayloadInvalid if the payload breaks the rules of sections 1.1 and 6; with
// ReasonRequestInvalid if it is a provision request whose members make no sense (1.6). Values never point into body.
func (d *Dialect) Read(_ *muster.Identity, address, body []byte, now time.Time) (muster.Uplink, error) {
	switch string(address) {
	case telemetryTopic, "v2/t", "v2/t/j":
		return readTelemetry(body, now)
	case attributesTopic, "v2/a", "v2/a/j":
		values, err := payload.Object(body, nil)
		if err != nil {
			return nil, err
		}
		return &muster.Attributes{Values: values}, nil
	case "v2/t/p", "v2/a/p": // as for a profile of JSON (3.6)
		return nil, muster.Refuse(muster.ReasonPayloadInvalid, "the profile has no schema for protobuf")
	case provisionRequest:
		return readProvision(body)
	}
	for _, topic := range attributeRequests {
		if id, ok := requestID(address, topic.request); ok {
			return readAttributeRequest(id, topic.answer, body)
		}
	}
	if id, ok := requestID(address, "v1/devices/me/rpc/request/"); ok {
		return readCall(id, body)
	}
	if wait, ok := bytes.CutPrefix(address, []byte(attributeUpdates)); ok {
		return readWatch(string(wait))
	}
	if query, ok := bytes.CutPrefix(address, []byte(attributeQuery)); ok {
		return readAttributeQuery(string(query))
	}
	return nil, muster.Refuse(muster.ReasonTopicUnknown, "")
}
