package httpd

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"muster"
)

// Bounds of an address. No route comes near them.
const (
	maxSegments   = 16
	maxParameters = 64
)

// Buffers between these sizes are used again.
const (
	firstBuffer = 4 << 10
	keepBuffer  = 64 << 10
)

// maxLarge bounds the buffers over keepBuffer of all requests together, in bytes: a body is read before anybody is
// recognised, and it may come slowly.
const maxLarge = 128 << 20

// An exchange is what one request needs while it is served; it is used again for another when that is over.
type exchange struct {
	hello   muster.Hello
	request muster.Request
	buffer  []byte
	large   int // size of the buffer if that is over keepBuffer, and counted
}

var exchanges = sync.Pool{New: func() any { return &exchange{buffer: make([]byte, 0, firstBuffer)} }}

// release forgets the request and gives x back.
func (x *exchange) release() {
	path, query := x.request.Path, x.request.Query
	clear(path)
	clear(query)
	x.hello = muster.Hello{}
	x.request = muster.Request{Path: path[:0], Query: query[:0]}
	if cap(x.buffer) <= keepBuffer {
		exchanges.Put(x)
	}
}

// readBody reads the body as it is: forms are not decoded. A body that announces more than the limit is not read at all,
// and one that does not say its length is read to the limit and no further.
func (h *handler) readBody(x *exchange, r *http.Request) error {
	if r.ContentLength > int64(h.maxBody) {
		return h.tooLarge()
	}
	b := x.buffer[:0]
	for {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
			if !h.hold(x, cap(b)) {
				return muster.Refuse(muster.ReasonServerBusy, "")
			}
		}
		n, err := r.Body.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		x.buffer = b
		switch {
		case len(b) > h.maxBody:
			return h.tooLarge()
		case err == io.EOF:
			x.request.Body = b
			return nil
		case err != nil:
			return muster.Refuse(muster.ReasonPayloadInvalid, "the body ended too early")
		}
	}
}

func (h *handler) tooLarge() error {
	return muster.Refuse(muster.ReasonPayloadTooLarge, "Payload size exceeds the limit of %d bytes", h.maxBody)
}

// hold counts the buffer of x if it is large, unless there are too many.
func (h *handler) hold(x *exchange, size int) bool {
	if size <= keepBuffer {
		return true
	}
	more := int64(size - x.large)
	if h.large.Add(more) > maxLarge {
		h.large.Add(-more)
		return false
	}
	x.large = size
	return true
}

// letGo ends what hold began.
func (h *handler) letGo(x *exchange) {
	h.large.Add(-int64(x.large))
	x.large = 0
}

// readAddress splits path and query. Each segment is unescaped once, so a token may hold an escaped slash.
func (x *exchange) readAddress(u *url.URL) error {
	path, escaped := u.Path, false
	if u.RawPath != "" {
		path, escaped = u.RawPath, true
	}
	path = strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/")
	for segment := range strings.SplitSeq(path, "/") {
		if len(x.request.Path) == maxSegments {
			return muster.Refuse(muster.ReasonTopicUnknown, "")
		}
		if escaped {
			segment = unescape(url.PathUnescape, segment)
		}
		x.request.Path = append(x.request.Path, segment)
	}
	for parameter := range strings.SplitSeq(u.RawQuery, "&") {
		if parameter == "" || len(x.request.Query) == maxParameters {
			continue
		}
		name, value, _ := strings.Cut(parameter, "=")
		parameter = unescape(url.QueryUnescape, name) + "=" + unescape(url.QueryUnescape, value)
		x.request.Query = append(x.request.Query, parameter)
	}
	return nil
}

// unescape leaves alone what was never escaped.
func unescape(with func(string) (string, error), text string) string {
	if plain, err := with(text); err == nil {
		return plain
	}
	return text
}
