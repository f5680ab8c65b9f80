package thingsboard_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"

	"muster"
)

func TestProvisionRequest(t *testing.T) {
	const open = `"provisionDeviceKey":"k","provisionDeviceSecret":"s"`
	base := muster.ProvisionRequest{Key: "k", Secret: "s"}
	with := func(change func(r *muster.ProvisionRequest)) muster.ProvisionRequest {
		r := base
		change(&r)
		return r
	}
	for _, test := range []struct {
		name, in string
		want     muster.ProvisionRequest
	}{
		{"key and secret are enough", `{` + open + `}`, base},
		{"the name is kept as it was sent", `{` + open + `,"deviceName":" dev "}`, with(func(r *muster.ProvisionRequest) { r.Name = " dev " })},
		{"neither key nor secret is for a device that is in", `{"deviceName":"d","provisionDeviceKey":null}`, muster.ProvisionRequest{
			Name: "d", Keyless: muster.Refuse(muster.ReasonRequestInvalid, "Failed to find the field provisionDeviceKey in JSON body!"),
		}},
		{"key and secret may be empty", `{"provisionDeviceKey":"","provisionDeviceSecret":""}`, muster.ProvisionRequest{}},
		{"a gateway says so", `{` + open + `,"gateway":true}`, with(func(r *muster.ProvisionRequest) { r.Gateway = true })},
		{"also as a string", `{` + open + `,"gateway":"TRUE"}`, with(func(r *muster.ProvisionRequest) { r.Gateway = true })},
		{"1 is no gateway", `{` + open + `,"gateway":1}`, base},
		{"an own token", `{` + open + `,"credentialsType":"ACCESS_TOKEN","token":"t"}`, with(func(r *muster.ProvisionRequest) { r.Evidence.Token = "t" })},
		{"MQTT basic", `{` + open + `,"credentialsType":"MQTT_BASIC","username":"u","password":"p","clientId":"c"}`, with(func(r *muster.ProvisionRequest) {
			r.Evidence = muster.Evidence{Kind: muster.MQTTBasic, ClientID: "c", Username: "u", Password: "p"}
		})},
		{"a certificate", `{` + open + `,"credentialsType":"X509_CERTIFICATE","hash":"testHash"}`, with(func(r *muster.ProvisionRequest) {
			r.Evidence = muster.Evidence{Kind: muster.X509Certificate, Certificate: "testHash"}
		})},
		{"a public key", `{` + open + `,"credentialsType":"PUBLIC_KEY","publicKey":"-----BEGIN PUBLIC KEY-----\n"}`, with(func(r *muster.ProvisionRequest) {
			r.Evidence = muster.Evidence{Kind: muster.PublicKey, PublicKey: "-----BEGIN PUBLIC KEY-----\n"}
		})},
		{"evidence of another kind is kept, for others to judge", `{` + open + `,"hash":"h","username":"u"}`, with(func(r *muster.ProvisionRequest) {
			r.Evidence = muster.Evidence{Certificate: "h", Username: "u"}
		})},
		{"a type without evidence is kept", `{` + open + `,"credentialsType":"MQTT_BASIC"}`, with(func(r *muster.ProvisionRequest) { r.Evidence.Kind = muster.MQTTBasic })},
		{"a request may have an id", `{` + open + `,"requestId":"r-1"}`, with(func(r *muster.ProvisionRequest) { r.RequestID = "r-1" })},
		{"null is absent", `{` + open + `,"deviceName":null,"credentialsType":null,"token":null,"gateway":null,"requestId":null}`, base},
		{"a null that repeats a member takes it away", `{` + open + `,"deviceName":"a","deviceName":null}`, base},
		{"numbers and booleans become their text", `{"provisionDeviceKey":12.50,"provisionDeviceSecret":true,"deviceName":007}`, muster.ProvisionRequest{Key: "12.50", Secret: "true", Name: "007"}},
		{"an array of one element is the element", `{` + open + `,"deviceName":["x"]}`, with(func(r *muster.ProvisionRequest) { r.Name = "x" })},
		{"unknown members are ignored, whatever they are", `{` + open + `,"x":{"y":[1,2]},"z":[]}`, base},
		{"the JSON may be lenient", `{provisionDeviceKey=k;'provisionDeviceSecret'=>s}`, base},
	} {
		t.Run(test.name, func(t *testing.T) {
			up, err := read("/provision/request", test.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, *up.(*muster.ProvisionRequest), plain); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLwM2MIsAWordWithoutAKind(t *testing.T) {
	up, err := read("/provision/request", `{"provisionDeviceKey":"k","provisionDeviceSecret":"s","credentialsType":"LWM2M_CREDENTIALS","token":"t"}`)
	if err != nil {
		t.Fatal(err)
	}
	e := up.(*muster.ProvisionRequest).Evidence
	if _, err := e.ID(); muster.ReasonOf(err) != muster.ReasonCredentialInvalid {
		t.Errorf("evidence of it has an id: %v", err)
	}
	e.Token = ""
	if !e.Empty() {
		t.Error("without a credential it is not empty")
	}
}

func TestProvisionRequestRefuses(t *testing.T) {
	const secret = "top-secret-0123"
	for _, test := range []struct {
		name, in string
		reason   muster.Reason
		message  string // a part of it
	}{
		{"a missing key", `{"provisionDeviceSecret":"` + secret + `"}`, muster.ReasonRequestInvalid, "Failed to find the field provisionDeviceKey in JSON body!"},
		{"a missing secret", `{"provisionDeviceKey":"` + secret + `"}`, muster.ReasonRequestInvalid, "Failed to find the field provisionDeviceSecret in JSON body!"},
		{"a key that is null", `{"provisionDeviceKey":null,"provisionDeviceSecret":"` + secret + `"}`, muster.ReasonRequestInvalid, "provisionDeviceKey"},
		{"an unknown type of credentials", `{"provisionDeviceKey":"k","provisionDeviceSecret":"s","credentialsType":"` + secret + `"}`, muster.ReasonRequestInvalid, "credentialsType"},
		{"a type in lower case", `{"provisionDeviceKey":"k","provisionDeviceSecret":"s","credentialsType":"access_token"}`, muster.ReasonRequestInvalid, "credentialsType"},
		{"an empty type", `{"provisionDeviceKey":"k","provisionDeviceSecret":"s","credentialsType":""}`, muster.ReasonRequestInvalid, "credentialsType"},
		{"an object where text belongs", `{"provisionDeviceKey":{"x":"` + secret + `"},"provisionDeviceSecret":"s"}`, muster.ReasonRequestInvalid, "provisionDeviceKey"},
		{"an array of two where text belongs", `{"provisionDeviceKey":"k","provisionDeviceSecret":"s","deviceName":["a","b"]}`, muster.ReasonRequestInvalid, "deviceName"},
		{"a request id that is too long", `{"provisionDeviceKey":"k","provisionDeviceSecret":"s","requestId":"` + strings.Repeat("r", 256) + `"}`, muster.ReasonRequestInvalid, "requestId"},
		{"an object where text belongs, in broken JSON", `{"provisionDeviceKey":{},"provisionDeviceSecret":"` + secret + `"`, muster.ReasonPayloadInvalid, "at byte"},
		{"broken JSON", `{"provisionDeviceSecret":"` + secret + `",}`, muster.ReasonPayloadInvalid, "at byte"},
		{"text", secret, muster.ReasonPayloadInvalid, "an object is wanted"},
		{"an array", `[]`, muster.ReasonPayloadInvalid, "an object is wanted"},
		{"null", `null`, muster.ReasonPayloadInvalid, "an object is wanted"},
	} {
		t.Run(test.name, func(t *testing.T) {
			up, err := read("/provision/request", test.in)
			if up != nil || muster.ReasonOf(err) != test.reason || !strings.Contains(muster.MessageOf(err), test.message) {
				t.Errorf("%v, %s: %v", up, muster.ReasonOf(err), err)
			}
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("the message repeats what was sent: %v", err)
			}
		})
	}
}

// message builds protobuf from fields: a number is a varint, a string or bytes are themselves.
type pair struct {
	number protowire.Number
	value  any
}

func message(fields ...pair) []byte {
	var b []byte
	for _, f := range fields {
		switch v := f.value.(type) {
		case int:
			b = protowire.AppendVarint(protowire.AppendTag(b, f.number, protowire.VarintType), uint64(v))
		case string:
			b = protowire.AppendString(protowire.AppendTag(b, f.number, protowire.BytesType), v)
		case []byte:
			b = protowire.AppendBytes(protowire.AppendTag(b, f.number, protowire.BytesType), v)
		}
	}
	return b
}

func TestProvisionRequestInProtobuf(t *testing.T) {
	access := pair{3, message(pair{1, "k"}, pair{2, "s"})}
	base := muster.ProvisionRequest{Key: "k", Secret: "s", Binary: true}
	keyless := muster.Refuse(muster.ReasonProvisionDataNotFound, "")
	for _, test := range []struct {
		name string
		in   []byte
		want muster.ProvisionRequest
	}{
		{"an empty payload is an empty message", nil, muster.ProvisionRequest{Binary: true, Keyless: keyless}},
		{"key and secret are enough", message(access), base},
		{"name and gateway", message(pair{1, "dev"}, access, pair{5, 1}), muster.ProvisionRequest{Key: "k", Secret: "s", Binary: true, Name: "dev", Gateway: true}},
		{
			"an own token", message(access, pair{4, message(pair{1, message(pair{1, "test_token"})})}),
			muster.ProvisionRequest{Key: "k", Secret: "s", Binary: true, Evidence: muster.Evidence{Token: "test_token"}},
		},
		{
			"a certificate", message(pair{2, 1}, access, pair{4, message(pair{2, message(pair{1, "testHash"})})}),
			muster.ProvisionRequest{Key: "k", Secret: "s", Binary: true, Evidence: muster.Evidence{Kind: muster.X509Certificate, Certificate: "testHash"}},
		},
		{
			"MQTT basic", message(pair{2, 2}, access, pair{4, message(pair{3, message(pair{1, "test_clientId"}, pair{2, "test_username"}, pair{3, "test_password"})})}),
			muster.ProvisionRequest{Key: "k", Secret: "s", Binary: true, Evidence: muster.Evidence{Kind: muster.MQTTBasic, ClientID: "test_clientId", Username: "test_username", Password: "test_password"}},
		},
		{"unknown fields are skipped", message(pair{9, "x"}, access, pair{10, 7}, pair{4, message(pair{7, "not a message \xff"})}), base},
		{"fields of another wire type are skipped", message(pair{1, 5}, pair{2, "x"}, access, pair{5, "x"}), base},
		{
			"of repeated fields the last wins and messages merge", message(pair{1, "a"}, pair{1, "b"}, pair{3, message(pair{1, "k"}, pair{2, "x"})}, pair{3, message(pair{2, "s"})}),
			muster.ProvisionRequest{Key: "k", Secret: "s", Binary: true, Name: "b"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			up, err := read("/provision/request", string(test.in))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, *up.(*muster.ProvisionRequest), plain); diff != "" {
				t.Error(diff)
			}
		})
	}
	if up, err := read("/provision/request", string(message(access, pair{2, 9}))); up != nil || muster.ReasonOf(err) != muster.ReasonRequestInvalid {
		t.Errorf("an unknown type of credentials: %v, %v", up, err)
	}
	for name, in := range map[string][]byte{
		"a string that is not UTF-8": message(pair{1, "\xff"}),
		"a message cut short":        message(access)[:5],
		"a message within, damaged":  message(pair{3, "\xff"}),
	} {
		if up, err := read("/provision/request", string(in)); up != nil || muster.ReasonOf(err) != muster.ReasonPayloadInvalid {
			t.Errorf("%s: %v, %v", name, up, err)
		}
	}
}

// FuzzProvision holds that no request does harm, that what is understood is text within bounds, and that a refusal never
// repeats what was sent.
func FuzzProvision(f *testing.F) {
	f.Add([]byte(`{"deviceName":"d","provisionDeviceKey":"k","provisionDeviceSecret":"s","credentialsType":"MQTT_BASIC","username":"u"}`))
	f.Add([]byte(`{provisionDeviceKey=[k];provisionDeviceSecret=>007,gateway:TRUE,x:{y:[,]}}`))
	f.Add(message(pair{1, "d"}, pair{2, 1}, pair{3, message(pair{1, "k"}, pair{2, "s"})}, pair{4, message(pair{2, message(pair{1, "h"})})}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, in []byte) {
		up, err := read("/provision/request", string(in))
		if err != nil {
			if r := muster.ReasonOf(err); up != nil || r != muster.ReasonPayloadInvalid && r != muster.ReasonRequestInvalid {
				t.Errorf("%v, %s", up, r)
			}
			if m := dialect.Write(muster.HTTP, nil, nil, err); !json.Valid(m.Body) || len(m.Body) > 300 {
				t.Errorf("answered %s", m.Body)
			}
			return
		}
		r := up.(*muster.ProvisionRequest)
		e := &r.Evidence
		for _, text := range []string{
			r.Key, r.Secret.Reveal(), r.Name, r.RequestID, e.Token.Reveal(), e.ClientID, e.Username, e.Password.Reveal(), e.Certificate, e.PublicKey,
		} {
			if !utf8.ValidString(text) || len(text) > len(in) {
				t.Errorf("%q", text)
			}
		}
		if len(r.RequestID) > muster.MaxNameLength || r.Binary && r.RequestID != "" {
			t.Errorf("request id of %d bytes", len(r.RequestID))
		}
	})
}
