package muster

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"strconv"
)

// A ValueKind is the type of a Value.
type ValueKind uint8

// The types of values. Their numbers are stored and never change.
const (
	NoValue ValueKind = iota
	Bool
	Long
	Double
	String
	JSON
)

// A Value is one typed value of a reading or an attribute. The zero Value is no value.
type Value struct {
	Kind ValueKind
	num  uint64 // Bool, Long, Double
	text string // String, JSON (compact)
}

// BoolValue returns the value b.
func BoolValue(b bool) Value {
	if b {
		return Value{Kind: Bool, num: 1}
	}
	return Value{Kind: Bool}
}

// LongValue returns the value n.
func LongValue(n int64) Value { return Value{Kind: Long, num: uint64(n)} }

// DoubleValue returns the value f, which must be finite.
func DoubleValue(f float64) Value { return Value{Kind: Double, num: math.Float64bits(f)} }

// StringValue returns the value s.
func StringValue(s string) Value { return Value{Kind: String, text: s} }

// JSONValue returns the object or array whose compact JSON text is given.
func JSONValue(compact string) Value { return Value{Kind: JSON, text: compact} }

// Bool returns the value of a Bool.
func (v Value) Bool() bool { return v.num != 0 }

// Long returns the value of a Long.
func (v Value) Long() int64 { return int64(v.num) }

// Double returns the value of a Double.
func (v Value) Double() float64 { return math.Float64frombits(v.num) }

// Number returns a Bool, Long or Double as a number; any other value is none.
func (v Value) Number() (n float64, ok bool) {
	switch v.Kind {
	case Bool, Long:
		return float64(v.Long()), true
	case Double:
		return v.Double(), true
	}
	return 0, false
}

// Text returns the text of a String or the compact text of a JSON.
func (v Value) Text() string { return v.text }

// AppendJSON appends the value as JSON. A Double keeps a fraction or an exponent, so that 42.0 does not come back as 42.
func (v Value) AppendJSON(b []byte) []byte {
	switch v.Kind {
	case Bool:
		return strconv.AppendBool(b, v.Bool())
	case Long:
		return strconv.AppendInt(b, v.Long(), 10)
	case Double:
		return appendDouble(b, v.Double())
	case String:
		return AppendJSONString(b, v.text)
	case JSON:
		return append(b, v.text...)
	}
	return append(b, "null"...)
}

// appendDouble writes f in the layout of Java, which the platforms that devices come from print: 42.0, 1.0E21, 1.25E-7.
func appendDouble(b []byte, f float64) []byte {
	format := byte('f')
	if size := math.Abs(f); size != 0 && (size < 1e-3 || size >= 1e7) {
		format = 'E'
	}
	var room [32]byte
	digits, exponent, scientific := bytes.Cut(strconv.AppendFloat(room[:0], f, format, -1, 64), []byte("E"))
	b = append(b, digits...)
	if !bytes.ContainsRune(digits, '.') {
		b = append(b, ".0"...)
	}
	if !scientific {
		return b
	}
	b = append(b, 'E')
	if exponent[0] == '-' {
		b = append(b, '-')
	}
	return append(b, bytes.TrimLeft(exponent, "+-0")...) // "+21" and "-07" lose what Java leaves out
}

// AppendJSONString appends s as a JSON string.
func AppendJSONString(b []byte, s string) []byte {
	if isPlain(s) {
		return append(append(append(b, '"'), s...), '"')
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always encodes
	return append(b, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))...)
}

// isPlain reports whether s stands in JSON as it is.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// MarshalJSON returns what AppendJSON appends.
func (v Value) MarshalJSON() ([]byte, error) { return v.AppendJSON(nil), nil }

// Encode appends the stored form of v: its kind, and behind it the number or the text with its length.
func (v Value) Encode(b []byte) []byte {
	b = append(b, byte(v.Kind))
	switch v.Kind {
	case Bool:
		return append(b, byte(v.num))
	case Long:
		return binary.AppendVarint(b, v.Long())
	case Double:
		return binary.BigEndian.AppendUint64(b, v.num)
	case String, JSON:
		b = binary.AppendUvarint(b, uint64(len(v.text)))
		return append(b, v.text...)
	}
	return b
}

// skipValue returns the length of the encoded value at the head of b; ok is false if b does not hold one.
func skipValue(b []byte) (n int, ok bool) {
	if len(b) == 0 {
		return 0, false
	}
	switch ValueKind(b[0]) {
	case NoValue:
		return 1, true
	case Bool:
		n = 2
	case Double:
		n = 9
	case Long:
		_, w := binary.Varint(b[1:])
		if w <= 0 {
			return 0, false
		}
		n = 1 + w
	case String, JSON:
		size, w := binary.Uvarint(b[1:])
		if w <= 0 || size > uint64(len(b)) {
			return 0, false
		}
		n = 1 + w + int(size)
	default:
		return 0, false
	}
	return n, n <= len(b)
}

// DecodeValue reads the value at the head of b and returns what follows it; ok is false if b does not hold one.
func DecodeValue(b []byte) (v Value, rest []byte, ok bool) {
	n, ok := skipValue(b)
	if !ok {
		return Value{}, nil, false
	}
	v.Kind = ValueKind(b[0])
	switch v.Kind {
	case Bool:
		v.num = uint64(b[1])
	case Double:
		v.num = binary.BigEndian.Uint64(b[1:])
	case Long:
		l, _ := binary.Varint(b[1:])
		v.num = uint64(l)
	case String, JSON:
		_, w := binary.Uvarint(b[1:])
		v.text = string(b[1+w : n])
	case NoValue:
	}
	return v, b[n:], true
}
