package thingsboard

import (
	"bytes"
	"strconv"

	"muster"
)

const (
	telemetryTopic   = "v1/devices/me/telemetry"
	attributesTopic  = "v1/devices/me/attributes"
	provisionRequest = "/provision/request"
	provisionAnswer  = "/provision/response"

	credentialNotice = "v1/devices/me/credentials/notice" // ours

	joiner = "provision" // the user name or client id of a provisioning session
)

// attributeRequests are the topics that ask for attributes, without the request's id, and where the answer goes. The
// longer of two that begin alike comes first.
var attributeRequests = [...]struct{ request, answer string }{
	{"v1/devices/me/attributes/request/", "v1/devices/me/attributes/response/"},
	{"v2/a/req/j/", "v2/a/res/j/"},
	{"v2/a/req/", "v2/a/res/"},
}

// requestID returns what follows prefix in address, if that is one level of the topic.
func requestID(address []byte, prefix string) (id string, ok bool) {
	rest, ok := bytes.CutPrefix(address, []byte(prefix))
	return string(rest), ok && !bytes.ContainsRune(rest, '/')
}

// replyTo returns the topic of the answer to the request of that id; "" if its id is negative, for then none is sent
// (ThingsBoard device API 3.2).
func replyTo(topic, id string) (string, error) {
	n, err := strconv.ParseInt(id, 10, 32)
	switch {
	case err != nil:
		return "", muster.Refuse(muster.ReasonPayloadInvalid, "the request's id is not a number of 32 bits")
	case n < 0:
		return "", nil
	}
	return topic + strconv.FormatInt(n, 10), nil
}

// Grants reports whether filter is one of those that a device may subscribe to. They are exact strings (ThingsBoard
// device API 3.3), and provisionAnswer, on which a device that is in is given another credential.
func (d *Dialect) Grants(_ *muster.Identity, filter string) bool {
	switch filter {
	case "v1/devices/me/attributes", "v2/a", "v2/a/j", "v2/a/p",
		"v1/devices/me/rpc/request/+", "v2/r/req/+", "v2/r/req/j/+", "v2/r/req/p/+",
		"v1/devices/me/rpc/response/+", "v2/r/res/+", "v2/r/res/j/+", "v2/r/res/p/+",
		"v1/devices/me/attributes/response/+", "v2/a/res/+", "v2/a/res/j/+", "v2/a/res/p/+",
		"v1/gateway/attributes", "v1/gateway/rpc", "v1/gateway/attributes/response",
		"v2/fw/response/+/chunk/+", "v2/fw/error", "v2/sw/response/+/chunk/+", "v2/sw/error",
		provisionAnswer, credentialNotice:
		return true
	}
	return false
}
