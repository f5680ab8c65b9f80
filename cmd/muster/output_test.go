package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"muster/internal/admin"
)

var sample = table{
	columns: []string{"name", "time", "value"},
	rows: [][]any{
		{"pump", time.UnixMilli(1700000000000), literal("42.0")},
		{"=cmd()", time.Time{}, literal("-5")},
		{"+1", time.Time{}, "@SUM(A1)"},
		{"a,b", time.Time{}, "-text"},
	},
}

func TestCSVHasNoFormulas(t *testing.T) {
	var b strings.Builder
	o := output{format: "csv"}
	if err := o.write(&b, nil, sample); err != nil {
		t.Fatal(err)
	}
	want := "name,time,value\npump,2023-11-14T22:13:20Z,42.0\n'=cmd(),,-5\n'+1,,'@SUM(A1)\n\"a,b\",,'-text\n"
	if b.String() != want {
		t.Errorf("got  %q\nwant %q", b.String(), want)
	}
}

func TestATableCannotSteerTheTerminal(t *testing.T) {
	var b strings.Builder
	o := output{format: "table"}
	if err := o.write(&b, nil, table{columns: []string{"name"}, rows: [][]any{{"a\x1b[31mb\u202ec\nd"}}}); err != nil {
		t.Fatal(err)
	}
	if want := "NAME\na\\x1b[31mb\\u202ec\\nd\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestValuesKeepTheirTypes(t *testing.T) {
	latest := map[string]admin.Reading{
		"double": {TS: 1700000000000, Value: json.RawMessage("42.0")},
		"text":   {TS: 1700000000000, Value: json.RawMessage(`"<42>"`)},
	}
	for format, want := range map[string]string{
		"json": "{\n  \"double\": {\n    \"ts\": 1700000000000,\n    \"value\": 42.0\n  },\n  \"text\": {\n    \"ts\": 1700000000000,\n    \"value\": \"<42>\"\n  }\n}\n",
		"yaml": "double:\n  ts: 1700000000000\n  value: 42.0\ntext:\n  ts: 1700000000000\n  value: <42>\n",
	} {
		var b strings.Builder
		o := output{format: format}
		if err := o.write(&b, latest, table{}); err != nil {
			t.Fatal(err)
		}
		if b.String() != want {
			t.Errorf("%s: got  %q\nwant %q", format, b.String(), want)
		}
	}
}

func TestTextThatLooksLikeSomethingElseStaysTextInYAML(t *testing.T) {
	for _, text := range []string{"true", "42", "1e3", "null", "2020-01-01", "- a", "a: b", "", "#", "~", "0x1F", "'", "multi\nline"} {
		var b strings.Builder
		o := output{format: "yaml"}
		if err := o.write(&b, map[string]string{"v": text}, table{}); err != nil {
			t.Fatal(err)
		}
		back, err := fromYAML(b.String())
		if err != nil || back != text {
			t.Errorf("%q came back as %q (%v) from %q", text, back, err, b.String())
		}
	}
}

func TestAnEmptyListIsAList(t *testing.T) {
	var b strings.Builder
	o := output{json: true}
	if err := o.check(); err != nil {
		t.Fatal(err)
	}
	if err := o.write(&b, []admin.Device{}, table{}); err != nil || b.String() != "[]\n" {
		t.Errorf("%q, %v", b.String(), err)
	}
}
