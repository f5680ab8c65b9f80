package payload

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// ends tells the bytes at which an unquoted name or value ends.
var ends = [256]bool{
	'/': true, '\\': true, ';': true, '#': true, '=': true, '{': true, '}': true, '[': true, ']': true, ':': true, ',': true,
	' ': true, '\t': true, '\f': true, '\r': true, '\n': true,
}

// literal takes the unquoted text that is next. It is not empty.
func (s *Scanner) literal(wanted string) ([]byte, error) {
	i := s.pos
	for i < len(s.in) && !ends[s.in[i]] {
		i++
	}
	text := s.in[s.pos:i]
	switch {
	case len(text) == 0:
		return nil, s.refuse(wanted)
	case len(text) > MaxText:
		return nil, s.refuse("a value is too long")
	}
	s.pos = i
	return text, nil
}

// quoted takes the string that is next, in whichever quotes, and returns what stands between them and whether there
// are escapes in it.
func (s *Scanner) quoted() (raw []byte, escaped bool, err error) {
	quote, start := s.in[s.pos], s.pos+1
	for i := start; i < len(s.in); i++ {
		switch s.in[i] {
		case quote:
			s.pos = i + 1
			return s.in[start:i], escaped, nil
		case '\\':
			escaped = true
			i++
		}
	}
	return nil, false, s.refuse("a string has no end")
}

// str takes the string that is next and returns its text, which may be in buf.
func (s *Scanner) str(buf []byte) ([]byte, error) {
	text, escaped, err := s.quoted()
	if err != nil {
		return nil, err
	}
	if escaped {
		var ok bool
		if text, ok = unescape(buf, text); !ok {
			return nil, s.refuse("a string has an unknown escape")
		}
	}
	if len(text) > MaxText {
		return nil, s.refuse("a string is too long")
	}
	return text, nil
}

// unescape appends raw with its escapes resolved; false at an unknown one. Half a surrogate pair becomes U+FFFD.
func unescape(dst, raw []byte) ([]byte, bool) {
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			dst = append(dst, raw[i])
			continue
		}
		if i++; i == len(raw) {
			return nil, false
		}
		switch c := raw[i]; c {
		case '"', '\'', '\\', '/', '\n':
			dst = append(dst, c)
		case 'b', 'f', 'n', 'r', 't':
			dst = append(dst, "\b\f\n\r\t"[strings.IndexByte("bfnrt", c)])
		case 'u':
			r, n := codePoint(raw[i+1:])
			if n == 0 {
				return nil, false
			}
			dst = utf8.AppendRune(dst, r)
			i += n
		default:
			return nil, false
		}
	}
	return dst, true
}

// codePoint reads the digits behind \u, and those of the other half of a surrogate pair, and returns how many bytes it
// took; 0 if there are no four hexadecimal digits.
func codePoint(b []byte) (r rune, n int) {
	r, ok := hex4(b)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 4
	}
	if len(b) >= 10 && b[4] == '\\' && b[5] == 'u' {
		if low, ok := hex4(b[6:]); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return pair, 10
			}
		}
	}
	return utf8.RuneError, 4
}

func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// appendQuoted appends text as a JSON string.
func appendQuoted(dst, text []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	done := 0
	for i, c := range text {
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, text[done:i]...)
		done = i + 1
		switch j := strings.IndexByte("\b\f\n\r\t", c); {
		case c == '"', c == '\\':
			dst = append(dst, '\\', c)
		case j >= 0:
			dst = append(dst, '\\', "bfnrt"[j])
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(append(dst, text[done:]...), '"')
}
