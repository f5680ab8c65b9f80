package thingsboard_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster"
)

func TestAttributeRequest(t *testing.T) {
	for _, test := range []struct {
		name, topic, in string
		want            muster.AttributeRequest
	}{
		{
			"keys of both scopes", "v1/devices/me/attributes/request/1", `{"clientKeys":"a,b","sharedKeys":"c"}`,
			muster.AttributeRequest{ClientKeys: []string{"a", "b"}, SharedKeys: []string{"c"}, ReplyTo: "v1/devices/me/attributes/response/1"},
		},
		{"keys of one scope", "v2/a/req/7", `{"clientKeys":"a"}`, muster.AttributeRequest{ClientKeys: []string{"a"}, ReplyTo: "v2/a/res/7"}},
		{"no keys ask for all", "v2/a/req/j/7", `{}`, muster.AttributeRequest{ReplyTo: "v2/a/res/j/7"}},
		{"null is absent", "v2/a/req/j/7", `{"clientKeys":null}`, muster.AttributeRequest{ReplyTo: "v2/a/res/j/7"}},
		{"an empty list asks for nothing", "v2/a/req/7", `{"clientKeys":""}`, muster.AttributeRequest{ClientKeys: []string{}, ReplyTo: "v2/a/res/7"}},
		{"keys that cannot be are left out", "v2/a/req/7", `{"clientKeys":",a,,` + strings.Repeat("k", 256) + `,"}`, muster.AttributeRequest{ClientKeys: []string{"a"}, ReplyTo: "v2/a/res/7"}},
		{"a negative id wants no answer", "v2/a/req/-1", `{}`, muster.AttributeRequest{}},
		{"the id is a number", "v2/a/req/007", `{}`, muster.AttributeRequest{ReplyTo: "v2/a/res/7"}},
		{"by query", "v1/devices/me/attributes#?clientKeys=a,b&sharedKeys=c", ``, muster.AttributeRequest{ClientKeys: []string{"a", "b"}, SharedKeys: []string{"c"}}},
		{"by query without keys", "v1/devices/me/attributes#", ``, muster.AttributeRequest{}},
		{"by query with empty keys", "v1/devices/me/attributes#?clientKeys=&sharedKeys=c", ``, muster.AttributeRequest{SharedKeys: []string{"c"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			up, err := read(test.topic, test.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&test.want, up); diff != "" {
				t.Error(diff)
			}
		})
	}
	for _, test := range []struct {
		name, topic, in string
		want            muster.Reason
	}{
		{"an id that is no number", "v1/devices/me/attributes/request/x", `{}`, muster.ReasonPayloadInvalid},
		{"an id beyond 32 bits", "v1/devices/me/attributes/request/2147483648", `{}`, muster.ReasonPayloadInvalid},
		{"no id", "v1/devices/me/attributes/request/", `{}`, muster.ReasonPayloadInvalid},
		{"an empty payload", "v2/a/req/1", ``, muster.ReasonPayloadInvalid},
		{"an array", "v2/a/req/1", `[]`, muster.ReasonPayloadInvalid},
		{"keys in an array", "v2/a/req/1", `{"clientKeys":["a","b"]}`, muster.ReasonPayloadInvalid},
		{"too many keys", "v2/a/req/1", `{"sharedKeys":"` + strings.Repeat("k,", muster.MaxKeys) + `k"}`, muster.ReasonPayloadInvalid},
		{"a query that cannot be read", "v1/devices/me/attributes#?clientKeys=%zz", ``, muster.ReasonTopicUnknown},
	} {
		if up, err := read(test.topic, test.in); up != nil || muster.ReasonOf(err) != test.want {
			t.Errorf("%s: %v, %v", test.name, up, err)
		}
	}
}

func TestAttributeValues(t *testing.T) {
	client := []muster.Attribute{{Key: "a", Value: muster.DoubleValue(42)}, {Key: `"b"`, Value: muster.StringValue("x")}}
	shared := []muster.Attribute{{Key: "c", Value: muster.JSONValue(`{"d":1}`)}}
	for _, test := range []struct {
		name      string
		transport muster.Transport
		to        string
		answer    muster.AttributeValues
		want      muster.Message
	}{
		{
			"both scopes", muster.MQTT, "v2/a/res/1",
			muster.AttributeValues{Client: client, Shared: shared},
			muster.Message{Address: "v2/a/res/1", Body: []byte(`{"client":{"a":42.0,"\"b\"":"x"},"shared":{"c":{"d":1}}}`)},
		},
		{"an empty scope is left out", muster.HTTP, "", muster.AttributeValues{Shared: shared}, muster.Message{Body: []byte(`{"shared":{"c":{"d":1}}}`)}},
		{"over CoAP it is content", muster.CoAP, "", muster.AttributeValues{Client: client[:1]}, muster.Message{Body: []byte(`{"client":{"a":42.0}}`), Code: 0x45}},
		{"nothing is an empty object", muster.HTTP, "", muster.AttributeValues{}, muster.Message{Body: []byte(`{}`)}},
		{"over MQTT too", muster.MQTT, "v2/a/res/1", muster.AttributeValues{}, muster.Message{Address: "v2/a/res/1", Body: []byte(`{}`)}},
		{"over CoAP nothing is not found", muster.CoAP, "", muster.AttributeValues{}, muster.Message{Code: 0x84}},
		{"a negative id gets no answer", muster.MQTT, "", muster.AttributeValues{Client: client}, muster.Message{}},
	} {
		got := dialect.Write(test.transport, &muster.AttributeRequest{ReplyTo: test.to}, &test.answer, nil)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestSessionLimits(t *testing.T) {
	up, err := read("v1/devices/me/rpc/request/42", `{"method":"getSessionLimits","params":{}}`)
	if err != nil {
		t.Fatal(err)
	}
	got := dialect.Write(muster.MQTT, up, &muster.Limits{MaxPayload: 65536, MaxInflight: 100}, nil)
	want := muster.Message{
		Address: "v1/devices/me/rpc/response/42",
		Body: []byte(`{"maxPayloadSize":65536,"maxInflightMessages":100,"rateLimits":` +
			`{"messages":null,"telemetryMessages":null,"telemetryDataPoints":null}}`),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := dialect.Write(muster.MQTT, &muster.LimitsRequest{}, &muster.Limits{}, nil); got.Body != nil {
		t.Errorf("a negative id is answered: %s", got.Body)
	}
	for _, test := range []struct {
		name, topic, in string
		want            muster.Reason
	}{
		{"another method", "v1/devices/me/rpc/request/1", `{"method":"reboot","params":{}}`, muster.ReasonTopicUnknown},
		{"no method", "v1/devices/me/rpc/request/1", `{"params":{}}`, muster.ReasonPayloadInvalid},
		{"no JSON", "v1/devices/me/rpc/request/1", `getSessionLimits`, muster.ReasonPayloadInvalid},
		{"an id that is no number", "v1/devices/me/rpc/request/x", `{"method":"getSessionLimits"}`, muster.ReasonPayloadInvalid},
	} {
		if up, err := read(test.topic, test.in); up != nil || muster.ReasonOf(err) != test.want {
			t.Errorf("%s: %v, %v", test.name, up, err)
		}
	}
}
