package bulk

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"muster"
)

// maxDecimals is how many digits behind the point a number has that is kept as one (ThingsBoard bulk import).
const maxDecimals = 16

// valueOf returns what a cell means as an attribute or a reading: a number (with a point or a comma), true or false in any
// case, a JSON object, array or string, or else its text. What looks like a number and begins with a zero too many is text,
// as serial numbers are.
func valueOf(cell string) muster.Value {
	if cell == "" {
		return muster.StringValue("")
	}
	switch c := cell[0]; {
	case c == '-' || c >= '0' && c <= '9':
		if v, ok := numberOf(cell); ok {
			return v
		}
	case (len(cell) == 4 || len(cell) == 5) && (strings.EqualFold(cell, "true") || strings.EqualFold(cell, "false")):
		return muster.BoolValue(len(cell) == 4)
	case c == '{' || c == '[' || c == '"':
		if v, ok := jsonValue([]byte(cell)); ok {
			return v
		}
	}
	return muster.StringValue(cell)
}

// numberOf reads a number: digits are a long, with a fraction or an exponent they are a double.
func numberOf(text string) (muster.Value, bool) {
	whole, rest := digits(strings.TrimPrefix(text, "-"))
	if whole == "" || len(whole) > 1 && whole[0] == '0' {
		return muster.Value{}, false
	}
	if rest == "" {
		n, err := strconv.ParseInt(text, 10, 64)
		return muster.LongValue(n), err == nil
	}
	if rest[0] == '.' || rest[0] == ',' {
		var fraction string
		fraction, rest = digits(rest[1:])
		if fraction == "" || len(fraction) > maxDecimals {
			return muster.Value{}, false
		}
	}
	if rest != "" && (rest[0] == 'e' || rest[0] == 'E') {
		var exponent string
		if rest = rest[1:]; rest != "" && (rest[0] == '-' || rest[0] == '+') {
			rest = rest[1:]
		}
		if exponent, rest = digits(rest); exponent == "" {
			return muster.Value{}, false
		}
	}
	if rest != "" {
		return muster.Value{}, false
	}
	f, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
	return muster.DoubleValue(f), err == nil
}

// digits splits off the digits that text begins with.
func digits(text string) (run, rest string) {
	i := 0
	for i < len(text) && text[i] >= '0' && text[i] <= '9' {
		i++
	}
	return text[:i], text[i:]
}

// jsonValue returns the value of a JSON text. Null is no value, and not ok.
func jsonValue(text []byte) (muster.Value, bool) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || !utf8.Valid(text) || !json.Valid(text) {
		return muster.Value{}, false
	}
	switch text[0] {
	case '{', '[':
		var b bytes.Buffer
		if json.Compact(&b, text) != nil {
			return muster.Value{}, false
		}
		return muster.JSONValue(b.String()), true
	case '"':
		var s string
		if json.Unmarshal(text, &s) != nil {
			return muster.Value{}, false
		}
		return muster.StringValue(s), true
	case 't', 'f':
		return muster.BoolValue(text[0] == 't'), true
	case 'n':
		return muster.Value{}, false
	}
	if n, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		return muster.LongValue(n), true
	}
	f, err := strconv.ParseFloat(string(text), 64)
	return muster.DoubleValue(f), err == nil && !math.IsInf(f, 0)
}

// cellOf is the cell that valueOf reads v from.
func cellOf(v muster.Value) string {
	text := string(v.AppendJSON(nil))
	switch v.Kind {
	case muster.String:
		if plain := v.Text(); plain != "" && valueOf(plain) == v {
			return plain
		}
	case muster.Double:
		if valueOf(text) != v { // more decimals than a number may have
			return strconv.FormatFloat(v.Double(), 'E', -1, 64)
		}
	}
	return text
}

// guarded returns cell as it stands in a file that people may open in a spreadsheet: what a spreadsheet would run as a
// formula gets a quote before it. Plain numbers stay. unguarded is its inverse for every text.
func guarded(cell string) string {
	bare := strings.TrimLeft(cell, "'")
	if bare == "" || !strings.ContainsRune("=+-@\t\r", rune(bare[0])) {
		return cell
	}
	if bare == cell && isNumber(cell) {
		return cell
	}
	return "'" + cell
}

// unguarded takes off the quote that guarded, or a spreadsheet, has put before a cell.
func unguarded(cell string) string {
	if cell == "" || cell[0] != '\'' {
		return cell
	}
	bare := strings.TrimLeft(cell, "'")
	if bare == "" || !strings.ContainsRune("=+-@\t\r", rune(bare[0])) {
		return cell
	}
	return cell[1:]
}

func isNumber(cell string) bool {
	_, ok := numberOf(cell)
	return ok
}
