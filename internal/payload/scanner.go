// Package payload scans the lenient JSON of devices into typed values, in the stored form and without copying twice.
package payload

import (
	"bytes"
	"unicode/utf8"

	"muster"
)

// Bounds of what is read; beyond them a payload is refused.
const (
	MaxBody     = 64 << 20 // bytes in a payload
	MaxDepth    = 32       // objects and arrays in each other
	MaxText     = 64 << 10 // bytes in a string, and in the compact text of an object or array
	MaxExponent = 400      // of a number, either way
)

// A Scanner reads one JSON text as Gson does in lenient mode: names and strings may be unquoted or in single quotes,
// ';' separates like ',' and '=' or '=>' like ':', comments and a byte order mark may lead. What follows the text may be
// white space alone.
//
// The text is read front to back: Start, then Object or Array, then Member or Element until there are no more, each
// followed by one of the methods that take a value, and End. Every error is a *muster.Error for ReasonPayloadInvalid; it
// names the byte at which reading stopped, never what stood there.
//
// A Scanner reads one text and is not safe for concurrent use.
type Scanner struct {
	in    []byte
	pos   int
	depth int

	out    []byte // entries are appended here
	limit  int    // out grows no further while the text of one value is written
	sample int    // where the entries since Begin start in out
	keys   int    // entries of the whole text
	taken  int    // of them those that Values has taken

	// The keys since Begin, as offsets into out, to find repeated ones; when there are more, repeated is assumed.
	names    [32]span
	count    int
	repeated bool
}

// A span is a part of the output.
type span struct{ from, to uint32 }

// Start begins to read body. Entries are appended to out.
func (s *Scanner) Start(body, out []byte) error {
	s.in, s.out, s.sample = body, out, len(out)
	switch {
	case len(body) > MaxBody:
		return s.refuse("the payload is too large to read")
	case !utf8.Valid(body):
		return s.refuse("the payload is not UTF-8")
	}
	if bytes.HasPrefix(body, []byte("\ufeff")) {
		s.pos = len("\ufeff")
	}
	s.Peek()
	if bytes.HasPrefix(s.in[s.pos:], []byte(")]}'\n")) {
		s.pos += len(")]}'\n")
	}
	return nil
}

// End refuses a text that goes on. Unlike before a value, a comment is not skipped here.
func (s *Scanner) End() error {
	for _, c := range s.in[s.pos:] {
		switch c {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return s.refuse("something follows the end of the JSON")
		}
	}
	return nil
}

// Peek returns the next byte that is neither white space nor comment and does not take it; 0 at the end.
func (s *Scanner) Peek() byte {
	for s.pos < len(s.in) {
		switch c := s.in[s.pos]; c {
		case ' ', '\t', '\n', '\r':
			s.pos++
		case '/', '#':
			if !s.comment() {
				return c
			}
		default:
			return c
		}
	}
	return 0
}

// comment takes the comment that is next; false if it is none. A comment that never ends takes the rest.
func (s *Scanner) comment() bool {
	rest, end := s.in[s.pos:], 0
	switch {
	case rest[0] == '#', bytes.HasPrefix(rest, []byte("//")):
		end = bytes.IndexAny(rest, "\r\n")
	case bytes.HasPrefix(rest, []byte("/*")):
		if end = bytes.Index(rest[2:], []byte("*/")); end >= 0 {
			end += len("/**/")
		}
	default:
		return false
	}
	if end < 0 {
		end = len(rest)
	}
	s.pos += end
	return true
}

// Mark returns the place where the scanner stands, for Seek.
func (s *Scanner) Mark() int { return s.pos }

// Seek goes back to a mark in the same object or array, or forward again.
func (s *Scanner) Seek(mark int) { s.pos = mark }

// Object enters the object that is next.
func (s *Scanner) Object() error { return s.enter('{', "an object is wanted") }

// Array enters the array that is next.
func (s *Scanner) Array() error { return s.enter('[', "an array is wanted") }

func (s *Scanner) enter(bracket byte, wanted string) error {
	if s.Peek() != bracket {
		return s.refuse(wanted)
	}
	if s.depth == MaxDepth {
		return s.refuse("too many objects and arrays in each other")
	}
	s.depth++
	s.pos++
	return nil
}

func (s *Scanner) leave() {
	s.depth--
	s.pos++
}

// Member moves to the next member of the object, behind its colon, and returns its name; false: there is none and the
// object is left. The name is valid as long as the text that is read.
func (s *Scanner) Member(first bool) (name []byte, ok bool, err error) {
	c := s.Peek()
	if c == '}' {
		s.leave()
		return nil, false, nil
	}
	if !first {
		if c != ',' && c != ';' {
			return nil, false, s.refuse("a comma or a closing brace is wanted")
		}
		s.pos++
		c = s.Peek()
	}
	if name, err = s.name(c); err != nil {
		return nil, false, err
	}
	switch s.Peek() {
	case ':':
		s.pos++
	case '=':
		if s.pos++; s.pos < len(s.in) && s.in[s.pos] == '>' {
			s.pos++
		}
	default:
		return nil, false, s.refuse("a colon is wanted")
	}
	return name, true, nil
}

func (s *Scanner) name(c byte) ([]byte, error) {
	if c != '"' && c != '\'' {
		return s.literal("a name is wanted")
	}
	raw, escaped, err := s.quoted()
	if err != nil || !escaped {
		return raw, err
	}
	name, ok := unescape(nil, raw)
	if !ok {
		return nil, s.refuse("a name has an unknown escape")
	}
	return name, nil
}

// Element moves to the next element of the array; false: there is none and the array is left.
func (s *Scanner) Element(first bool) (ok bool, err error) {
	c := s.Peek()
	if c == ']' {
		s.leave()
		return false, nil
	}
	if !first {
		if c != ',' && c != ';' {
			return false, s.refuse("a comma or a closing bracket is wanted")
		}
		s.pos++
	}
	return true, nil
}

// absent reports whether the element that Element moved to is left out, which means null.
func (s *Scanner) absent() bool {
	c := s.Peek()
	return c == ',' || c == ';' || c == ']'
}

func (s *Scanner) refuse(what string) error {
	return muster.Refuse(muster.ReasonPayloadInvalid, "%s at byte %d", what, s.pos)
}
