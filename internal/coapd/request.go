package coapd

import (
	"slices"
	"strings"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

// A request is what the options of a message say.
type request struct {
	method    codes.Code
	path      []string
	query     []string
	format    int // of the body; noFormat: it is not said
	block1    *block
	block2    *block
	announced int    // bytes of the whole body; 0: it is not said
	accept    string // the media type that the answer shall have; empty: any
	observe   int    // the option, of GET; notObserved: there is none

	// Of the message.
	token       message.Token
	confirmable bool
}

// key names what is asked for, among the requests of a peer.
func (q *request) key() string {
	return q.method.String() + " " + strings.Join(q.path, "/") + "?" + strings.Join(q.query, "&")
}

// wanted returns the block of the answer that is asked for: the first, as large as can be, where nothing is said.
func (q *request) wanted() block {
	if q.block2 == nil {
		return block{size: largestBlock}
	}
	return block{number: q.block2.number, size: q.block2.size}
}

// contentFormat is that of an answer in JSON: the request's own if it has one (ThingsBoard device API 5.1).
func (q *request) contentFormat() int {
	if q.format != noFormat {
		return q.format
	}
	return int(message.AppJSON)
}

// readRequest reads the options. The code is that of the refusal where one must be understood and is not.
func readRequest(m *message.Message) (request, codes.Code) {
	q := request{method: m.Code, format: noFormat, observe: notObserved, token: m.Token, confirmable: m.Type == message.Confirmable}
	if m.Code > codes.DELETE {
		return q, codes.MethodNotAllowed
	}
	for _, o := range m.Options {
		switch o.ID {
		case message.URIPath:
			q.path = append(q.path, string(o.Value))
		case message.URIQuery:
			q.query = append(q.query, string(o.Value))
		case message.ContentFormat:
			q.format = int(uintOption(o.Value))
		case message.Size1:
			q.announced = int(uintOption(o.Value))
		case message.Observe:
			if m.Code == codes.GET {
				q.observe = int(uintOption(o.Value))
			}
		case message.Block1, message.Block2:
			b, ok := readBlock(o.Value)
			if !ok {
				return q, codes.BadRequest // [RFC 7959, 2.2]
			}
			if o.ID == message.Block1 {
				q.block1 = &b
			} else {
				q.block2 = &b
			}
		case message.Accept:
			q.accept = mediaType(uintOption(o.Value))
		case message.URIHost, message.URIPort:
		case message.ProxyURI, message.ProxyScheme:
			return q, codes.ProxyingNotSupported // [RFC 7252, 5.10.2]
		default:
			if o.ID%2 == 1 {
				return q, codes.BadOption // a critical option [RFC 7252, 5.4.1]
			}
		}
	}
	q.path = split(q.path)
	return q, codes.Empty
}

// split takes apart a path that some clients send whole in one option (ThingsBoard device API 5.1).
func split(path []string) []string {
	if len(path) != 1 || !strings.Contains(path[0], "/") {
		return path
	}
	return slices.Collect(strings.SplitSeq(strings.Trim(path[0], "/"), "/"))
}
