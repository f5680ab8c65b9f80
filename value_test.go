package muster_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"muster"
)

func TestValuesKeepTheirTypeInJSON(t *testing.T) {
	for want, v := range map[string]muster.Value{
		"null": {}, "true": muster.BoolValue(true), "false": muster.BoolValue(false),
		"42": muster.LongValue(42), "-9223372036854775808": muster.LongValue(math.MinInt64),
		"42.0": muster.DoubleValue(42), "0.0": muster.DoubleValue(0), "-0.5": muster.DoubleValue(-0.5), "22.5": muster.DoubleValue(22.5),
		"1.0E21": muster.DoubleValue(1e21), "1.0E7": muster.DoubleValue(1e7), "9999999.5": muster.DoubleValue(9999999.5),
		"1.0E-4": muster.DoubleValue(1e-4), "-1.0E-10": muster.DoubleValue(-1e-10), "1.7976931348623157E308": muster.DoubleValue(math.MaxFloat64), "1.25E-7": muster.DoubleValue(1.25e-7),
		`"a\"b"`: muster.StringValue(`a"b`), `"<é>"`: muster.StringValue("<é>"), `{"a":[1,null]}`: muster.JSONValue(`{"a":[1,null]}`),
	} {
		if got := string(v.AppendJSON(nil)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func anyValue() *rapid.Generator[muster.Value] {
	return rapid.OneOf(
		rapid.Map(rapid.Bool(), muster.BoolValue), rapid.Map(rapid.Int64(), muster.LongValue),
		rapid.Map(rapid.Float64(), muster.DoubleValue), rapid.Map(rapid.String(), muster.StringValue),
		rapid.Just(muster.Value{}),
	)
}

func TestValuesSurviveTheirStoredForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(rapid.StringN(0, 40, 255), 0, 20).Draw(t, "keys")
		var values muster.Values
		var want []muster.Value
		for _, key := range keys {
			v := anyValue().Draw(t, "value")
			values, want = values.Add(key, v), append(want, v)
		}
		i := 0
		for key, got := range values.All() {
			if key != keys[i] || got != want[i] {
				t.Fatalf("%d: %q %v, want %q %v", i, key, got, keys[i], want[i])
			}
			i++
		}
		if i != len(keys) {
			t.Fatalf("%d of %d came back", i, len(keys))
		}
	})
}

func FuzzStoredValues(f *testing.F) {
	f.Add([]byte(muster.Values{}.Add("a", muster.LongValue(1)).Add("b", muster.StringValue("x"))))
	f.Add([]byte{1, 'a', 4, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		var again muster.Values
		for key, v := range muster.Values(b).All() {
			again = again.Add(key, v)
		}
		n := 0
		for range again.All() {
			n++
		}
		for range muster.Values(b).All() {
			n--
		}
		if n != 0 {
			t.Errorf("%d values were lost on the way", -n)
		}
	})
}
