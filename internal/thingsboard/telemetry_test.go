package thingsboard_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"muster"
)

// shown writes a message: each sample's time, with a ! if the device gave it, and its values.
func shown(t *muster.Telemetry) string {
	var b strings.Builder
	for _, s := range t.Samples {
		fmt.Fprintf(&b, "[%d", s.TS)
		if s.Stamped {
			b.WriteByte('!')
		}
		for key, v := range s.Values.All() {
			fmt.Fprintf(&b, " %s=%s", key, v.AppendJSON(nil))
		}
		b.WriteByte(']')
	}
	return b.String()
}

func TestTelemetry(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"readings without a time are of now", `{"a":1,"b":"x"}`, `[1700000000000 a=1 b="x"]`},
		{"readings may come with their time", `{"ts":1451649600512,"values":{"a":true,"b":"value1","c":42.0,"d":73}}`, `[1451649600512! a=true b="value1" c=42.0 d=73]`},
		{"the time may be a string", `{"ts":"1451649600512","values":{"a":1}}`, `[1451649600512! a=1]`},
		{"the time may stand behind the values", `{"values":{"a":1},"ts":5}`, `[5! a=1]`},
		{"other members beside them are ignored", `{"x":1,"ts":5,"y":2,"values":{"a":1},"z":{"q":[1]}}`, `[5! a=1]`},
		{"also around values that come first", `{"x":1,"values":{"a":1},"y":2,"ts":5,"z":3}`, `[5! a=1]`},
		{"of repeated times and values the last counts", `{"ts":1,"values":{"a":1},"ts":2,"values":{"b":2}}`, `[2! b=2]`},
		{"also if the values come first", `{"values":{"a":1},"values":{"b":2},"ts":2,"values":{"c":3}}`, `[2! c=3]`},
		{"the time may be before 1970", `{"ts":-5,"values":{"a":1}}`, `[-5! a=1]`},
		{"a time without values is a reading", `{"ts":1,"a":2}`, `[1700000000000 ts=1 a=2]`},
		{"values without a time are a reading", `{"values":{"a":1}}`, `[1700000000000 values={"a":1}]`},
		{"a time that is no number is a reading without values", `{"ts":"noon"}`, `[1700000000000 ts="noon"]`},
		{"an array is many messages", `[{"a":1},{"ts":5,"values":{"b":2}},{"c":3}]`, `[1700000000000 a=1][5! b=2][1700000000000 c=3]`},
		{"an empty object stores nothing", `{}`, ``},
		{"an empty array stores nothing", `[]`, ``},
		{"empty values store nothing", `{"ts":1,"values":{}}`, ``},
		{"nulls alone store nothing", `[{"a":null},{"ts":1,"values":{"a":null}}]`, ``},
		{"what a shell leaves of quoted JSON is understood", `{temperature:25}`, `[1700000000000 temperature=25]`},
		{"the whole message may be lenient", `[{ts=>5;values={a:1}};{'b'=2}]`, `[5! a=1][1700000000000 b=2]`},
		{"of repeated keys of one sample the last wins", `[{"a":1,"a":2},{"a":3}]`, `[1700000000000 a=2][1700000000000 a=3]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, topic := range []string{"v1/devices/me/telemetry", "v2/t", "v2/t/j"} {
				up, err := read(topic, test.in)
				if err != nil {
					t.Fatal(err)
				}
				message := up.(*muster.Telemetry)
				if got := shown(message); got != test.want {
					t.Errorf("got  %s\nwant %s", got, test.want)
				}
				message.Release()
			}
		})
	}
}

func TestTelemetryRefuses(t *testing.T) {
	many := strings.Repeat(`{"a":1,"b":2},`, muster.MaxKeys/2) + `{"c":3}`
	for _, test := range []struct{ name, in string }{
		{"an empty payload", ``},
		{"null", `null`},
		{"a scalar", `42`},
		{"a string", `"x"`},
		{"an array with something else in it", `[{"a":1},2]`},
		{"an array with something left out", `[{"a":1},]`},
		{"an array of arrays", `[[{"a":1}]]`},
		{"a time that is null", `{"ts":null,"values":{"a":1}}`},
		{"a time that is no number", `{"ts":"noon","values":{"a":1}}`},
		{"a time that does not fit", `{"ts":9223372036854775808,"values":{"a":1}}`},
		{"values that are no object", `{"ts":1,"values":5}`},
		{"values that are no object and come first", `{"values":[],"ts":1}`},
		{"something behind it", `{"a":1}x`},
		{"something behind an array", `[{"a":1}]]`},
		{"an array without an end", `[{"a":1}`},
		{"a trailing comma", `{"a":1,}`},
		{"more keys than a message may have", `[` + many + `]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			up, err := read("v1/devices/me/telemetry", test.in)
			if up != nil || muster.ReasonOf(err) != muster.ReasonPayloadInvalid {
				t.Errorf("%v, %v", up, err)
			}
		})
	}
}

func TestTimesAndTheMemberValuesAreNoKeys(t *testing.T) {
	for name, one := range map[string]string{"the time first": `{"ts":1,"values":{"a":2}},`, "the values first": `{"values":{"a":2},"ts":1},`} {
		all := strings.Repeat(one, muster.MaxKeys)
		up, err := read("v1/devices/me/telemetry", "["+strings.TrimSuffix(all, ",")+"]")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if n := len(up.(*muster.Telemetry).Samples); n != muster.MaxKeys {
			t.Errorf("%s: %d samples", name, n)
		}
		if up, err = read("v1/devices/me/telemetry", "["+all+`{"b":1}]`); muster.ReasonOf(err) != muster.ReasonPayloadInvalid {
			t.Errorf("%s: one key more: %v, %v", name, up, err)
		}
	}
}

// FuzzTelemetry holds that whatever is sent stays within the bounds of a message and can be read back.
func FuzzTelemetry(f *testing.F) {
	for _, in := range []string{
		`{"ts":1451649600512,"values":{"a":1}}`, `{values:{a:1};x:2,ts:"5"}`, `[{"a":1},{"ts":5,"values":{"b":[1,,2]}};{}]`, `[]`,
	} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		up, err := read("v2/t", string(in))
		if err != nil {
			if up != nil || muster.ReasonOf(err) != muster.ReasonPayloadInvalid {
				t.Errorf("%v, %v", up, err)
			}
			return
		}
		message, keys := up.(*muster.Telemetry), 0
		for _, s := range message.Samples {
			var again muster.Values
			for key, v := range s.Values.All() {
				again = again.Add(key, v)
				keys++
			}
			if !bytes.Equal(again, s.Values) || len(again) == 0 || !s.Stamped && s.TS != now.UnixMilli() {
				t.Errorf("stored %x at %d, again %x", s.Values, s.TS, again)
			}
		}
		if keys > muster.MaxKeys {
			t.Errorf("%d keys", keys)
		}
		message.Release()
	})
}

func BenchmarkTelemetry(b *testing.B) {
	who, topic := &muster.Identity{}, []byte("v1/devices/me/telemetry")
	for _, test := range []struct{ name, in string }{
		{"now", `{"temperature":22.5,"humidity":61,"firmware":"1.2.3"}`},
		{"stamped", `{"ts":1451649600512,"values":{"temperature":22.5,"humidity":61,"firmware":"1.2.3"}}`},
		{"ten", `{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10}`},
	} {
		b.Run(test.name, func(b *testing.B) {
			body := []byte(test.in)
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				up, err := dialect.Read(who, topic, body, now)
				if err != nil {
					b.Fatal(err)
				}
				up.(*muster.Telemetry).Release()
			}
		})
	}
}
