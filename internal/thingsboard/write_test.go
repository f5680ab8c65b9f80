package thingsboard_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster"
)

func grantOf(t *testing.T, e muster.Evidence) *muster.Grant {
	t.Helper()
	id, err := e.ID()
	if err != nil {
		t.Fatal(err)
	}
	device, err := muster.ParseID[muster.Device]("01890a5d-ac96-774b-bcce-b302099a8057")
	if err != nil {
		t.Fatal(err)
	}
	return &muster.Grant{Device: device, Name: "dev", Evidence: e, CredentialID: id}
}

const publicKey = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n"

func TestGrant(t *testing.T) {
	for _, test := range []struct {
		name string
		in   muster.Evidence
		want string
	}{
		{
			"a token",
			muster.Evidence{Token: "test_token"},
			`{"credentialsValue":"test_token","credentialsType":"ACCESS_TOKEN","status":"SUCCESS","provisionDeviceStatus":"SUCCESS","deviceId":"01890a5d-ac96-774b-bcce-b302099a8057","credentialsId":"test_token","accessToken":"test_token"}`,
		},
		{
			"a certificate",
			muster.Evidence{Kind: muster.X509Certificate, Certificate: "-----BEGIN CERTIFICATE-----\ntest\nHash\n-----END CERTIFICATE-----\n"},
			`{"credentialsValue":"testHash","credentialsType":"X509_CERTIFICATE","status":"SUCCESS","provisionDeviceStatus":"SUCCESS","deviceId":"01890a5d-ac96-774b-bcce-b302099a8057","credentialsId":"57f6600424d6553263f1f32e0117012894a36fbf07e3e9c3c556272f86b7d985"}`,
		},
		{
			"MQTT basic",
			muster.Evidence{Kind: muster.MQTTBasic, ClientID: "test_clientId", Username: "test_username", Password: "test_password"},
			`{"credentialsValue":{"clientId":"test_clientId","userName":"test_username","password":"test_password"},"credentialsType":"MQTT_BASIC","status":"SUCCESS","provisionDeviceStatus":"SUCCESS","deviceId":"01890a5d-ac96-774b-bcce-b302099a8057","credentialsId":"b9f1b0bf238dddae689babba0a210fe42bc97ddb07620b5a07d7208dd5528db2"}`,
		},
		{
			"a user name alone",
			muster.Evidence{Kind: muster.MQTTBasic, Username: `u"`},
			`{"credentialsValue":{"clientId":"","userName":"u\"","password":""},"credentialsType":"MQTT_BASIC","status":"SUCCESS","provisionDeviceStatus":"SUCCESS","deviceId":"01890a5d-ac96-774b-bcce-b302099a8057","credentialsId":"u\""}`,
		},
		{
			"a public key",
			muster.Evidence{Kind: muster.PublicKey, PublicKey: publicKey},
			`{"credentialsValue":"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n","credentialsType":"PUBLIC_KEY","status":"SUCCESS","provisionDeviceStatus":"SUCCESS","deviceId":"01890a5d-ac96-774b-bcce-b302099a8057","credentialsId":"`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			grant, asked := grantOf(t, test.in), &muster.ProvisionRequest{}
			for _, m := range []struct {
				transport muster.Transport
				want      muster.Message
			}{
				{muster.MQTT, muster.Message{Address: "/provision/response"}},
				{muster.HTTP, muster.Message{Code: 200}},
				{muster.CoAP, muster.Message{Code: 0x41}},
			} {
				m.want.Body = []byte(test.want)
				if test.in.Kind == muster.PublicKey {
					m.want.Body = append(m.want.Body, grant.CredentialID+`"}`...)
				}
				got := dialect.Write(m.transport, asked, grant, nil)
				if diff := cmp.Diff(m.want, got); diff != "" {
					t.Errorf("%s: %s\n%s", m.transport, diff, got.Body)
				}
				if !json.Valid(got.Body) {
					t.Errorf("%s is not JSON", got.Body)
				}
			}
		})
	}
}

func TestGrantInProtobuf(t *testing.T) {
	for _, test := range []struct {
		name string
		in   muster.Evidence
		want []byte
	}{
		{"a token", muster.Evidence{Token: "test_token"}, message(pair{1, 1}, pair{3, "test_token"})},
		{"a certificate", muster.Evidence{Kind: muster.X509Certificate, Certificate: "testHash"}, message(pair{1, 1}, pair{2, 1}, pair{3, "testHash"})},
		{"MQTT basic", muster.Evidence{Kind: muster.MQTTBasic, ClientID: "c"}, message(pair{1, 1}, pair{2, 2}, pair{3, `{"clientId":"c","userName":"","password":""}`})},
		{"a public key", muster.Evidence{Kind: muster.PublicKey, PublicKey: publicKey}, message(pair{1, 1}, pair{2, 4}, pair{3, publicKey})},
	} {
		got := dialect.Write(muster.CoAP, &muster.ProvisionRequest{Binary: true}, grantOf(t, test.in), nil)
		if diff := cmp.Diff(muster.Message{Body: test.want, Binary: true, Code: 0x41}, got); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
	got := dialect.Write(muster.HTTP, &muster.ProvisionRequest{Binary: true}, grantOf(t, muster.Evidence{Token: "t"}), nil)
	if got.Binary || !json.Valid(got.Body) || got.Code != 200 {
		t.Errorf("HTTP is answered in protobuf: %v", got)
	}
}

func TestDenial(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		want string
	}{
		{"a wrong secret looks like a wrong key", muster.Refuse(muster.ReasonProvisionSecretWrong, ""), `{"errorMsg":"Provision data was not found!","status":"NOT_FOUND","reason":"provision-data-not-found"}`},
		{"a wrong key", muster.Refuse(muster.ReasonProvisionKeyUnknown, ""), `{"errorMsg":"Provision data was not found!","status":"NOT_FOUND","reason":"provision-data-not-found"}`},
		{"a disabled profile", muster.Refuse(muster.ReasonProvisionDisabled, ""), `{"errorMsg":"Provision data was not found!","status":"NOT_FOUND","reason":"provision-data-not-found"}`},
		{"what is public already", muster.Public(muster.Refuse(muster.ReasonProvisionSecretWrong, "")), `{"errorMsg":"Provision data was not found!","status":"NOT_FOUND","reason":"provision-data-not-found"}`},
		{"a name that is taken", muster.Refuse(muster.ReasonDeviceNameTaken, ""), `{"errorMsg":"Failed to provision device!","status":"FAILURE","reason":"device-name-taken"}`},
		{"a profile for chains", muster.Refuse(muster.ReasonProvisionNeedsChain, ""), `{"errorMsg":"Failed to provision device!","status":"FAILURE","reason":"provision-needs-certificate-chain"}`},
		{"a limit", muster.Refuse(muster.ReasonRateLimited, ""), `{"errorMsg":"Failed to provision device!","status":"FAILURE","reason":"rate-limited"}`},
	} {
		for _, m := range []struct {
			transport muster.Transport
			want      muster.Message
		}{
			{muster.MQTT, muster.Message{Address: "/provision/response"}},
			{muster.HTTP, muster.Message{Code: 200}},
			{muster.CoAP, muster.Message{Code: 0x80}},
		} {
			m.want.Body = []byte(test.want)
			got := dialect.Write(m.transport, &muster.ProvisionRequest{}, nil, test.err)
			if diff := cmp.Diff(m.want, got); diff != "" {
				t.Errorf("%s, %s: %s", test.name, m.transport, diff)
			}
		}
	}
}

func TestDenialInProtobuf(t *testing.T) {
	asked := &muster.ProvisionRequest{Binary: true}
	for reason, status := range map[muster.Reason]int{muster.ReasonProvisionKeyUnknown: 2, muster.ReasonDeviceNameTaken: 3} {
		got := dialect.Write(muster.MQTT, asked, nil, muster.Refuse(reason, ""))
		want := muster.Message{Address: "/provision/response", Body: message(pair{1, status}), Binary: true}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", reason, diff)
		}
	}
	want := `{"status":500,"message":"the payload is not JSON","errorCode":2,"timestamp":1700000000123,"reason":"payload-invalid"}`
	if got := dialect.Write(muster.HTTP, asked, nil, muster.Refuse(muster.ReasonProvisionKeyUnknown, "")); got.Code != 500 || string(got.Body) != want {
		t.Errorf("HTTP: %d %s", got.Code, got.Body)
	}
}

func TestOurTroubleIsNoAnswer(t *testing.T) {
	for _, err := range []error{
		muster.Refuse(muster.ReasonStorageUnavailable, ""), muster.Refuse(muster.ReasonStorageFull, ""), muster.Refuse(muster.ReasonStopping, ""),
		muster.Refuse(muster.ReasonServerBusy, ""), muster.Refuse(muster.ReasonInternal, ""), errors.New("disk on fire"),
	} {
		for _, transport := range []muster.Transport{muster.MQTT, muster.HTTP, muster.CoAP} {
			for _, asked := range []muster.Uplink{nil, &muster.ProvisionRequest{}, &muster.ProvisionRequest{Binary: true}, &muster.Telemetry{}, &muster.Attributes{}, &muster.AttributeRequest{}} {
				if diff := cmp.Diff(muster.Message{}, dialect.Write(transport, asked, nil, err)); diff != "" {
					t.Errorf("%s, %T, %v: %s", transport, asked, err, diff)
				}
			}
		}
	}
}

func TestWhatCouldNotBeRead(t *testing.T) {
	body := func(code, status, message, reason string) []byte {
		return []byte(`{"status":` + status + `,"message":"` + message + `","errorCode":` + code + `,"timestamp":1700000000123,"reason":"` + reason + `"}`)
	}
	_, missing := read("/provision/request", `{"provisionDeviceSecret":"s"}`)
	_, broken := read("v1/devices/me/telemetry", `{"a":}`)
	_, _, noBody := dialect.Route(&muster.Request{Transport: muster.HTTP, Method: "POST", Path: []string{"api", "v1", "t", "telemetry"}})
	for _, test := range []struct {
		name string
		err  error
		http muster.Message
		coap int
	}{
		{"broken JSON", broken, muster.Message{Code: 500, Body: body("2", "500", "a value is wanted at byte 5", "payload-invalid")}, 0x80},
		{"a missing member", missing, muster.Message{Code: 500, Body: body("2", "500", "Failed to find the field provisionDeviceKey in JSON body!", "request-invalid")}, 0x80},
		{"no body", noBody, muster.Message{Code: 400, Body: body("31", "400", "the request has no body", "payload-invalid")}, 0x80},
		{"no body, told in public", muster.Public(noBody), muster.Message{Code: 400, Body: body("31", "400", "the request has no body", "payload-invalid")}, 0x80},
		{"a wrong method", muster.Refuse(muster.ReasonMethodNotAllowed, ""), muster.Message{Code: 405, Body: body("31", "405", "this path is not served with this method", "method-not-allowed")}, 0x85},
		{"an unknown path", muster.Refuse(muster.ReasonTopicUnknown, ""), muster.Message{}, 0x80},
		{"an unknown token", muster.Refuse(muster.ReasonTokenUnknown, ""), muster.Message{}, 0},
	} {
		if diff := cmp.Diff(test.http, dialect.Write(muster.HTTP, nil, nil, test.err)); diff != "" {
			t.Errorf("%s, HTTP: %s", test.name, diff)
		}
		if diff := cmp.Diff(muster.Message{Code: test.coap}, dialect.Write(muster.CoAP, nil, nil, test.err)); diff != "" {
			t.Errorf("%s, CoAP: %s", test.name, diff)
		}
		if diff := cmp.Diff(muster.Message{}, dialect.Write(muster.MQTT, nil, nil, test.err)); diff != "" {
			t.Errorf("%s, MQTT: %s", test.name, diff)
		}
	}
}

func TestAcknowledgements(t *testing.T) {
	for _, asked := range []muster.Uplink{&muster.Telemetry{}, &muster.Attributes{}} {
		for transport, code := range map[muster.Transport]int{muster.MQTT: 0, muster.HTTP: 0, muster.CoAP: 0x41} {
			if diff := cmp.Diff(muster.Message{Code: code}, dialect.Write(transport, asked, nil, nil)); diff != "" {
				t.Errorf("%s, %T: %s", transport, asked, diff)
			}
		}
	}
}
