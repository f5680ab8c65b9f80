package bulk

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"muster"
)

func TestCellsMeanWhatTheyLookLike(t *testing.T) {
	for cell, want := range map[string]string{
		"5": "5", "-5": "-5", "0": "0", "21.5": "21.5", "21,5": "21.5", "-0.5": "-0.5", "42.0": "42.0", "1e3": "1000.0", "1.5E-7": "1.5E-7",
		"007": `"007"`, "+5": `"+5"`, "5.": `"5."`, ".5": `".5"`, "-": `"-"`, "1.2.3": `"1.2.3"`, "1e": `"1e"`, "0x10": `"0x10"`,
		"9223372036854775808": `"9223372036854775808"`, "0.12345678901234567": `"0.12345678901234567"`, "1e999": `"1e999"`,
		"true": "true", "FALSE": "false", "truer": `"truer"`, `{"a": 1}`: `{"a":1}`, "[1, 2]": "[1,2]", "{a}": `"{a}"`, `"5"`: `"5"`,
		`"a`: `"\"a"`, "text": `"text"`, " 5": `" 5"`, "null": `"null"`,
	} {
		if got := string(valueOf(cell).AppendJSON(nil)); got != want {
			t.Errorf("%q is %s, want %s", cell, got, want)
		}
	}
}

// anyValue draws a value that an attribute may have.
func anyValue(t *rapid.T) muster.Value {
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		return muster.BoolValue(rapid.Bool().Draw(t, "bool"))
	case 1:
		return muster.LongValue(rapid.Int64().Draw(t, "long"))
	case 2:
		f := rapid.Float64().Filter(func(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }).Draw(t, "double")
		return muster.DoubleValue(f)
	case 3:
		return muster.JSONValue(rapid.SampledFrom([]string{`{}`, `[]`, `{"a":[1,2.50,"x"]}`, `[null,true]`, `{"":""}`}).Draw(t, "json"))
	}
	return muster.StringValue(rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"", "5", "-1.5", "true", "{}", `"quoted"`, "=1+1", "'=x", "'", "''@", "007", "1e5", "\t", "-",
	})).Draw(t, "string"))
}

func TestAValueComesBackFromItsCell(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := anyValue(t)
		if got := valueOf(unguarded(guarded(cellOf(v)))); got != v {
			t.Fatalf("%s became %s by way of %q", v.AppendJSON(nil), got.AppendJSON(nil), cellOf(v))
		}
	})
}

func TestAGuardedCellIsNoFormulaAndComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`'{0,3}[-=+@\t\r]?[0-9.a-z(]{0,5}`)).Draw(t, "text")
		g := guarded(text)
		if unguarded(g) != text {
			t.Fatalf("%q became %q by way of %q", text, unguarded(g), g)
		}
		if g != "" && strings.ContainsRune("=+-@\t\r", rune(g[0])) && !isNumber(g) {
			t.Fatalf("%q is a formula", g)
		}
	})
}
