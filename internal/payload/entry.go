package payload

import (
	"encoding/binary"
	"strings"

	"muster"
)

// Begin starts a sample: it drops the entries that were not taken with Values.
func (s *Scanner) Begin() {
	s.out = s.out[:s.sample]
	s.keys, s.count, s.repeated = s.taken, 0, false
}

// Entry takes the next value and appends it under key. Null is dropped, and so are blank keys and those longer than
// muster.MaxKeyLength. More than muster.MaxKeys entries in one text are refused, those that Begin drops not counted.
func (s *Scanner) Entry(key []byte) error {
	start := len(s.out)
	s.out = binary.AppendUvarint(s.out, uint64(len(key)))
	from := len(s.out)
	s.out = append(s.out, key...)
	null, err := s.value()
	if err != nil {
		return err
	}
	known := s.known(key)
	if null && !known || len(key) > muster.MaxKeyLength || blank(key) {
		s.out = s.out[:start]
		return nil
	}
	if null { // it undoes what came before; Values drops it then
		s.out = append(s.out, byte(muster.NoValue))
	}
	s.repeated = s.repeated || known
	if s.count < len(s.names) {
		s.names[s.count] = span{uint32(from), uint32(from + len(key))}
		s.count++
	}
	if s.keys++; s.keys > muster.MaxKeys {
		return s.refuse("too many keys")
	}
	return nil
}

// known reports whether there is an entry of that key since Begin, or so many entries that there may be.
func (s *Scanner) known(key []byte) bool {
	if s.count == len(s.names) {
		return true
	}
	for _, n := range s.names[:s.count] {
		if string(s.out[n.from:n.to]) == string(key) {
			return true
		}
	}
	return false
}

func blank(key []byte) bool {
	if len(key) > 0 && key[0] > ' ' && key[0] < 0x80 {
		return false
	}
	return strings.TrimSpace(string(key)) == ""
}

// Entries takes the object that is next and appends its members as entries.
func (s *Scanner) Entries() error {
	if err := s.Object(); err != nil {
		return err
	}
	for first := true; ; first = false {
		key, more, err := s.Member(first)
		if err != nil || !more {
			return err
		}
		if err := s.Entry(key); err != nil {
			return err
		}
	}
}

// Values takes the entries since Begin; of entries with the same key the last.
func (s *Scanner) Values() muster.Values {
	if s.repeated {
		s.keepLast()
	}
	start := s.sample
	s.sample, s.taken = len(s.out), s.keys
	s.Begin()
	return s.out[start:len(s.out):len(s.out)]
}

// Out returns the buffer that was given to Start, grown by what Values has returned.
func (s *Scanner) Out() []byte { return s.out[:s.sample] }

func (s *Scanner) keepLast() {
	entries := muster.Values(s.out[s.sample:])
	last, i := make(map[string]int), 0
	for key := range entries.Raw() {
		last[string(key)] = i
		i++
	}
	// What is kept moves towards the front and never over what is still to be read.
	kept, i := entries[:0], 0
	for key, value := range entries.Raw() {
		if last[string(key)] == i && muster.ValueKind(value[0]) != muster.NoValue {
			kept = append(kept.AddKey(string(key)), value...)
		}
		i++
	}
	s.out = s.out[:s.sample+len(kept)]
}

// Object reads body as one object of readings or attributes and appends its values to out, of which it returns the new
// part.
func Object(body, out []byte) (muster.Values, error) {
	var s Scanner
	if err := s.Start(body, out); err != nil {
		return nil, err
	}
	if err := s.Entries(); err != nil {
		return nil, err
	}
	return s.Values(), s.End()
}
