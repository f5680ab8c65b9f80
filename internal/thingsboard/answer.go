package thingsboard

import (
	"encoding/json"
	"time"

	"muster"
)

// The codes of HTTP and CoAP with which the dialect overrules the table of kinds.
const (
	httpOK               = 200
	httpBadRequest       = 400
	httpMethodNotAllowed = 405
	httpRequestTimeout   = 408
	httpInternalError    = 500

	coapCreated          = 0x41 // 2.01
	coapContent          = 0x45 // 2.05
	coapBadRequest       = 0x80 // 4.00
	coapNotFound         = 0x84 // 4.04
	coapMethodNotAllowed = 0x85 // 4.05
	coapUnavailable      = 0xA3 // 5.03
)

// Write puts an answer or a refusal into ThingsBoard's words. What ThingsBoard has no words for is the zero Message: the
// transport's own table then says it.
func (d *Dialect) Write(t muster.Transport, asked muster.Uplink, answer muster.Downlink, err error) muster.Message {
	if err != nil {
		return d.writeRefusal(t, asked, err)
	}
	if asked, ok := asked.(*muster.AttributeWatch); ok {
		return writeWatched(t, asked, answer)
	}
	switch answer := answer.(type) {
	case *muster.Grant:
		if asked, ok := asked.(*muster.ProvisionRequest); ok {
			return writeGrant(t, asked, answer)
		}
	case *muster.AttributeValues:
		if asked, ok := asked.(*muster.AttributeRequest); ok {
			return writeAttributes(t, asked, answer)
		}
	case *muster.Limits:
		if asked, ok := asked.(*muster.LimitsRequest); ok {
			return writeLimits(asked, answer)
		}
	}
	if t == muster.CoAP {
		return muster.Message{Code: coapCreated} // ThingsBoard device API 5.1
	}
	return muster.Message{}
}

func (d *Dialect) writeRefusal(t muster.Transport, asked muster.Uplink, err error) muster.Message {
	switch asked := asked.(type) {
	case nil:
		return d.writeUnread(t, err)
	case *muster.ProvisionRequest:
		switch {
		case ours(err):
			return muster.Message{}
		case asked.Binary && t == muster.HTTP: // which has no protobuf (1.2)
			return d.errorBody(httpInternalError, muster.Refuse(muster.ReasonPayloadInvalid, "the payload is not JSON"))
		}
		return writeDenial(t, asked, err)
	}
	return muster.Message{}
}

// ours reports whether err says nothing about the request: it may succeed later, so no status is given that a device
// would take for an answer. A rate limit is an answer, and so is one that says when to ask again.
func ours(err error) bool {
	switch muster.KindOf(err) {
	case muster.Internal:
		return true
	case muster.Overloaded:
		return muster.ReasonOf(err) != muster.ReasonRateLimited && muster.Public(err).Retry == 0
	}
	return false
}

// bodyMissing is the message of the refusal that HTTP answers with 400 instead of 500.
const bodyMissing = "the request has no body"

// writeUnread answers a request that could not be routed or understood: over HTTP with ThingsBoard's error body
// (ThingsBoard device API 1.6 and 4), over CoAP with a code alone (5.1).
func (d *Dialect) writeUnread(t muster.Transport, err error) muster.Message {
	refusal := muster.Public(err)
	switch t {
	case muster.HTTP:
		switch {
		case refusal.Reason == muster.ReasonMethodNotAllowed:
			return d.errorBody(httpMethodNotAllowed, refusal)
		case refusal.Reason == muster.ReasonPayloadInvalid && (refusal.Message == bodyMissing || refusal.Message == timeoutInvalid):
			return d.errorBody(httpBadRequest, refusal)
		case refusal.Reason == muster.ReasonPayloadInvalid, refusal.Reason == muster.ReasonRequestInvalid:
			return d.errorBody(httpInternalError, refusal)
		}
	case muster.CoAP:
		switch refusal.Reason {
		case muster.ReasonMethodNotAllowed:
			return muster.Message{Code: coapMethodNotAllowed}
		case muster.ReasonTopicUnknown, muster.ReasonPayloadInvalid, muster.ReasonRequestInvalid:
			return muster.Message{Code: coapBadRequest}
		}
	case muster.MQTT:
	}
	return muster.Message{}
}

// errorBody is {"status":…,"message":…,"errorCode":…,"timestamp":…} with our reason behind it, and nothing where the profile
// keeps reasons from its devices.
func (d *Dialect) errorBody(status int, refusal *muster.Error) muster.Message {
	if refusal.Quiet {
		return muster.Message{Code: status}
	}
	now := time.Now
	if d.Now != nil {
		now = d.Now
	}
	code := 31 // bad request
	if status == httpInternalError {
		code = 2 // general
	}
	body, _ := json.Marshal(struct { // numbers and strings always encode
		Status    int           `json:"status"`
		Message   string        `json:"message"`
		ErrorCode int           `json:"errorCode"`
		Timestamp int64         `json:"timestamp"`
		Reason    muster.Reason `json:"reason"`
	}{status, refusal.Message, code, now().UnixMilli(), refusal.Reason})
	return muster.Message{Code: status, Body: body}
}
