package payload

import "bytes"

// Skip takes the next value and drops it.
func (s *Scanner) Skip() error {
	start := len(s.out)
	err := s.compactAll()
	s.out = s.out[:start]
	return err
}

// compactAll appends the next value as JSON of at most MaxText bytes.
func (s *Scanner) compactAll() error {
	s.limit = len(s.out) + MaxText
	return s.compact()
}

// compact appends the next value as strict JSON without white space, its members in their order.
func (s *Scanner) compact() (err error) {
	switch s.Peek() {
	case '{':
		err = s.compactObject()
	case '[':
		err = s.compactArray()
	case '"', '\'':
		var buf [64]byte
		var text []byte
		if text, err = s.str(buf[:0]); err == nil {
			s.out = appendQuoted(s.out, text)
		}
	default:
		err = s.compactLiteral()
	}
	if err == nil && len(s.out) > s.limit {
		err = s.refuse("a value is too long")
	}
	return err
}

func (s *Scanner) compactLiteral() error {
	text, err := s.literal("a value is wanted")
	if err != nil {
		return err
	}
	if w := word(text); w != "" {
		s.out = append(s.out, w...)
		return nil
	}
	n, ok := parseNumber(text)
	switch {
	case ok && n.excessive():
		return s.refuse("a number has too large an exponent")
	case ok && n.strict:
		s.out = append(s.out, text...)
	default:
		s.out = appendQuoted(s.out, text)
	}
	return nil
}

func (s *Scanner) compactArray() error {
	if err := s.Array(); err != nil {
		return err
	}
	s.out = append(s.out, '[')
	for first := true; ; first = false {
		more, err := s.Element(first)
		switch {
		case err != nil:
			return err
		case !more:
			s.close(']')
			return nil
		case s.absent():
			s.out = append(s.out, "null"...)
		default:
			if err := s.compact(); err != nil {
				return err
			}
		}
		s.out = append(s.out, ',')
	}
}

// A member is the place of an object's member in the output: its quoted name, and all of it to behind the comma.
type member struct{ start, name, end int }

func (s *Scanner) compactObject() error {
	if err := s.Object(); err != nil {
		return err
	}
	s.out = append(s.out, '{')
	var few [8]member
	members, repeated := few[:0], false
	for first := true; ; first = false {
		name, more, err := s.Member(first)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		m := member{start: len(s.out)}
		s.out = appendQuoted(s.out, name)
		m.name = len(s.out)
		repeated = repeated || len(members) >= len(few) || s.has(members, s.out[m.start:])
		s.out = append(s.out, ':')
		if err := s.compact(); err != nil {
			return err
		}
		s.out = append(s.out, ',')
		m.end = len(s.out)
		members = append(members, m)
	}
	if repeated {
		s.dropRepeated(members)
	}
	s.close('}')
	return nil
}

func (s *Scanner) has(members []member, name []byte) bool {
	for _, m := range members {
		if bytes.Equal(s.out[m.start:m.name], name) {
			return true
		}
	}
	return false
}

// dropRepeated removes all members but the last of each name. They are the end of the output.
func (s *Scanner) dropRepeated(members []member) {
	last := make(map[string]int, len(members))
	for i, m := range members {
		last[string(s.out[m.start:m.name])] = i
	}
	kept := s.out[:members[0].start]
	for i, m := range members {
		if last[string(s.out[m.start:m.name])] == i {
			kept = append(kept, s.out[m.start:m.end]...)
		}
	}
	s.out = kept
}

// close puts the closing bracket in the place of the last comma, if there is one.
func (s *Scanner) close(bracket byte) {
	if last := len(s.out) - 1; s.out[last] == ',' {
		s.out = s.out[:last]
	}
	s.out = append(s.out, bracket)
}
