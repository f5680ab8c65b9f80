package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"muster"
	"muster/internal/admin"
)

const (
	maxEvent    = 16 << 20         // bytes of one line of a stream
	maxStill    = 45 * time.Second // without a line, after which a stream is taken for broken
	lastEventID = "Last-Event-ID"
)

// An eventStream is server-sent events, over one connection after the other.
type eventStream struct {
	client *client
	query  url.Values
	last   string // id of the last event that was seen whole; empty: there was none
	id     string // of the one that is being read
	show   func(admin.Event) error
	began  bool // a stream was had
	heard  bool // the last one
}

// read shows the events of one connection until it breaks off, and returns how it did.
func (s *eventStream) read(ctx context.Context) error {
	s.heard, s.id = false, s.last
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	still := time.AfterFunc(maxStill, cancel)
	defer still.Stop()
	req, err := s.client.request(ctx, call{method: http.MethodGet, path: []string{"v1", "events"}, query: s.query})
	if err != nil {
		return err
	}
	if s.last != "" {
		req.Header.Set(lastEventID, s.last)
	}
	res, err := s.client.unhurried().http.Do(req)
	if err != nil {
		return s.brokeOff(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		text, err := io.ReadAll(io.LimitReader(res.Body, maxRefusal))
		if err != nil {
			return s.brokeOff(err)
		}
		return refusal(res, text)
	}
	s.began, s.heard = true, true
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, maxEvent)
	lines.Split(wholeLines)
	for lines.Scan() {
		still.Reset(maxStill)
		if err := s.take(lines.Bytes()); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return s.brokeOff(err)
	}
	return s.brokeOff(io.ErrUnexpectedEOF)
}

func (s *eventStream) brokeOff(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // without the URL, which has the name of a device in it
	}
	return &muster.Error{Reason: muster.ReasonServerUnreachable, Message: "the server at " + s.client.base.Redacted() + " does not answer", Err: err}
}

// wholeLines is bufio.ScanLines without a last line whose end is missing: nobody knows how it would have gone on.
func wholeLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if atEOF && bytes.IndexByte(data, '\n') < 0 {
		return len(data), nil, nil
	}
	return bufio.ScanLines(data, atEOF)
}

// take takes a line. The data of an event are one line, behind its id, which counts once they are seen: a stream that breaks
// off between them goes on with that event.
func (s *eventStream) take(line []byte) error {
	name, value, _ := bytes.Cut(line, []byte(": "))
	switch string(name) {
	case "id":
		s.id = string(value)
	case "":
		if len(line) == 0 {
			s.last = s.id
		}
	case "data":
		var e admin.Event
		if err := json.Unmarshal(value, &e); err != nil {
			return muster.Refuse(muster.ReasonServerUnreachable, "what answers at %s is no Muster server: %v", s.client.base.Host, err)
		}
		if e.Problem != nil {
			return muster.Refuse(muster.Reason(e.Problem.Reason), "%s", e.Problem.Detail)
		}
		s.last = s.id
		return s.show(e)
	}
	return nil
}
