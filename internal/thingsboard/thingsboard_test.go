package thingsboard_test

import (
	"crypto/x509"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster"
	"muster/internal/thingsboard"
)

var (
	dialect = &thingsboard.Dialect{Now: func() time.Time { return time.UnixMilli(1_700_000_000_123) }}
	now     = time.UnixMilli(1_700_000_000_000)
)

func read(address, body string) (muster.Uplink, error) {
	return dialect.Read(&muster.Identity{}, []byte(address), []byte(body), now)
}

// plain lets secrets be compared and shown when they differ.
var plain = cmp.Transformer("plain", func(s muster.Secret) string { return s.Reveal() })

func TestJoins(t *testing.T) {
	for _, test := range []struct {
		name string
		in   muster.Hello
		want bool
	}{
		{"a user called provision joins", muster.Hello{Transport: muster.MQTT, Username: "provision"}, true},
		{"a client called provision joins", muster.Hello{Transport: muster.MQTT, ClientID: "provision", Username: "x", Password: "y"}, true},
		{"case matters", muster.Hello{Transport: muster.MQTT, Username: "Provision"}, false},
		{"nobody else joins", muster.Hello{Transport: muster.MQTT, Username: "token"}, false},
		{"a token called provision does not join", muster.Hello{Transport: muster.HTTP, Token: "provision"}, false},
	} {
		if got := dialect.Joins(&test.in); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
	if request, answer := dialect.JoinAddress(); request != "/provision/request" || answer != "/provision/response" {
		t.Error(request, answer)
	}
}

func TestProof(t *testing.T) {
	chain := []*x509.Certificate{{}}
	for _, test := range []struct {
		name string
		in   muster.Hello
		want muster.Proof
		ok   bool
	}{
		{
			"over MQTT client id, user name and password count",
			muster.Hello{Transport: muster.MQTT, ClientID: "c", Username: "u", Password: "p"},
			muster.Proof{Basic: true, ClientID: "c", Username: "u", Password: "p"},
			true,
		},
		{"over MQTT nothing at all is judged too", muster.Hello{Transport: muster.MQTT}, muster.Proof{Basic: true}, true},
		{"a certificate over TLS decides alone", muster.Hello{Transport: muster.MQTT, Secure: true, Chain: chain, Username: "u"}, muster.Proof{Chain: chain}, true},
		{"a chain without TLS is no proof", muster.Hello{Transport: muster.MQTT, Chain: chain, Username: "u"}, muster.Proof{Basic: true, Username: "u"}, true},
		{"over HTTP the token counts", muster.Hello{Transport: muster.HTTP, Token: "t"}, muster.Proof{Token: "t"}, true},
		{"over CoAP the token counts", muster.Hello{Transport: muster.CoAP, Token: "t"}, muster.Proof{Token: "t"}, true},
		{"a token in the path goes before a certificate", muster.Hello{Transport: muster.CoAP, Secure: true, Chain: chain, Token: "t"}, muster.Proof{Token: "t"}, true},
		{"without a token the certificate counts", muster.Hello{Transport: muster.CoAP, Secure: true, Chain: chain}, muster.Proof{Chain: chain}, true},
		{"over CoAP nothing at all is no proof", muster.Hello{Transport: muster.CoAP}, muster.Proof{}, false},
	} {
		got, ok := dialect.Proof(&test.in)
		if ok != test.ok || !cmp.Equal(got, test.want, plain) {
			t.Errorf("%s: %v", test.name, ok)
		}
	}
}

func TestGrants(t *testing.T) {
	for _, filter := range []string{
		"v1/devices/me/attributes", "v2/a", "v2/a/j", "v2/a/p", "v1/devices/me/rpc/request/+", "v2/r/req/+", "v2/r/req/j/+", "v2/r/req/p/+",
		"v1/devices/me/rpc/response/+", "v2/r/res/+", "v2/r/res/j/+", "v2/r/res/p/+", "v1/devices/me/attributes/response/+", "v2/a/res/+",
		"v2/a/res/j/+", "v2/a/res/p/+", "v1/gateway/attributes", "v1/gateway/rpc", "v1/gateway/attributes/response",
		"v2/fw/response/+/chunk/+", "v2/fw/error", "v2/sw/response/+/chunk/+", "v2/sw/error", "/provision/response", "v1/devices/me/credentials/notice",
	} {
		if !dialect.Grants(&muster.Identity{}, filter) {
			t.Errorf("%s is refused", filter)
		}
	}
	for _, filter := range []string{
		"", "#", "+", "v1/devices/me/#", "v1/devices/me/telemetry", "v1/devices/me/attributes/#", "v1/devices/me/rpc/request/1",
		"v1/gateway/telemetry", "/provision/request", "$SYS/#", "V1/devices/me/attributes",
	} {
		if dialect.Grants(&muster.Identity{}, filter) {
			t.Errorf("%s is granted", filter)
		}
	}
}

func TestUnknownTopics(t *testing.T) {
	if !dialect.Owns(nil) {
		t.Error("an address is not owned")
	}
	for _, topic := range []string{
		"", "/", "v1/devices/me", "v1/devices/me/telemetry/", "/v1/devices/me/telemetry", "v2/a/req/p/1", "v2/r/req/1",
		"v1/devices/me/attributes/request/1/2", "v1/devices/me/attributes/request", "v1/devices/me/attributes/request?clientKeys=a",
		"v1/devices/me/rpc/response/1", "v1/devices/me/claim",
		"v1/gateway/telemetry", "v2/fw/request/1/chunk/0", "/provision/response", "/up/device/id/x",
	} {
		if up, err := read(topic, "{}"); muster.ReasonOf(err) != muster.ReasonTopicUnknown || up != nil {
			t.Errorf("%s: %v, %v", topic, up, err)
		}
	}
}

func TestProtobufTopicsNeedASchema(t *testing.T) {
	for _, topic := range []string{"v2/t/p", "v2/a/p"} {
		if up, err := read(topic, "\x08\x01"); muster.ReasonOf(err) != muster.ReasonPayloadInvalid || up != nil {
			t.Errorf("%s: %v, %v", topic, up, err)
		}
	}
}

func TestAttributesAreOneObject(t *testing.T) {
	for _, topic := range []string{"v1/devices/me/attributes", "v2/a", "v2/a/j"} {
		up, err := read(topic, `{"ts":1,"values":{"a":1},"firmware":"1.2.3"}`)
		if err != nil {
			t.Fatal(err)
		}
		values := up.(*muster.Attributes).Values
		got := map[string]string{}
		for key, v := range values.All() {
			got[key] = string(v.AppendJSON(nil))
		}
		want := map[string]string{"ts": "1", "values": `{"a":1}`, "firmware": `"1.2.3"`}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if up, err := read(topic, `{}`); err != nil || len(up.(*muster.Attributes).Values) != 0 {
			t.Error(up, err)
		}
		for _, bad := range []string{``, `[]`, `[{"a":1}]`, `42`, `{"a":1}x`} {
			if up, err := read(topic, bad); muster.ReasonOf(err) != muster.ReasonPayloadInvalid || up != nil {
				t.Errorf("%s: %v, %v", bad, up, err)
			}
		}
	}
}
