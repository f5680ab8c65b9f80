package mqttd

import (
	"iter"
	"slices"
	"strings"
)

// A subscription is a filter that was granted, and the QoS that messages go out with under it.
type subscription struct {
	filter string
	qos    byte
}

// A downstream is what a session remembers of the messages to its client. Most devices only send, so a session has none
// before something is subscribed to or sent; the nil downstream is empty.
type downstream struct {
	filters []subscription
	sent    []uint16 // packet identifiers that the client has not acknowledged
	lastID  uint16
}

func (d *downstream) find(filter string) int {
	if d == nil {
		return -1
	}
	return slices.IndexFunc(d.filters, func(s subscription) bool { return s.filter == filter })
}

// add keeps a subscription as the last, without an earlier one to the same filter [MQTT-3.8.4-3], and reports whether there
// was room.
func (d *downstream) add(s subscription) bool {
	if !d.remove(s.filter) && len(d.filters) >= maxFilters {
		return false
	}
	d.filters = append(d.filters, s)
	return true
}

// all returns the filters, in the order in which they were last subscribed to.
func (d *downstream) all() iter.Seq[string] {
	return func(yield func(string) bool) {
		if d == nil {
			return
		}
		for _, s := range d.filters {
			if !yield(s.filter) {
				return
			}
		}
	}
}

// remove reports whether there was a subscription to the filter.
func (d *downstream) remove(filter string) bool {
	i := d.find(filter)
	if i >= 0 {
		d.filters = slices.Delete(d.filters, i, i+1)
	}
	return i >= 0
}

// qosOf returns the highest QoS of the subscriptions that topic matches [MQTT-3.3.4-2], 1 if there is none.
func (d *downstream) qosOf(topic string) byte {
	highest, found := byte(0), false
	if d != nil {
		for _, s := range d.filters {
			if matches(s.filter, topic) {
				highest, found = max(highest, s.qos), true
			}
		}
	}
	if !found {
		return 1
	}
	return highest
}

// unacknowledged is how many acknowledgements the client owes.
func (d *downstream) unacknowledged() int {
	if d == nil {
		return 0
	}
	return len(d.sent)
}

// next takes a packet identifier that is not in use: 1, 2, … 65535, and again from 1. [MQTT-2.2.1-4]
func (d *downstream) next() uint16 {
	for {
		if d.lastID++; d.lastID != 0 && !slices.Contains(d.sent, d.lastID) {
			d.sent = append(d.sent, d.lastID)
			return d.lastID
		}
	}
}

// acknowledged gives a packet identifier free, if it was in use.
func (d *downstream) acknowledged(id uint16) {
	if d == nil {
		return
	}
	if i := slices.Index(d.sent, id); i >= 0 {
		d.sent = slices.Delete(d.sent, i, i+1)
	}
}

// matches reports whether topic is one of filter's. Of the wildcards only '+' is ever granted.
func matches(filter, topic string) bool {
	for {
		f, filterRest, moreFilter := strings.Cut(filter, "/")
		t, topicRest, moreTopic := strings.Cut(topic, "/")
		if f != "+" && f != t || moreFilter != moreTopic {
			return false
		}
		if !moreFilter {
			return true
		}
		filter, topic = filterRest, topicRest
	}
}
