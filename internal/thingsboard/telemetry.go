package thingsboard

import (
	"time"

	"muster"
	"muster/internal/payload"
)

// readTelemetry reads one message, or an array of them; an empty array is an empty message (ThingsBoard device API 6.1).
func readTelemetry(body []byte, now time.Time) (muster.Uplink, error) {
	t := muster.NewTelemetry()
	if err := scanTelemetry(t, body, now.UnixMilli()); err != nil {
		t.Release()
		return nil, err
	}
	return t, nil
}

func scanTelemetry(t *muster.Telemetry, body []byte, now int64) error {
	var s payload.Scanner
	if err := s.Start(body, t.Arena); err != nil {
		return err
	}
	if s.Peek() != '[' {
		if err := scanMessage(&s, t, now); err != nil {
			return err
		}
	} else if err := scanMessages(&s, t, now); err != nil {
		return err
	}
	t.Arena = s.Out()
	return s.End()
}

func scanMessages(s *payload.Scanner, t *muster.Telemetry, now int64) error {
	if err := s.Array(); err != nil {
		return err
	}
	for first := true; ; first = false {
		more, err := s.Element(first)
		if err != nil || !more {
			return err
		}
		if err := scanMessage(s, t, now); err != nil {
			return err
		}
	}
}

// scanMessage reads one object: readings of now, or, if it has both members ts and values, those in values at ts.
func scanMessage(s *payload.Scanner, t *muster.Telemetry, now int64) error {
	s.Begin()
	if err := s.Object(); err != nil {
		return err
	}
	ts, values, scanned := 0, 0, false // where the members' values are; whether the entries are those of values
	for first := true; ; first = false {
		name, more, err := s.Member(first)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		switch string(name) {
		case "ts":
			ts = s.Mark()
		case "values":
			values, scanned = s.Mark(), ts > 0
		}
		switch {
		case ts == 0 || values == 0:
			err = s.Entry(name)
		case values == s.Mark():
			s.Begin() // what came before was no reading
			err = s.Entries()
		default:
			err = s.Skip()
		}
		if err != nil {
			return err
		}
	}
	sample := muster.Sample{TS: now}
	if ts > 0 && values > 0 {
		if err := scanStamped(s, &sample, ts, values, scanned); err != nil {
			return err
		}
	}
	if sample.Values = s.Values(); len(sample.Values) > 0 {
		t.Samples = append(t.Samples, sample)
	}
	return nil
}

// scanStamped goes back to what could not be read in passing: the time, and the values where they stood before it.
func scanStamped(s *payload.Scanner, sample *muster.Sample, ts, values int, scanned bool) error {
	end := s.Mark()
	if !scanned {
		s.Seek(values)
		s.Begin()
		if err := s.Entries(); err != nil {
			return err
		}
	}
	s.Seek(ts)
	at, err := s.Int64()
	if err != nil {
		return err
	}
	s.Seek(end)
	sample.TS, sample.Stamped = at, true
	return nil
}
