package thingsboard

import (
	"fmt"

	"muster"
)

// readCall reads a device's call of the platform. The platform itself answers one, getSessionLimits (ThingsBoard device
// API 3.4); nobody is there yet to answer others.
func readCall(id string, body []byte) (muster.Uplink, error) {
	to, err := replyTo("v1/devices/me/rpc/response/", id)
	if err != nil {
		return nil, err
	}
	fields, err := readFields(body, muster.ReasonPayloadInvalid, "method")
	if err != nil {
		return nil, err
	}
	switch method, ok := fields["method"]; {
	case !ok:
		return nil, muster.Refuse(muster.ReasonPayloadInvalid, "the call has no method")
	case method != "getSessionLimits":
		return nil, muster.Refuse(muster.ReasonTopicUnknown, "nobody answers this method")
	}
	return &muster.LimitsRequest{ReplyTo: to}, nil
}

// writeLimits writes the limits of a session. Rates are not limited.
func writeLimits(asked *muster.LimitsRequest, answer *muster.Limits) muster.Message {
	if asked.ReplyTo == "" {
		return muster.Message{}
	}
	return muster.Message{Address: asked.ReplyTo, Body: fmt.Appendf(nil,
		`{"maxPayloadSize":%d,"maxInflightMessages":%d,"rateLimits":{"messages":null,"telemetryMessages":null,"telemetryDataPoints":null}}`,
		answer.MaxPayload, answer.MaxInflight)}
}
