package admin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"muster"
	"muster/internal/live"
)

const (
	heartbeat  = 15 * time.Second  // after so long something is sent, if only that there is nothing
	takeWithin = 10 * time.Second  // a client that takes nothing for so long is let go
	comeBack   = "retry: 2000\n\n" // milliseconds after which a browser comes back
)

// A stream is one response of server-sent events.
type stream struct {
	api      *api
	w        http.ResponseWriter
	control  *http.ResponseController
	listener *live.Listener
	fresh    bool // nothing came before it

	profiles map[muster.ProfileID]string // by what they were called when one was last looked for
}

// run sends events until the client goes away, may not ask any more, takes nothing, or the server stops.
func (s *stream) run(ctx context.Context) {
	// The request was read within its time; an answer without end has none. A writer that knows no deadlines has none to lift.
	_ = s.control.SetReadDeadline(time.Time{})
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	err := s.write([]byte(comeBack))
	if err == nil && s.fresh {
		err = s.send(&Event{ID: s.listener.Begun().String(), Event: "begin", At: time.Now().UTC()})
	}
	if err == nil {
		err = s.rest(ctx)
	}
	for err == nil {
		select {
		case <-ctx.Done():
			err = context.Cause(ctx)
		case <-s.listener.News():
			_, err = s.news(ctx)
		case <-beat.C:
			err = s.rest(ctx)
		}
	}
	if _, refused := errors.AsType[*muster.Error](err); refused {
		_ = s.send(&Event{Event: "end", At: time.Now().UTC(), Problem: problemOf(err)}) // the last word
	}
}

// news sends what has happened, and returns until where that is all.
func (s *stream) news(ctx context.Context) (at live.ID, err error) {
	events, at, err := s.listener.Take()
	if err != nil {
		return at, err
	}
	var text []byte
	for _, e := range events {
		shown := s.eventOf(ctx, e)
		text = appendEvent(text, &shown)
	}
	if len(text) > 0 {
		err = s.write(text)
	}
	return at, err
}

// rest sends what has happened, a comment, and the id behind which nothing has: a client that comes back with it is not told
// that it may have missed what it does not want.
func (s *stream) rest(ctx context.Context) error {
	at, err := s.news(ctx)
	if err != nil {
		return err
	}
	return s.write([]byte(":\nid: " + at.String() + "\n\n"))
}

func (s *stream) send(e *Event) error { return s.write(appendEvent(nil, e)) }

// write sends text at once.
func (s *stream) write(text []byte) error {
	_ = s.control.SetWriteDeadline(time.Now().Add(takeWithin))
	if _, err := s.w.Write(text); err != nil {
		return err
	}
	return s.control.Flush()
}

// appendEvent appends an event as a stream has it.
func appendEvent(text []byte, e *Event) []byte {
	if e.ID != "" {
		text = append(append(append(text, "id: "...), e.ID...), '\n')
	}
	text = append(append(append(text, "event: "...), e.Event...), "\ndata: "...)
	data, _ := json.Marshal(e) // texts, numbers, times and valid JSON always encode
	return append(append(text, data...), "\n\n"...)
}
