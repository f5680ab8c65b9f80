package trace

import (
	"log/slog"
	"strings"
	"time"

	"muster"
)

// A Trail is where is told what one device does.
type Trail struct {
	t      *Tracer
	device muster.DeviceID

	// Guarded by the Tracer's mu.
	name         string
	since, until time.Time
	on           bool
	timer        *time.Timer
	lines        []Line // a ring when it is full; the line of number n is at (n-1) % room
	last         int64  // number
}

// Tell writes down what happened, and never waits: a log that does not take its lines misses some.
func (tr *Trail) Tell(event string, attrs ...slog.Attr) {
	var b strings.Builder
	for _, a := range attrs {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(a.Key + "=" + quoted(a.Value.String()))
	}
	text := b.String()
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "…"
	}
	tr.t.mu.Lock()
	defer tr.t.mu.Unlock()
	if !tr.on {
		return
	}
	tr.last++
	line := Line{Number: tr.last, At: time.Now().UTC(), Event: event, Text: text}
	if len(tr.lines) < room {
		tr.lines = append(tr.lines, line)
	} else {
		tr.lines[(tr.last-1)%room] = line
	}
	select {
	case tr.t.lines <- logged{tr.name, line}:
	default:
	}
}

// trace returns what is known. The caller holds mu.
func (tr *Trail) trace(since int64, limit int) Trace {
	shown := Trace{
		Device: tr.device, Name: tr.name, Since: tr.since, Until: tr.until, On: tr.on, Lost: tr.last - int64(len(tr.lines)),
	}
	for n := max(since, shown.Lost) + 1; n <= tr.last && len(shown.Lines) < limit; n++ {
		shown.Lines = append(shown.Lines, tr.lines[(n-1)%room])
	}
	return shown
}
