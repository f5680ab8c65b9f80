package payload

import (
	"testing"

	"muster"
)

// open returns a scanner that stands before the value of the only member.
func open(t *testing.T, value string) *Scanner {
	t.Helper()
	s := new(Scanner)
	if err := s.Start([]byte("{v:"+value+"}"), nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Object(); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := s.Member(true); !ok || err != nil {
		t.Fatal(ok, err)
	}
	return s
}

func TestText(t *testing.T) {
	for _, test := range []struct {
		name, in, want string
		form           Form
	}{
		{"a string is its text", `"x"`, "x", Scalar},
		{"an empty string is a scalar", `""`, "", Scalar},
		{"a numeric string keeps its text", `"007"`, "007", Scalar},
		{"an escaped string is resolved", `"\u0041"`, "A", Scalar},
		{"an unquoted string is its text", `x`, "x", Scalar},
		{"a number is its text", `1.50`, "1.50", Scalar},
		{"a boolean is a word", `TRUE`, "true", Scalar},
		{"null is nothing", `null`, "", Null},
		{"an array of one element is the element", `["x"]`, "x", Scalar},
		{"also twice", `[['x']]`, "x", Scalar},
		{"an array of null is no scalar", `[null]`, "", Compound},
		{"an array with its element left out is no scalar", `[]`, "", Compound},
		{"nor one with two", `[1,2]`, "", Compound},
		{"nor one with one and nothing", `[1,]`, "", Compound},
		{"an object is no scalar", `{"a":1}`, "", Compound},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := open(t, test.in)
			text, form, err := s.Text()
			if err != nil || form != test.form || form == Scalar && text != test.want {
				t.Errorf("got %q, %d, %v", text, form, err)
			}
			if s.Peek() != '}' {
				t.Errorf("stands at %d", s.Mark())
			}
		})
	}
	for _, in := range []string{``, `"`, `[`, `[[`, `{x`, `["\x"]`, `[1 2]`} {
		if text, _, err := open(t, in).Text(); muster.ReasonOf(err) != muster.ReasonPayloadInvalid {
			t.Errorf("%s: %q, %v", in, text, err)
		}
	}
}

func TestInt64(t *testing.T) {
	for in, want := range map[string]int64{
		`1451649600512`: 1451649600512, `"1451649600512"`: 1451649600512, `-1`: -1, `1.4516496e12`: 1451649600000, `12.9`: 12, `"007"`: 7,
	} {
		if got, err := open(t, in).Int64(); err != nil || got != want {
			t.Errorf("%s: %d, %v", in, got, err)
		}
	}
	for _, in := range []string{
		`null`, `"x"`, `true`, `[]`, `{}`, `9223372036854775808`, `"1e5"`, `""`, `123456789012345678901234.5`,
	} {
		if got, err := open(t, in).Int64(); muster.ReasonOf(err) != muster.ReasonPayloadInvalid {
			t.Errorf("%s: %d, %v", in, got, err)
		}
	}
}

func TestSkipLeavesNoTrace(t *testing.T) {
	s := open(t, `{"a":[1,2,"x"]}`)
	if err := s.Skip(); err != nil || len(s.Out()) != 0 || s.Peek() != '}' {
		t.Errorf("%v, %d bytes", err, len(s.Out()))
	}
}
