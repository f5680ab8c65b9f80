package mqtt

import (
	"bytes"
	"iter"
)

// A Subscribe is a SUBSCRIBE or an UNSUBSCRIBE. Its slices are parts of the packet.
type Subscribe struct {
	ID         uint16
	Identified bool // MQTT 5: it brings a subscription identifier
	filters    []byte
	options    int // bytes after each filter
}

// A Filter is one topic filter of a Subscribe.
type Filter struct {
	Text []byte
	QoS  byte // asked for; 0 in an UNSUBSCRIBE
}

// Shared reports whether the filter is that of a shared subscription of MQTT 5.
func (f Filter) Shared() bool { return bytes.HasPrefix(f.Text, []byte("$share/")) }

// Subscribe reads a SUBSCRIBE.
func (p Packet) Subscribe(v Version) (Subscribe, error) { return p.subscribe(v, inSubscribe, 1) }

// Unsubscribe reads an UNSUBSCRIBE.
func (p Packet) Unsubscribe(v Version) (Subscribe, error) { return p.subscribe(v, inUnsubscribe, 0) }

func (p Packet) subscribe(v Version, allowed set, options int) (Subscribe, error) {
	r := reader{rest: p.Body}
	s := Subscribe{ID: r.packetID(), options: options}
	if v == V5 {
		s.Identified = r.properties(allowed).seen.has(subscriptionID)
	}
	s.filters = r.rest
	if len(s.filters) == 0 {
		r.fail(protocolError("there is no topic filter")) // [MQTT-3.8.3-2] [MQTT-3.10.3-2]
	}
	for len(r.rest) > 0 {
		filter := Filter{Text: r.text()}
		if r.err == nil && len(filter.Text) == 0 {
			r.fail(protocolError("a topic filter is empty")) // [MQTT-4.7.3-1]
		}
		if options == 1 {
			r.checkOptions(r.byte(), v, filter)
		}
	}
	return s, r.end()
}

// checkOptions holds the options of one filter against the standard of the version.
func (r *reader) checkOptions(options byte, v Version, f Filter) {
	reserved := byte(0xfc) // [MQTT-3.8.3-4] of 3.1.1
	if v == V5 {
		reserved = 0xc0 // [MQTT-3.8.3-5]
	}
	switch {
	case r.err != nil:
	case options&reserved != 0:
		r.fail(malformed("reserved bits of a subscription are set"))
	case options&0x03 == 0x03:
		r.fail(malformed("a subscription asks for QoS 3"))
	case options&0x30 == 0x30:
		r.fail(protocolError("a subscription has retain handling 3"))
	case options&0x04 != 0 && f.Shared():
		r.fail(protocolError("a shared subscription has No Local set")) // [MQTT-3.8.3-4]
	}
}

// Filters yields the filters in the order of the packet.
func (s Subscribe) Filters() iter.Seq[Filter] {
	return func(yield func(Filter) bool) {
		for r := (reader{rest: s.filters}); len(r.rest) > 0; {
			f := Filter{Text: r.binary()}
			if s.options == 1 {
				f.QoS = r.byte() & 0x03
			}
			if !yield(f) {
				return
			}
		}
	}
}
