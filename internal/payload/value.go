package payload

import (
	"bytes"
	"encoding/binary"

	"muster"
)

// value appends the next value in its stored form; for null it appends nothing and reports so.
func (s *Scanner) value() (null bool, err error) {
	switch s.Peek() {
	case '"', '\'':
		return false, s.stringValue()
	case '{', '[':
		return false, s.structure()
	}
	text, err := s.literal("a value is wanted")
	if err != nil {
		return false, err
	}
	if n, ok := parseNumber(text); ok {
		if n.excessive() {
			return false, s.refuse("a number has too large an exponent")
		}
		s.out = n.append(s.out)
		return false, nil
	}
	switch word(text) {
	case "true":
		s.out = muster.BoolValue(true).Encode(s.out)
	case "false":
		s.out = muster.BoolValue(false).Encode(s.out)
	case "null":
		return true, nil
	default:
		s.out = appendText(s.out, muster.String, text)
	}
	return false, nil
}

// stringValue appends the string that is next: as a number if it looks like one without an exponent.
func (s *Scanner) stringValue() error {
	var buf [64]byte
	text, err := s.str(buf[:0])
	if err != nil {
		return err
	}
	if n, ok := parseNumber(text); ok && !n.e {
		s.out = n.append(s.out)
		return nil
	}
	s.out = appendText(s.out, muster.String, text)
	return nil
}

// structure appends the object or array that is next.
func (s *Scanner) structure() error {
	start := len(s.out)
	if err := s.compactAll(); err != nil {
		return err
	}
	size := len(s.out) - start
	var head [1 + binary.MaxVarintLen64]byte
	header := binary.AppendUvarint(append(head[:0], byte(muster.JSON)), uint64(size))
	s.out = append(s.out, header...)
	copy(s.out[start+len(header):], s.out[start:start+size])
	copy(s.out[start:], header)
	return nil
}

// word returns the keyword that text is in any case, or "".
func word(text []byte) string {
	if len(text) != 4 && len(text) != 5 {
		return ""
	}
	for _, w := range [...]string{"true", "false", "null"} {
		if text[0]|0x20 == w[0] && bytes.EqualFold(text, []byte(w)) && len(text) == len(w) {
			return w
		}
	}
	return ""
}

// appendText appends the stored form of a string or of compact JSON: muster.Value.Encode without a string in between.
func appendText(out []byte, kind muster.ValueKind, text []byte) []byte {
	out = binary.AppendUvarint(append(out, byte(kind)), uint64(len(text)))
	return append(out, text...)
}

// A Form is what sort of value Text has read.
type Form uint8

// The forms.
const (
	Null     Form = iota
	Scalar        // a string, number, true or false, or an array of one of them
	Compound      // an object, or any other array
)

// Text takes the next value and returns a scalar's text: a string's own, a number's as it was written. An array of one
// element counts as the element.
func (s *Scanner) Text() (text string, form Form, err error) {
	switch s.Peek() {
	case '"', '\'':
		var buf [64]byte
		text, err := s.str(buf[:0])
		return string(text), Scalar, err
	case '{':
		return "", Compound, s.Skip()
	case '[':
		return s.single()
	}
	literal, err := s.literal("a value is wanted")
	if err != nil {
		return "", Null, err
	}
	if w := word(literal); w == "null" {
		return "", Null, nil
	} else if w != "" {
		return w, Scalar, nil
	}
	return string(literal), Scalar, nil
}

func (s *Scanner) single() (text string, form Form, err error) {
	if err := s.Array(); err != nil {
		return "", Null, err
	}
	for n := 0; ; n++ {
		more, err := s.Element(n == 0)
		switch {
		case err != nil:
			return "", Null, err
		case !more && n == 1 && form == Scalar:
			return text, Scalar, nil
		case !more:
			return "", Compound, nil
		case !s.absent():
			if text, form, err = s.Text(); err != nil {
				return "", Null, err
			}
		}
	}
}

// Int64 takes the next value, a whole number or a string that looks like one; the fraction of other numbers is cut off.
func (s *Scanner) Int64() (int64, error) {
	start, before := s.pos, len(s.out)
	null, err := s.value()
	if err != nil {
		return 0, err
	}
	encoded := s.out[before:]
	s.out = s.out[:before]
	if !null {
		switch v, _, _ := muster.DecodeValue(encoded); v.Kind {
		case muster.Long:
			return v.Long(), nil
		case muster.Double:
			if f := v.Double(); f > -1<<63 && f < 1<<63 {
				return int64(f), nil
			}
		}
	}
	s.pos = start
	return 0, s.refuse("a whole number is wanted")
}
