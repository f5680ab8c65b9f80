package payload

import (
	"bytes"
	"math"
	"strconv"

	"muster"
)

// A number is the text of a decimal number, taken apart: ± its digits × 10^(exponent-fraction).
type number struct {
	text     []byte
	negative bool
	strict   bool   // as JSON allows it; only such a number may have an exponent
	point    bool   // there is a decimal point
	exponent int    // no further from 0 than MaxExponent+1
	e        bool   // there is an exponent
	leading  uint64 // the first 18 digits, leading zeros not counted
	digits   int    // how many digits, leading zeros not counted
	fraction int    // how many digits stand behind the point
}

// parseNumber takes text apart; false if it is no number: neither JSON's, nor an optional '-' and digits with at most one
// point that is not the last.
func parseNumber(text []byte) (n number, ok bool) {
	if len(text) == 0 || text[0] > '9' || text[0] < '-' {
		return n, false
	}
	n.text = text
	i := 0
	if text[0] == '-' {
		n.negative = true
		i++
	}
	first, whole := i, 0 // where the digits start, and how many stand before the point
	for ; i < len(text); i++ {
		d := text[i] - '0'
		if d > 9 {
			if text[i] != '.' || n.point {
				break
			}
			n.point = true
			continue
		}
		if n.point {
			n.fraction++
		} else {
			whole++
		}
		if d != 0 || n.digits > 0 {
			if n.digits++; n.digits <= 18 {
				n.leading = n.leading*10 + uint64(d)
			}
		}
	}
	if i == first || text[i-1] == '.' {
		return n, false
	}
	n.strict = whole == 1 || whole > 1 && text[first] != '0'
	if i == len(text) {
		return n, true
	}
	return n, n.strict && text[i]|0x20 == 'e' && n.parseExponent(text[i+1:])
}

func (n *number) parseExponent(text []byte) bool {
	n.e = true
	negative := len(text) > 0 && text[0] == '-'
	if negative || len(text) > 0 && text[0] == '+' {
		text = text[1:]
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
		n.exponent = min(n.exponent*10+int(c-'0'), MaxExponent+1)
	}
	if negative {
		n.exponent = -n.exponent
	}
	return len(text) > 0
}

// excessive reports whether the exponent is beyond MaxExponent.
func (n *number) excessive() bool { return n.exponent > MaxExponent || n.exponent < -MaxExponent }

var powersOfTen = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16}

// maxScale is how many decimals a number may have to be kept as a double.
const maxScale = 16

// append appends the number in its stored form, by the rules of the ThingsBoard device API 6.3: whole numbers are longs,
// unless they are written with a point and without an exponent; others are doubles; what fits neither is kept as a
// string of its plain digits. The number is not excessive.
func (n *number) append(out []byte) []byte {
	switch {
	case n.e:
	case !n.point && n.digits <= 18:
		v := int64(n.leading)
		if n.negative {
			v = -v
		}
		return muster.LongValue(v).Encode(out)
	case n.point && n.digits <= 15 && n.fraction <= maxScale:
		// Both are exact doubles, so their quotient is the double nearest to the decimal number.
		v := float64(n.leading) / powersOfTen[n.fraction]
		if n.negative && n.leading != 0 {
			v = -v
		}
		return muster.DoubleValue(v).Encode(out)
	}
	return n.value().Encode(out)
}

// value is the general case of append.
func (n *number) value() muster.Value {
	digits, scale := n.unscaled(), n.fraction-n.exponent
	zeros := len(digits) - len(bytes.TrimRight(digits, "0"))
	whole := len(digits) == 0 || scale <= zeros
	switch {
	case whole && (n.e || !n.point):
		if len(digits) == 0 || len(digits)-scale <= len("9223372036854775808") {
			text, _, _ := bytes.Cut(n.plain(digits, scale), []byte("."))
			if v, err := strconv.ParseInt(string(text), 10, 64); err == nil {
				return muster.LongValue(v)
			}
		}
	case scale <= maxScale:
		if v, err := strconv.ParseFloat(string(n.text), 64); err == nil && !math.IsInf(v, 0) {
			if v == 0 {
				v = 0 // not -0
			}
			return muster.DoubleValue(v)
		}
	}
	return muster.StringValue(string(n.plain(digits, scale)))
}

// unscaled returns the digits without point and leading zeros; none for zero.
func (n *number) unscaled() []byte {
	digits := make([]byte, 0, len(n.text))
	for _, c := range n.text {
		switch {
		case c|0x20 == 'e':
			return digits
		case c > '0' && c <= '9', c == '0' && len(digits) > 0:
			digits = append(digits, c)
		}
	}
	return digits
}

// plain writes ±digits × 10^-scale without an exponent.
func (n *number) plain(digits []byte, scale int) []byte {
	text := make([]byte, 0, len(digits)+max(scale, -scale)+3)
	if n.negative && len(digits) > 0 {
		text = append(text, '-')
	}
	whole := max(len(digits)-scale, 0) // digits before the point
	switch {
	case len(digits) == 0 && scale <= 0, whole == 0:
		text = append(text, '0')
	default:
		text = append(text, digits[:min(whole, len(digits))]...)
		text = append(text, bytes.Repeat([]byte("0"), max(-scale, 0))...)
	}
	if scale > 0 {
		text = append(text, '.')
		text = append(text, bytes.Repeat([]byte("0"), max(scale-len(digits), 0))...)
		text = append(text, digits[min(whole, len(digits)):]...)
	}
	return text
}
