package payload

import (
	"strconv"
	"strings"
	"testing"

	"muster"
)

// shown writes values as Go reads them best: key=kind value, in their order.
func shown(v muster.Values) string {
	kinds := map[muster.ValueKind]string{
		muster.Bool: "bool", muster.Long: "long", muster.Double: "double", muster.String: "string", muster.JSON: "json",
	}
	var b strings.Builder
	for key, value := range v.All() {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(key + "=" + kinds[value.Kind] + " " + string(value.AppendJSON(nil)))
	}
	return b.String()
}

func TestObject(t *testing.T) {
	zeros := func(n int) string { return strings.Repeat("0", n) }
	for _, test := range []struct{ name, in, want string }{
		{"an empty object is no values", `{}`, ``},
		{"plain JSON is typed", `{"t":22.5,"h":61,"v":"1.2.3","on":true,"off":false}`, `t=double 22.5 h=long 61 v=string "1.2.3" on=bool true off=bool false`},
		{"null is skipped", `{"a":null,"b":1}`, `b=long 1`},

		{"a name may be unquoted", `{temperature:25}`, `temperature=long 25`},
		{"names and strings may be in single quotes", `{'a':'x'}`, `a=string "x"`},
		{"a string may be unquoted", `{a:x"y'z}`, `a=string "x\"y'z"`},
		{"a keyword may be a name", `{true:1,null:2}`, `true=long 1 null=long 2`},
		{"separators may be ; and =", `{a:1;b=2}`, `a=long 1 b=long 2`},
		{"a separator may be =>", `{a=>3}`, `a=long 3`},

		{"a point makes a double", `{"a":42.0}`, `a=double 42.0`},
		{"zero has no sign", `{"a":-0.0,"b":-0,"c":0,"d":0.000,"e":-0.0e0}`, `a=double 0.0 b=long 0 c=long 0 d=double 0.0 e=long 0`},
		{"an exponent that gives a whole number makes a long", `{"a":1e1,"b":1.5e3,"c":1.0E2,"d":1E+1,"e":10e-1,"f":0E5,"g":0e20}`, `a=long 10 b=long 1500 c=long 100 d=long 10 e=long 1 f=long 0 g=long 0`},
		{"an exponent that gives a fraction makes a double", `{"a":101E-1,"b":-25e-1}`, `a=double 10.1 b=double -2.5`},
		{"the ends of int64 are longs", `{"a":9223372036854775807,"b":-9223372036854775808}`, `a=long 9223372036854775807 b=long -9223372036854775808`},
		{"beyond int64 the digits are a string", `{"a":9223372036854775808,"b":-9223372036854775809,"c":1E19}`, `a=string "9223372036854775808" b=string "-9223372036854775809" c=string "1` + zeros(19) + `"`},
		{"the largest exponent is written out", `{"a":1E400}`, `a=string "1` + zeros(400) + `"`},
		{"the smallest exponent is written out", `{"a":-1E-400}`, `a=string "-0.` + zeros(399) + `1"`},
		{"16 decimals are a double", `{"a":0.1234567890123456}`, `a=double 0.1234567890123456`},
		{"17 decimals are a string", `{"a":0.12345678901234567}`, `a=string "0.12345678901234567"`},
		{"17 decimals of zero are a string", `{"a":-0.00000000000000000}`, `a=string "0.00000000000000000"`},
		{"decimals behind a long number count alone", `{"a":1000000000000000000000.5}`, `a=double 1.0E21`},
		{"a double that is not finite stays a string", `{"a":` + "1" + zeros(400) + `.0}`, `a=string "1` + zeros(400) + `.0"`},
		{"18 and 19 digits", `{"a":123456789012345678,"b":1234567890123456789}`, `a=long 123456789012345678 b=long 1234567890123456789`},

		{"strings that look numeric are numbers", `{"a":"12","b":"1.50","c":".5","d":"-3","e":"-.5"}`, `a=long 12 b=double 1.5 c=double 0.5 d=long -3 e=double -0.5`},
		{"leading zeros are cut off", `{"a":"007","b":007,"c":"-0012.50"}`, `a=long 7 b=long 7 c=double -12.5`},
		{"strings of too many digits keep them", `{"a":"00099999999999999999999","b":"007.12345678901234567"}`, `a=string "99999999999999999999" b=string "7.12345678901234567"`},
		{
			"strings that do not look numeric stay", `{"a":"5.","b":" 5","c":"1e5","d":"-","e":"+5","f":NaN,"g":"","h":".","i":"1.2.3","j":"-.","k":"5 ","l":"true"}`,
			`a=string "5." b=string " 5" c=string "1e5" d=string "-" e=string "+5" f=string "NaN" g=string "" h=string "." i=string "1.2.3" j=string "-." k=string "5 " l=string "true"`,
		},
		{
			"unquoted text that is no JSON number is a string", `{"a":01e5,"b":.5e1,"c":1.e3,"d":1e,"e":1e+,"f":--1,"g":+1,"h":Infinity,"i":0x10}`,
			`a=string "01e5" b=string ".5e1" c=string "1.e3" d=string "1e" e=string "1e+" f=string "--1" g=string "+1" h=string "Infinity" i=string "0x10"`,
		},
		{"keywords have any case", `{"a":TRUE,"b":True,"c":fALSE,"d":NULL}`, `a=bool true b=bool true c=bool false`},
		{"what only begins like a keyword is a string", `{"a":trues,"b":nul,"c":falsey,"d":nu11}`, `a=string "trues" b=string "nul" c=string "falsey" d=string "nu11"`},

		{"of repeated keys the last wins", `{"a":1,"b":2,"a":"x"}`, `b=long 2 a=string "x"`},
		{"a null that repeats a key takes it away", `{"a":1,"b":2,"a":null}`, `b=long 2`},
		{"a value after a null stays", `{"a":null,"a":1}`, `a=long 1`},

		{"objects and arrays become compact JSON", `{"a": { "x" : 1 , "y" : [ 1.50 , "z" , null , true ] } , "b" : [ ] , "c" : { } }`, `a=json {"x":1,"y":[1.50,"z",null,true]} b=json [] c=json {}`},
		{"lenient input becomes strict JSON inside", `{a:{x:y;'q'=>'r"s',007:007,n:NaN,T:TRUE,z:1e5,w:-0.0}}`, `a=json {"x":"y","q":"r\"s","007":"007","n":"NaN","T":true,"z":1e5,"w":-0.0}`},
		{"what an array leaves out is null", `{"a":[1,,2],"b":[,],"c":[1;2],"d":[1,]}`, `a=json [1,null,2] b=json [null,null] c=json [1,2] d=json [1,null]`},
		{"of repeated keys inside the last wins", `{"a":{"x":1,"y":2,"x":{"z":1,'z':3}}}`, `a=json {"y":2,"x":{"z":3}}`},
		{"escapes are resolved and made anew", `{"a":["\u0041\/\n\u0000\"","\ud83d\ude00","\ud83d"]}`, `a=json ["A/\n\u0000\"","😀","�"]`},

		{"escapes in strings are resolved", `{"a":"\b\f\n\r\t\"\'\\\/\u00b0C","b":"\uD83D\uDE00","c":"\ud83dx","d":"\ud83d\u0041"}`, `a=string "\b\f\n\r\t\"'\\/°C" b=string "😀" c=string "�x" d=string "�A"`},
		{"escapes in names are resolved", `{"\u0061b":1}`, `ab=long 1`},
		{"an escaped string may look numeric", `{"a":"\u0031\u0032"}`, `a=long 12`},
		{"a line break may stand in a string", "{\"a\":\"x\ny\\\nz\"}", `a=string "x\ny\nz"`},
		{"NUL may stand in a string", "{\"a\":\"x\x00y\"}", `a=string "x\u0000y"`},

		{"a byte order mark may lead", "\ufeff{\"a\":1}", `a=long 1`},
		{"a guard against scripts may lead", ")]}'\n{\"a\":1}", `a=long 1`},
		{"comments may lead", "/* x */ // y\n# z\n {\"a\":1}", `a=long 1`},
		{"comments may stand inside", "{/*1*/\"a\"/*2*/:/*3*/1/*4*/,#5\n\"b\":2//6\n}", `a=long 1 b=long 2`},
		{"white space may follow", "{\"a\":1} \r\n\t", `a=long 1`},

		{"blank keys are dropped", `{"":1," ":2,"  ":3,"a":4}`, `a=long 4`},
		{"keys that are too long are dropped", `{"` + strings.Repeat("k", 256) + `":1,"` + strings.Repeat("k", 255) + `":2}`, strings.Repeat("k", 255) + `=long 2`},
		{"keys with markup are kept", `{"<b>":1}`, `<b>=long 1`},
	} {
		t.Run(test.name, func(t *testing.T) {
			v, err := Object([]byte(test.in), nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := shown(v); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestObjectRefuses(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for _, test := range []struct{ name, in string }{
		{"nothing", ``},
		{"white space alone", ` `},
		{"null", `null`},
		{"a scalar", `42`},
		{"an array", `[{"a":1}]`},
		{"a comma before the brace", `{"a":1,}`},
		{"two commas", `{"a":1,,"b":2}`},
		{"a missing value", `{"a":}`},
		{"a missing value and more", `{"a":,"b":1}`},
		{"a missing colon", `{"a" 1}`},
		{"a missing comma", `{"a":1 "b":2}`},
		{"a missing brace", `{"a":1`},
		{"text behind the object", `{"a":1}x`},
		{"two documents", `{"a":1}{"b":2}`},
		{"a trailing # comment", `{"a":1}#c`},
		{"a trailing // comment", `{"a":1}//c`},
		{"a trailing /* */ comment", `{"a":1}/*c*/`},
		{"a comment without an end", `/* {"a":1}`},
		{"a string without an end", `{"a":"x}`},
		{"a string that ends in a backslash", `{"a":"x\`},
		{"an unknown escape", `{"a":"\x"}`},
		{"an unknown escape in a name", `{"\x":1}`},
		{"an unknown escape in an array", `{"a":["\x"]}`},
		{"a short unicode escape", `{"a":"\u12"}`},
		{"a unicode escape that is not hexadecimal", `{"a":"\u12g4"}`},
		{"a bracket of the wrong kind", `{"a":[1}}`},
		{"an array without an end", `{"a":[1`},
		{"an array without commas", `{"a":[1 2]}`},
		{"a guard against scripts without its line break", `)]}'{"a":1}`},
		{"two byte order marks", "\ufeff\ufeff{}"},
		{"bytes that are not UTF-8", "{\"a\":\"\xff\"}"},
		{"an exponent that is too large", `{"a":1E401}`},
		{"an exponent that is far too large", `{"a":1E99999999999999999999}`},
		{"an exponent that is too small", `{"a":1.5E-401}`},
		{"an exponent that is too large, inside", `{"a":[1E401]}`},
		{"more than 32 levels", `{"a":` + deep(32) + `}`},
		{"a string that is too long", `{"a":"` + strings.Repeat("x", MaxText+1) + `"}`},
		{"an unquoted string that is too long", `{"a":` + strings.Repeat("x", MaxText+1) + `}`},
		{"an array that is too long", `{"a":[` + strings.Repeat(",", MaxText/4) + `]}`},
		{"a name inside that is too long", `{"a":{"` + strings.Repeat("x", MaxText) + `":1}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			v, err := Object([]byte(test.in), nil)
			if err == nil {
				t.Fatalf("accepted as %s", shown(v))
			}
			if got := muster.ReasonOf(err); got != muster.ReasonPayloadInvalid {
				t.Errorf("reason %s", got)
			}
			if len(err.Error()) > 100 {
				t.Errorf("the message is long: %s", err)
			}
		})
	}
}

func TestBoundsAreReached(t *testing.T) {
	long := strings.Repeat("x", MaxText)
	for name, in := range map[string]string{
		"32 levels":              `{"a":` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + `}`,
		"a string of MaxText":    `{"a":"` + long + `"}`,
		"unquoted MaxText":       `{"a":` + long + `}`,
		"an exponent of 400":     `{"a":1e400,"b":[1e-400]}`,
		"an escaped long string": `{"a":"` + strings.Repeat(`\u0041`, MaxText) + `"}`,
	} {
		if _, err := Object([]byte(in), nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKeysAreCounted(t *testing.T) {
	object := func(n int) []byte {
		b := []byte("{")
		for i := range n {
			b = append(b, "k"+strconv.Itoa(i)+":1,"...)
		}
		return append(b, "last:1}"...)
	}
	if v, err := Object(object(muster.MaxKeys-1), nil); err != nil || strings.Count(shown(v), "=") != muster.MaxKeys {
		t.Errorf("%d keys: %v", muster.MaxKeys, err)
	}
	if _, err := Object(object(muster.MaxKeys), nil); muster.ReasonOf(err) != muster.ReasonPayloadInvalid {
		t.Errorf("%d keys: %v", muster.MaxKeys+1, err)
	}
}

func TestTheLastOfManyRepeatedKeysWins(t *testing.T) {
	in, inside := []byte("{"), []byte("{")
	for i := range 200 {
		in = append(in, "k"+strconv.Itoa(i%70)+":"+strconv.Itoa(i)+","...)
		inside = append(inside, "k"+strconv.Itoa(i%70)+":"+strconv.Itoa(i)+","...)
	}
	in = append(append(append(in, "k5:null,all:"...), inside[:len(inside)-1]...), "}}"...)
	v, err := Object(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for key, value := range v.All() {
		if _, twice := got[key]; twice {
			t.Errorf("%s is there twice", key)
		}
		got[key] = value.Long()
		if value.Kind == muster.JSON && strings.Count(value.Text(), ":") != 70 {
			t.Errorf("inside: %s", value.Text())
		}
	}
	if _, there := got["k5"]; there || len(got) != 70 || got["k0"] != 140 || got["k69"] != 139 {
		t.Errorf("got %v", got)
	}
}

func TestEntriesAreAppended(t *testing.T) {
	out := muster.Values(nil).Add("before", muster.LongValue(1))
	v, err := Object([]byte(`{"a":1,"a":2}`), out)
	if err != nil || shown(v) != "a=long 2" || shown(out) != "before=long 1" {
		t.Errorf("%s, %s, %v", shown(v), shown(out), err)
	}
}
