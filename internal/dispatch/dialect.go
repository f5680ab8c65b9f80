package dispatch

import (
	"time"

	"muster"
)

// A Dialect translates what the devices of one platform send and are sent. It decides nothing and keeps nothing.
type Dialect interface {
	// Owns reports whether address is one of the dialect's; dialects are asked in order and the last owns all the rest.
	Owns(address []byte) bool
	// Proof reads how a client introduces itself; false: not as my devices do.
	Proof(h *muster.Hello) (muster.Proof, bool)
	// Grants reports whether a device may subscribe to filter.
	Grants(who *muster.Identity, filter string) bool
	// Read understands what who sent to address at now. Refused with ReasonTopicUnknown or ReasonPayloadInvalid. The result
	// may point into body, and the caller releases a *muster.Telemetry.
	Read(who *muster.Identity, address, body []byte, now time.Time) (muster.Uplink, error)
	// Write puts an answer, or the error that stands for it, into words for the transport. asked is nil if it could not
	// be read. Most acknowledgements are the zero Message.
	Write(t muster.Transport, asked muster.Uplink, answer muster.Downlink, err error) muster.Message
}

// A Router finds in a request of HTTP or CoAP what Dialect.Read understands: the access token (empty where the path has
// none) and the address. Refused with ReasonTopicUnknown, or ReasonMethodNotAllowed for a known path with a wrong method.
type Router interface {
	Route(r *muster.Request) (token muster.Secret, address string, err error)
}

// An Enroller is the dialect of requests for certificates. They come to paths of their own, whatever the platform.
type Enroller interface {
	// Enrols reports whether a path is one of them.
	Enrols(path []string) bool
	// Read understands a request to such a path. Refused with ReasonTopicUnknown or ReasonMethodNotAllowed.
	Read(r *muster.Request) (*muster.Enrolment, error)
	// Write puts an answer, or the error that stands for it, into words for the transport. The answer to EnrolAttributes and
	// to EnrolDiscovery is nil. asked is nil if it could not be read.
	Write(t muster.Transport, asked *muster.Enrolment, answer muster.Downlink, err error) muster.Message
}

// A Joiner is a dialect whose devices let themselves in: over MQTT in a session of its own, over HTTP and CoAP with a
// request to the same address.
type Joiner interface {
	// Joins reports whether h opens a session to be let in. Nothing is asked of such a client yet.
	Joins(h *muster.Hello) bool
	// JoinAddress returns where requests to be let in go and where their answers come from; in such a session nothing else
	// may be published or subscribed to.
	JoinAddress() (request, answer string)
}

// A Herald is a dialect whose devices are told what they have not asked for.
type Herald interface {
	// Watch returns what a subscription to filter has a device told from then on; nil: nothing. Write puts it into words, as
	// an answer to that.
	Watch(filter string) *muster.AttributeWatch
}
