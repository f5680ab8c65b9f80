package dispatch

import (
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"muster"
	"muster/internal/journal"
	"muster/internal/trace"
)

// maxKeysTold bounds the keys of a message that a trace names.
const maxKeysTold = 32

// trail is where the peer's trace is written; nil: it is not traced.
func (p *Peer) trail() *trace.Trail { return p.d.o.Tracer.Trail(p.who.Device, p.who.Name) }

// tellAttempt writes an attempt and its checks into the trace of the device that it was about.
func (d *Dispatcher) tellAttempt(a *muster.Attempt) {
	trail := d.o.Tracer.Trail(a.Device, a.Name)
	if trail == nil {
		return
	}
	attrs := []slog.Attr{slog.String("transport", a.Transport.String()), slog.String("remote", a.Remote.String())}
	for _, text := range []struct{ name, text string }{{"reason", string(a.Reason)}, {"detail", a.Detail}, {"showed", a.Shown}, {"way", a.Way.String()}} {
		if text.text != "" {
			attrs = append(attrs, slog.String(text.name, text.text))
		}
	}
	trail.Tell(a.Action.String(), attrs...)
	for _, c := range journal.Story(*a) {
		trail.Tell("check", slog.String("name", c.Name), slog.String("result", c.Result.String()), slog.String("asks", c.Asks))
	}
}

// tellMessage writes what a device sent: where to, how much, and the keys in it, never a value. An address that nothing is
// served under may be a secret in the wrong place, so its length alone is told.
func tellMessage(trail *trace.Trail, transport muster.Transport, address []byte, size int, up muster.Uplink, err error) {
	attrs := []slog.Attr{slog.String("transport", transport.String())}
	if up != nil && err == nil {
		attrs = append(attrs, slog.String("address", string(address)))
	} else {
		attrs = append(attrs, slog.Int("addressBytes", len(address)))
	}
	attrs = append(attrs, slog.Int("bytes", size))
	if keys := keysOf(up); len(keys) > 0 && err == nil {
		attrs = append(attrs, slog.String("keys", toldKeys(keys)))
	}
	trail.Tell("message", attrs...)
}

// keysOf returns the keys of what a device sent or asks for.
func keysOf(up muster.Uplink) []string {
	var keys []string
	add := func(v muster.Values) {
		for key := range v.Raw() {
			if !slices.Contains(keys, string(key)) && len(keys) <= maxKeysTold {
				keys = append(keys, string(key))
			}
		}
	}
	switch up := up.(type) {
	case *muster.Telemetry:
		for _, s := range up.Samples {
			add(s.Values)
		}
	case *muster.Attributes:
		add(up.Values)
	case *muster.AttributeRequest:
		return slices.Concat(up.ClientKeys, up.SharedKeys)
	}
	return keys
}

func toldKeys(keys []string) string {
	if len(keys) > maxKeysTold {
		return strings.Join(keys[:maxKeysTold], ",") + ",…"
	}
	return strings.Join(keys, ",")
}

// tellAnswer writes what a device was answered: how it went, and how much it was sent.
func tellAnswer(trail *trace.Trail, m *muster.Message, err error) {
	if err != nil {
		trail.Tell("answer", slog.String("reason", string(muster.ReasonOf(err))), slog.String("detail", muster.MessageOf(err)),
			slog.Int("bytes", len(m.Body)))
		return
	}
	trail.Tell("answer", slog.String("reason", "none"), slog.Int("bytes", len(m.Body)))
}

// tellChange writes what a device is told without having asked: the keys, never a value.
func tellChange(trail *trace.Trail, c *muster.AttributeChange, m *muster.Message) {
	keys := slices.Clone(c.Removed)
	for _, a := range c.Set {
		keys = append(keys, a.Key)
	}
	trail.Tell("told", slog.String("keys", toldKeys(keys)), slog.Int("bytes", len(m.Body)))
}

// An overheard answerer writes each answer into a trace before it passes it on.
type overheard struct {
	muster.Answerer
	trail *trace.Trail
}

// Answer is Answerer.Answer.
func (o *overheard) Answer(tag uint64, m muster.Message, err error) {
	tellAnswer(o.trail, &m, err)
	o.Answerer.Answer(tag, m, err)
}

// tellSubscription writes what a device wants to hear. A filter that is not granted may be a secret in the wrong place.
func tellSubscription(trail *trace.Trail, filter string, granted bool) {
	attr := slog.String("filter", filter)
	if !granted {
		attr = slog.Int("filterBytes", len(filter))
	}
	trail.Tell("subscribe", attr, slog.String("granted", strconv.FormatBool(granted)))
}

// Left writes that the device has gone by itself.
func (l link) Left() {
	if trail := l.trail(); trail != nil {
		trail.Tell("left", slog.String("transport", l.transport.String()))
	}
}
