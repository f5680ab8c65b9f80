package payload

import (
	"bytes"
	"encoding/json"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"muster"
)

// FuzzObject holds that nothing that is sent breaks the bounds, that what is stored can be read back, and that strict
// JSON is understood as encoding/json does.
func FuzzObject(f *testing.F) {
	for _, in := range []string{
		`{"temperature":22.5,"humidity":61,"firmware":"1.2.3"}`, `{temperature:25}`, `{a:1;b=2,'c'=>"3"}`, `{"a":[1,,2],"b":{"c":null}}`,
		`{"a":1E400,"b":-1.50,"c":"007","d":0.12345678901234567}`, "\ufeff)]}'\n/**/{}", `{"a":"\ud83d\ude00\n"}`, `{"a":1,"a":null}`,
	} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		before := bytes.Clone(in)
		values, err := Object(in, nil)
		if !bytes.Equal(in, before) {
			t.Fatal("the payload was written to")
		}
		if err != nil {
			checkRefusal(t, in, err)
			return
		}
		checkStored(t, values)
		var want map[string]any
		d := json.NewDecoder(bytes.NewReader(in))
		d.UseNumber()
		if json.Valid(in) && d.Decode(&want) == nil {
			checkAgainst(t, values, want)
		}
	})
}

// checkRefusal allows strict JSON to be refused only where it is out of bounds.
func checkRefusal(t *testing.T, in []byte, err error) {
	if muster.ReasonOf(err) != muster.ReasonPayloadInvalid {
		t.Errorf("reason %s", muster.ReasonOf(err))
	}
	var object map[string]json.RawMessage
	if bytes.Contains(in, []byte("{")) && json.Unmarshal(in, &object) == nil && object != nil && len(object) <= muster.MaxKeys {
		message := muster.MessageOf(err)
		for _, bound := range []string{"too large", "too long", "too many", "UTF-8"} {
			if strings.Contains(message, bound) {
				return
			}
		}
		t.Errorf("strict JSON is refused: %s", message)
	}
}

// checkStored reads the values back and stores them again.
func checkStored(t *testing.T, values muster.Values) {
	var again muster.Values
	seen := map[string]bool{}
	for key, v := range values.All() {
		if seen[key] || key == "" || len(key) > muster.MaxKeyLength {
			t.Errorf("key %q", key)
		}
		seen[key] = true
		again = again.Add(key, v)
		switch v.Kind {
		case muster.Double:
			if d := v.Double(); math.IsNaN(d) || math.IsInf(d, 0) || d == 0 && math.Signbit(d) {
				t.Errorf("%s is %v", key, d)
			} else if back, err := strconv.ParseFloat(string(v.AppendJSON(nil)), 64); err != nil || back != d {
				t.Errorf("%s is %v and reads back as %v", key, d, back)
			}
		case muster.String:
			if len(v.Text()) > MaxText+MaxExponent+3 {
				t.Errorf("%s has %d bytes", key, len(v.Text()))
			}
		case muster.JSON:
			var compact bytes.Buffer
			if err := json.Compact(&compact, []byte(v.Text())); err != nil || compact.String() != v.Text() || len(v.Text()) > MaxText {
				t.Errorf("%s is not compact JSON: %s", key, v.Text())
			}
		case muster.Bool, muster.Long:
		case muster.NoValue:
			t.Errorf("%s has no value", key)
		}
	}
	if !bytes.Equal(values, again) {
		t.Errorf("stored %x, again %x", values, again)
	}
	if len(seen) > muster.MaxKeys {
		t.Errorf("%d keys", len(seen))
	}
}

// checkAgainst compares values with what encoding/json reads.
func checkAgainst(t *testing.T, values muster.Values, want map[string]any) {
	got := map[string]muster.Value{}
	for key, v := range values.All() {
		got[key] = v
	}
	for key, w := range want {
		if w == nil || blank([]byte(key)) || len(key) > muster.MaxKeyLength {
			if v, there := got[key]; there {
				t.Errorf("%q is %v", key, v)
			}
			continue
		}
		v := got[key]
		same := false
		switch w := w.(type) {
		case bool:
			same = v.Kind == muster.Bool && v.Bool() == w
		case json.Number:
			same = sameNumber(v, w.String())
		case string:
			same = v.Kind == muster.String && v.Text() == w || looksNumeric(w) && sameNumber(v, w)
		default:
			var inside any
			d := json.NewDecoder(strings.NewReader(v.Text()))
			d.UseNumber()
			same = v.Kind == muster.JSON && d.Decode(&inside) == nil && reflect.DeepEqual(inside, w)
		}
		if !same {
			t.Errorf("%q is %d %s, not %v", key, v.Kind, v.AppendJSON(nil), w)
		}
	}
}

func looksNumeric(s string) bool {
	return strings.Trim(s, "-.0123456789") == "" && strings.ContainsAny(s, "0123456789") && strings.LastIndexByte(s, '-') <= 0 &&
		strings.Count(s, ".") <= 1 && !strings.HasSuffix(s, ".")
}

// sameNumber compares a stored number with the rules of the ThingsBoard device API 6.3, reckoned with rationals.
func sameNumber(v muster.Value, text string) bool {
	exact, ok := new(big.Rat).SetString(text)
	if !ok {
		return false
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	_, decimals, point := strings.Cut(mantissa, ".")
	e, _ := strconv.Atoi(exponent)
	scale := len(decimals) - e
	switch v.Kind {
	case muster.Long:
		return exact.IsInt() && exact.Num().IsInt64() && exact.Num().Int64() == v.Long() && (exponent != "" || !point)
	case muster.Double:
		nearest, _ := strconv.ParseFloat(text, 64)
		return nearest == v.Double() && scale <= maxScale && (!exact.IsInt() || exponent == "" && point)
	case muster.String:
		written, ok := new(big.Rat).SetString(v.Text())
		nearest, _ := strconv.ParseFloat(text, 64)
		tooFine := scale > maxScale && (!exact.IsInt() || point && exponent == "")
		tooLarge := exact.IsInt() && !exact.Num().IsInt64() && (exponent != "" || !point) || math.IsInf(nearest, 0)
		return ok && written.Cmp(exact) == 0 && !strings.ContainsAny(v.Text(), "eE") && (tooFine || tooLarge)
	}
	return false
}

func BenchmarkObject(b *testing.B) {
	for _, test := range []struct{ name, in string }{
		{"three", `{"temperature":22.5,"humidity":61,"firmware":"1.2.3"}`},
		{"lenient", `{temperature:22.5;humidity=61,'firmware'=>1.2.3}`},
		{"long doubles", `{"temperature":22.534566789012,"humidity":61.23456789012345,"pressure":1013.2500001}`},
		{"nested", `{"position":{"lat":47.3769,"lon":8.5417,"tags":["a","b"]},"ok":true}`},
	} {
		b.Run(test.name, func(b *testing.B) {
			in, out := []byte(test.in), make([]byte, 0, 256)
			b.ReportAllocs()
			b.SetBytes(int64(len(in)))
			for b.Loop() {
				if _, err := Object(in, out); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestCommonPayloadsNeedNoMemory(t *testing.T) {
	in, out := []byte(`{"temperature":22.5,"humidity":61,"firmware":"1.2.3","on":true,"at":{"lat":47.3769},"unit":"\u00b0C","big":61.23456789012345}`), make([]byte, 0, 512)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := Object(in, out); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
