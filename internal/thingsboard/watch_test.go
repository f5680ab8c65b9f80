package thingsboard_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster"
)

func TestSubscriptionsToChanges(t *testing.T) {
	for filter, want := range map[string]*muster.AttributeWatch{
		"v1/devices/me/attributes":            {TellAt: "v1/devices/me/attributes"},
		"v2/a":                                {TellAt: "v2/a"},
		"v2/a/j":                              {TellAt: "v2/a/j"},
		"v2/a/p":                              {TellAt: "v2/a/p", Binary: true},
		"v1/devices/me/attributes/response/+": nil,
		"v1/gateway/attributes":               nil,
	} {
		if diff := cmp.Diff(want, dialect.Watch(filter)); diff != "" {
			t.Errorf("%s: %s", filter, diff)
		}
	}
}

func TestHowLongARequestWaits(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"": time.Minute, "0": time.Minute, "-5": time.Minute, "50": 50 * time.Millisecond, "300001": 5 * time.Minute, "9223372036854775807": 5 * time.Minute,
	} {
		up, err := read("v1/devices/me/attributes/updates#"+text, "")
		if w, ok := up.(*muster.AttributeWatch); !ok || w.Wait != want {
			t.Errorf("%q: %v, %v", text, up, err)
		}
	}
	up, err := read("v1/devices/me/attributes/updates#soon", "")
	if m := dialect.Write(muster.HTTP, up, nil, err); m.Code != 400 {
		t.Errorf("%v is answered with %d %s", err, m.Code, m.Body)
	}
}

func TestHowAChangeIsWritten(t *testing.T) {
	set := []muster.Attribute{
		{Scope: muster.SharedScope, Key: "a", Value: muster.DoubleValue(42)},
		{Scope: muster.SharedScope, Key: `b"`, Value: muster.JSONValue(`{"c":[1]}`)},
	}
	plain, v2 := &muster.AttributeWatch{}, &muster.AttributeWatch{TellAt: "v2/a"}
	for _, test := range []struct {
		name      string
		transport muster.Transport
		asked     *muster.AttributeWatch
		answer    muster.Downlink
		address   string
		code      int
		body      string
	}{
		{"values", muster.MQTT, v2, &muster.AttributeChange{Set: set}, "v2/a", 0, `{"a":42.0,"b\"":{"c":[1]}}`},
		{"removed keys", muster.MQTT, v2, &muster.AttributeChange{Removed: []string{"x", `y"`}}, "v2/a", 0, `{"deleted":["x","y\""]}`},
		{"both", muster.HTTP, plain, &muster.AttributeChange{Set: set[:1], Removed: []string{"x"}}, "", 0, `{"a":42.0,"deleted":["x"]}`},
		{"over CoAP", muster.CoAP, plain, &muster.AttributeChange{Set: set[:1]}, "", 0x45, `{"a":42.0}`},
		{"none yet", muster.CoAP, plain, &muster.AttributeChange{}, "", 0x45, `{}`},
		{"none in time", muster.HTTP, plain, nil, "", 408, ``},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := dialect.Write(test.transport, test.asked, test.answer, nil)
			if m.Address != test.address || m.Code != test.code || string(m.Body) != test.body || m.Binary {
				t.Errorf("%q %x %s", m.Address, m.Code, m.Body)
			}
		})
	}
}

func TestHowAChangeIsWrittenInProtobuf(t *testing.T) {
	at := time.UnixMilli(5)
	attribute := func(key string, v muster.Value) muster.Attribute {
		return muster.Attribute{Scope: muster.SharedScope, Key: key, Value: v, UpdatedAt: at}
	}
	m := dialect.Write(muster.MQTT, &muster.AttributeWatch{TellAt: "v2/a/p", Binary: true}, &muster.AttributeChange{
		Set: []muster.Attribute{
			attribute("b", muster.BoolValue(true)), attribute("l", muster.LongValue(7)), attribute("d", muster.DoubleValue(1)),
			attribute("s", muster.StringValue("x")), attribute("j", muster.JSONValue("{}")),
		},
		Removed: []string{"gone"},
	}, nil)
	pair := func(of string) string {
		return "\x0a" + string(rune(len(of)+4)) + "\x08\x05\x12" + string(rune(len(of))) + of
	}
	want := pair("\x0a\x01b\x18\x01") + pair("\x0a\x01l\x10\x01\x20\x07") +
		pair("\x0a\x01d\x10\x02\x29\x00\x00\x00\x00\x00\x00\xf0\x3f") + pair("\x0a\x01s\x10\x03\x32\x01x") + pair("\x0a\x01j\x10\x04\x3a\x02{}") +
		"\x12\x04gone"
	if string(m.Body) != want || !m.Binary || m.Address != "v2/a/p" {
		t.Errorf("%s %x\nwant   %x", m.Address, m.Body, want)
	}
}
