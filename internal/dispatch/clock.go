package dispatch

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"muster"
)

// Where the time is asked for, whatever dialect a device speaks: over MQTT on a topic, over HTTP and CoAP by a path that
// needs no credential, because a device whose clock says 1970 finds every certificate not yet valid, its own among them.
const (
	timeRequest = "/time/request"
	timeAnswer  = "/time/response"
	timePath    = "api/v1/time"
)

// maxSigned is how many times are signed in a second, for everybody together.
const maxSigned = 50

// Bounds of a nonce, in characters: one that is shorter comes again too soon.
const (
	minNonce = 8
	maxNonce = 64
)

// asksTime reports whether a request is for the time.
func asksTime(r *muster.Request) bool {
	return len(r.Path) == 3 && strings.EqualFold(strings.Join(r.Path, "/"), timePath)
}

// stranger answers a request for the time. An address may ask as often a minute as it may fail to prove who it is.
func (d *Dispatcher) stranger(h *muster.Hello, r *muster.Request) (muster.Message, error) {
	if r.Method != "GET" {
		return muster.Message{}, muster.Refuse(muster.ReasonMethodNotAllowed, "")
	}
	nonce := ""
	for _, parameter := range r.Query {
		if value, ok := strings.CutPrefix(parameter, "nonce="); ok {
			nonce = value
		}
	}
	up, err := newTimeRequest(nonce)
	if err != nil {
		return muster.Message{}, err
	}
	var clock *muster.Clock
	if d.asking.fail(h.Remote, d.o.Now()) {
		err = tooOften(failureWindow)
	} else {
		clock, err = d.tellTime(up)
	}
	if err != nil {
		return muster.Message{RetryAfter: int(muster.Public(err).Retry.Seconds())}, err
	}
	return clocks{}.Write(h.Transport, up, clock, nil), nil
}

func tooOften(after time.Duration) error {
	err := muster.Refuse(muster.ReasonRateLimited, "")
	err.Retry = after
	return err
}

// tellTime returns what time it is, signed if that is wanted. Refused with ReasonRateLimited if too many signatures were
// asked for in this second.
func (d *Dispatcher) tellTime(asked *muster.TimeRequest) (*muster.Clock, error) {
	now := d.o.Now()
	c := &muster.Clock{At: now}
	if asked.Nonce == "" || d.o.Issuer == nil {
		return c, nil
	}
	if !d.signed.take(now) {
		return nil, tooOften(time.Second)
	}
	var err error
	c.Signed, err = d.o.Issuer.SignTime(asked.Nonce, now)
	return c, err
}

// deviceTime answers a device in a session. A publish is not refused because others ask too much: then the answer is not
// signed, which the device sees.
func (d *Dispatcher) deviceTime(from netip.Addr, asked *muster.TimeRequest) (*muster.Clock, error) {
	if asked.Nonce != "" && d.asking.fail(from, d.o.Now()) {
		return d.tellTime(&muster.TimeRequest{})
	}
	c, err := d.tellTime(asked)
	if errors.Is(err, muster.ReasonRateLimited) {
		return d.tellTime(&muster.TimeRequest{})
	}
	return c, err
}

// A budget is how often something may be done in a second.
type budget struct {
	mu     sync.Mutex // guards these
	second int64
	spent  int
}

// take reports whether it may be done once more.
func (b *budget) take(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if second := now.Unix(); second != b.second {
		b.second, b.spent = second, 0
	}
	b.spent++
	return b.spent <= maxSigned
}

// newTimeRequest reads a nonce. Refused with ReasonRequestInvalid.
func newTimeRequest(nonce string) (*muster.TimeRequest, error) {
	const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~" // RFC 3986, 2.3
	if nonce != "" && (len(nonce) < minNonce || len(nonce) > maxNonce || strings.Trim(nonce, unreserved) != "") {
		return nil, muster.Refuse(muster.ReasonRequestInvalid, "the nonce is not %d to %d letters, digits and -._~", minNonce, maxNonce)
	}
	return &muster.TimeRequest{Nonce: nonce}, nil
}

// clocks are the dialect of whoever asks for the time over MQTT.
type clocks struct{}

// Owns is Dialect.Owns.
func (clocks) Owns(address []byte) bool { return string(address) == timeRequest }

// Proof says that nobody introduces himself by asking for the time.
func (clocks) Proof(*muster.Hello) (muster.Proof, bool) { return muster.Proof{}, false }

// Grants is Dialect.Grants.
func (clocks) Grants(_ *muster.Identity, filter string) bool { return filter == timeAnswer }

// Read reads a request for the time: nothing, or an object with a nonce.
func (clocks) Read(_ *muster.Identity, _, body []byte, _ time.Time) (muster.Uplink, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return &muster.TimeRequest{}, nil
	}
	var asked struct{ Nonce string }
	if json.Unmarshal(body, &asked) != nil {
		return nil, muster.Refuse(muster.ReasonPayloadInvalid, "a request for the time is empty, or an object with a nonce")
	}
	return newTimeRequest(asked.Nonce)
}

// Write says what time it is, in milliseconds since 1970 and as ISO 8601 has it.
func (clocks) Write(t muster.Transport, _ muster.Uplink, answer muster.Downlink, err error) muster.Message {
	c, ok := answer.(*muster.Clock)
	if err != nil || !ok {
		return muster.Message{}
	}
	b := append(make([]byte, 0, 64), `{"time":`...)
	b = strconv.AppendInt(b, c.At.UnixMilli(), 10)
	b = append(b, `,"iso":"`...)
	b = c.At.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
	b = append(b, '"')
	if c.Signed != "" {
		b = append(b, `,"signed":"`...)
		b = append(append(b, c.Signed...), '"') // base64 and dots
	}
	m := muster.Message{Body: append(b, '}'), Fresh: true}
	if t == muster.MQTT {
		m.Address = timeAnswer
	}
	return m
}

var _ Dialect = clocks{}
