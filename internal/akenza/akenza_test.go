package akenza_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster"
	"muster/internal/akenza"
)

var (
	dialect akenza.Dialect
	now     = time.UnixMilli(1_700_000_000_000)
)

func TestOwns(t *testing.T) {
	for address, want := range map[string]bool{
		"/up/device/id/dev": true, "/up/device/id/dev/alerts": true, "/up/device/id/": true,
		"up/device/id/dev": false, "/up/device/id": false, "/down/device/id/dev": false, "v1/devices/me/telemetry": false,
	} {
		if got := dialect.Owns([]byte(address)); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}

func jws(header string, rest ...string) muster.Secret {
	return muster.Secret(base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + strings.Join(rest, "."))
}

func TestProof(t *testing.T) {
	token := jws(`{"alg":"ES256","typ":"JWT"}`, "e30", "c2ln")
	padded := muster.Secret(base64.URLEncoding.EncodeToString([]byte(`{"alg":"ES256" }`)) + ".e30.c2ln")
	for _, test := range []struct {
		name string
		in   muster.Hello
		want bool
	}{
		{"a JWS as password", muster.Hello{Transport: muster.MQTT, ClientID: "dev", Username: "unused", Password: token}, true},
		{"without a user name too", muster.Hello{Transport: muster.MQTT, ClientID: "dev", Password: token}, true},
		{"a JWS as user name", muster.Hello{Transport: muster.MQTT, ClientID: "dev", Username: token.Reveal()}, false},
		{"a JWS over HTTP", muster.Hello{Transport: muster.HTTP, Password: token}, false},
		{"a password", muster.Hello{Transport: muster.MQTT, ClientID: "dev", Password: "pass"}, false},
		{"no password", muster.Hello{Transport: muster.MQTT, ClientID: "dev"}, false},
		{"three words with points", muster.Hello{Transport: muster.MQTT, Password: "a.b.c"}, false},
		{"two parts", muster.Hello{Transport: muster.MQTT, Password: jws(`{"alg":"ES256"}`, "e30")}, false},
		{"four parts", muster.Hello{Transport: muster.MQTT, Password: jws(`{"alg":"ES256"}`, "e30", "c2ln", "x")}, false},
		{"an empty signature", muster.Hello{Transport: muster.MQTT, ClientID: "dev", Password: jws(`{"alg":"none"}`, "e30", "")}, true},
		{"a header without an algorithm", muster.Hello{Transport: muster.MQTT, Password: jws(`{"typ":"JWT"}`, "e30", "c2ln")}, false},
		{"a header that is no object", muster.Hello{Transport: muster.MQTT, Password: jws(`["alg"]`, "e30", "c2ln")}, false},
		{"an algorithm that is no string", muster.Hello{Transport: muster.MQTT, Password: jws(`{"alg":1}`, "e30", "c2ln")}, false},
		{"padding", muster.Hello{Transport: muster.MQTT, ClientID: "dev", Password: padded + "="}, true},
		{"the standard alphabet", muster.Hello{Transport: muster.MQTT, ClientID: "dev", Password: jws(`{"alg":"ES256"}`, "a+/b", "c2ln")}, true},
		{"line breaks", muster.Hello{Transport: muster.MQTT, ClientID: "dev", Password: jws(`{"alg":"ES256"}`, "e3\n0", "c2ln")}, true},
		{"a padded header", muster.Hello{Transport: muster.MQTT, ClientID: "dev", Password: muster.Secret(base64.URLEncoding.EncodeToString([]byte(`{"alg":"ES256" }`))) + ".e30.c2ln"}, true},
		{"a header of more than 4 kB", muster.Hello{Transport: muster.MQTT, Password: jws(`{"alg":"ES256"`+strings.Repeat(" ", 4096)+`}`, "e30", "c2ln")}, false},
		{"more than 4 kB", muster.Hello{Transport: muster.MQTT, ClientID: "dev", Password: jws(`{"alg":"ES256"}`, "e30", strings.Repeat("c2ln", 1024))}, true},
	} {
		want := muster.Proof{}
		if test.want {
			want = muster.Proof{JWT: test.in.Password.Reveal(), ClientID: "dev"}
		}
		got, ok := dialect.Proof(&test.in)
		if ok != test.want || !cmp.Equal(got, want) {
			t.Errorf("%s: %v", test.name, ok)
		}
	}
}

func TestGrants(t *testing.T) {
	for _, test := range []struct {
		name, device, filter string
		want                 bool
	}{
		{"all of one's own", "dev", "/down/device/id/dev/#", true},
		{"a part of one's own", "dev", "/down/device/id/dev/commands", true},
		{"parts of one's own", "dev", "/down/device/id/dev/+/config", true},
		{"another's", "dev", "/down/device/id/other/#", false},
		{"a name that goes on", "dev", "/down/device/id/device/#", false},
		{"everybody's", "dev", "/down/device/id/#", false},
		{"everybody's, one level", "dev", "/down/device/id/+/#", false},
		{"everybody's, for a device of that name", "+", "/down/device/id/+/#", false},
		{"for a client without a name", "", "/down/device/id//#", false},
		{"nothing below", "dev", "/down/device/id/dev/", false},
		{"without the leading slash", "dev", "down/device/id/dev/#", false},
		{"uplinks", "dev", "/up/device/id/dev/#", false},
	} {
		if got := dialect.Grants(&muster.Identity{Name: test.device}, test.filter); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

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

func TestRead(t *testing.T) {
	for _, test := range []struct{ name, topic, in, want string }{
		{"readings are of now", "/up/device/id/dev", `{"temperature":22.5,"on":true}`, `[1700000000000 temperature=22.5 on=true]`},
		{"a sub-topic changes nothing", "/up/device/id/dev/alerts/high", `{"a":1}`, `[1700000000000 a=1]`},
		{"a timestamp is their time", "/up/device/id/dev", `{"a":1,"timestamp":"2024-05-01T12:00:00Z","b":2}`, `[1714564800000! a=1 b=2]`},
		{"it may be the first", "/up/device/id/dev", `{"timestamp":"2024-05-01T12:00:00.5+02:00","a":1}`, `[1714557600500! a=1]`},
		{"its zone may lack the colon", "/up/device/id/dev", `{"a":1,"timestamp":"2024-05-01T12:00:00.123+0200"}`, `[1714557600123! a=1]`},
		{"without a zone it is UTC", "/up/device/id/dev", `{"timestamp":"2024-05-01T12:00:00.123456","a":1}`, `[1714564800123! a=1]`},
		{"of two the last counts", "/up/device/id/dev", `{"timestamp":"2020-01-01T00:00:00Z","a":1,"timestamp":"2024-05-01T12:00:00Z"}`, `[1714564800000! a=1]`},
		{"what is no time is a reading", "/up/device/id/dev", `{"timestamp":1714564800000,"a":1}`, `[1700000000000 timestamp=1714564800000 a=1]`},
		{"nor is other text", "/up/device/id/dev", `{"timestamp":"noon"}`, `[1700000000000 timestamp="noon"]`},
		{"nor is a date", "/up/device/id/dev", `{"timestamp":"2024-05-01"}`, `[1700000000000 timestamp="2024-05-01"]`},
		{"a timestamp alone stores nothing", "/up/device/id/dev", `{"timestamp":"2024-05-01T12:00:00Z"}`, ``},
		{"an empty object stores nothing", "/up/device/id/dev", `{}`, ``},
		{"ThingsBoard's form means nothing here", "/up/device/id/dev", `{"ts":1,"values":{"a":1}}`, `[1700000000000 ts=1 values={"a":1}]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			up, err := dialect.Read(&muster.Identity{Name: "dev"}, []byte(test.topic), []byte(test.in), now)
			if err != nil {
				t.Fatal(err)
			}
			message := up.(*muster.Telemetry)
			if got := shown(message); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			message.Release()
		})
	}
}

func TestReadRefuses(t *testing.T) {
	for _, test := range []struct {
		name, device, topic, in string
		want                    muster.Reason
	}{
		{"another device's topic", "dev", "/up/device/id/other", `{}`, muster.ReasonTopicUnknown},
		{"a name that goes on", "dev", "/up/device/id/device", `{}`, muster.ReasonTopicUnknown},
		{"no name", "dev", "/up/device/id/", `{}`, muster.ReasonTopicUnknown},
		{"no name of a client without one", "", "/up/device/id/", `{}`, muster.ReasonTopicUnknown},
		{"an array", "dev", "/up/device/id/dev", `[{"a":1}]`, muster.ReasonPayloadInvalid},
		{"an empty payload", "dev", "/up/device/id/dev", ``, muster.ReasonPayloadInvalid},
		{"broken JSON", "dev", "/up/device/id/dev", `{"a":}`, muster.ReasonPayloadInvalid},
	} {
		up, err := dialect.Read(&muster.Identity{Name: test.device}, []byte(test.topic), []byte(test.in), now)
		if up != nil || muster.ReasonOf(err) != test.want {
			t.Errorf("%s: %v, %v", test.name, up, err)
		}
	}
}

func TestWriteSaysNothing(t *testing.T) {
	if diff := cmp.Diff(muster.Message{}, dialect.Write(muster.MQTT, &muster.Telemetry{}, nil, nil)); diff != "" {
		t.Error(diff)
	}
}
