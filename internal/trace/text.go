package trace

import (
	"strconv"
	"strings"
	"unicode"
)

// quoted returns a value as it stands in a line: in quotes if it would not be one word of plain characters.
func quoted(s string) string {
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r == ' ' || r == '"' || r == '=' || !unicode.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}
