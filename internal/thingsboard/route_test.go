package thingsboard_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster"
)

func TestRoute(t *testing.T) {
	const (
		telemetry  = "v1/devices/me/telemetry"
		attributes = "v1/devices/me/attributes"
		reading    = "v1/devices/me/attributes#"
		updates    = "v1/devices/me/attributes/updates#"
		provision  = "/provision/request"
	)
	long := strings.Repeat("t", muster.MaxEvidence)
	for _, test := range []struct {
		name      string
		transport muster.Transport
		method    string
		path      string
		query     []string
		token     muster.Secret
		address   string
		reason    muster.Reason
	}{
		{"telemetry", muster.HTTP, "POST", "api/v1/T/telemetry", nil, "T", telemetry, ""},
		{"attributes", muster.HTTP, "POST", "api/v1/T/attributes", nil, "T", attributes, ""},
		{"reading all attributes", muster.HTTP, "GET", "api/v1/T/attributes", nil, "T", reading, ""},
		{"reading some attributes", muster.HTTP, "GET", "api/v1/T/attributes", []string{"clientKeys=a,b", "sharedKeys=c", "x=y"}, "T", reading + "?clientKeys=a,b&sharedKeys=c", ""},
		{"reading keys with odd signs", muster.HTTP, "GET", "api/v1/T/attributes", []string{"clientKeys=a&b=c,d e%"}, "T", reading + "?clientKeys=a%26b%3Dc,d+e%25", ""},
		{"provisioning", muster.HTTP, "POST", "api/v1/provision", nil, "", provision, ""},
		{"a token called provision", muster.HTTP, "POST", "api/v1/provision/telemetry", nil, "provision", telemetry, ""},
		{"the longest token", muster.HTTP, "POST", "api/v1/" + long + "/telemetry", nil, muster.Secret(long), telemetry, ""},
		{"a token that is too long", muster.HTTP, "POST", "api/v1/" + long + "t/telemetry", nil, "", "", muster.ReasonTopicUnknown},
		{"an empty token", muster.HTTP, "POST", "api/v1//telemetry", nil, "", "", muster.ReasonTopicUnknown},
		{"an unknown feature", muster.HTTP, "POST", "api/v1/T/rpc", nil, "", "", muster.ReasonTopicUnknown},
		{"a feature in upper case", muster.HTTP, "POST", "api/v1/T/TELEMETRY", nil, "", "", muster.ReasonTopicUnknown},
		{"another API", muster.HTTP, "POST", "api/v2/T/telemetry", nil, "", "", muster.ReasonTopicUnknown},
		{"too short a path", muster.HTTP, "POST", "api/v1", nil, "", "", muster.ReasonTopicUnknown},
		{"too long a path", muster.HTTP, "POST", "api/v1/T/attributes/more", nil, "", "", muster.ReasonTopicUnknown},
		{"waiting for changes", muster.HTTP, "GET", "api/v1/T/attributes/updates", nil, "T", updates, ""},
		{"waiting for some time", muster.HTTP, "GET", "api/v1/T/attributes/updates", []string{"x=y", "timeout=50"}, "T", updates + "50", ""},
		{"waiting for changes by certificate", muster.HTTP, "GET", "api/v1/attributes/updates", []string{"timeout=50"}, "", updates + "50", ""},
		{"waiting for changes of nothing", muster.HTTP, "GET", "api/attributes/updates", nil, "", "", muster.ReasonTopicUnknown},
		{"posting changes", muster.HTTP, "POST", "api/v1/T/attributes/updates", nil, "", "", muster.ReasonMethodNotAllowed},
		{"waiting for changes without a token", muster.HTTP, "GET", "api/v1//attributes/updates", nil, "", "", muster.ReasonTopicUnknown},
		{"waiting for changes over CoAP", muster.CoAP, "GET", "api/v1/T/attributes/updates", nil, "", "", muster.ReasonTopicUnknown},
		{"no path", muster.HTTP, "POST", "", nil, "", "", muster.ReasonTopicUnknown},
		{"telemetry by certificate over HTTP", muster.HTTP, "POST", "api/v1/telemetry", nil, "", telemetry, ""},
		{"reading attributes by certificate over HTTP", muster.HTTP, "GET", "api/v1/attributes", []string{"clientKeys=a"}, "", reading + "?clientKeys=a", ""},
		{"reading telemetry by certificate", muster.HTTP, "GET", "api/v1/telemetry", nil, "", "", muster.ReasonMethodNotAllowed},
		{"provisioning with a token", muster.HTTP, "POST", "api/v1/T/provision", nil, "T", provision, ""},
		{"reading telemetry", muster.HTTP, "GET", "api/v1/T/telemetry", nil, "", "", muster.ReasonMethodNotAllowed},
		{"putting attributes", muster.HTTP, "PUT", "api/v1/T/attributes", nil, "", "", muster.ReasonMethodNotAllowed},
		{"reading the provisioning path", muster.HTTP, "GET", "api/v1/provision", nil, "", "", muster.ReasonMethodNotAllowed},

		{"telemetry over CoAP", muster.CoAP, "POST", "api/v1/T/telemetry", nil, "T", telemetry, ""},
		{"features over CoAP in any case", muster.CoAP, "POST", "api/v1/T/Telemetry", nil, "T", telemetry, ""},
		{"reading attributes over CoAP", muster.CoAP, "GET", "api/v1/T/attributes", []string{"sharedKeys=c"}, "T", reading + "?sharedKeys=c", ""},
		{"provisioning over CoAP", muster.CoAP, "POST", "api/v1/provision", nil, "", provision, ""},
		{"provisioning over CoAP with anything in between", muster.CoAP, "POST", "api/v1/T/provision", nil, "T", provision, ""},
		{"telemetry by certificate", muster.CoAP, "POST", "api/v1/telemetry", nil, "", telemetry, ""},
		{"attributes by certificate", muster.CoAP, "POST", "api/v1/attributes", nil, "", attributes, ""},
		{"reading attributes by certificate", muster.CoAP, "GET", "api/v1/attributes", nil, "", reading, ""},
		{"reading telemetry over CoAP", muster.CoAP, "GET", "api/v1/T/telemetry", nil, "", "", muster.ReasonTopicUnknown},
		{"an unknown feature over CoAP", muster.CoAP, "POST", "api/v1/T/rpc", nil, "", "", muster.ReasonTopicUnknown},
		{"putting over CoAP", muster.CoAP, "PUT", "api/v1/T/telemetry", nil, "", "", muster.ReasonMethodNotAllowed},
		{"deleting over CoAP", muster.CoAP, "DELETE", "api/v1/T/telemetry", nil, "", "", muster.ReasonMethodNotAllowed},
	} {
		t.Run(test.name, func(t *testing.T) {
			request := &muster.Request{Transport: test.transport, Method: test.method, Path: strings.Split(test.path, "/"), Query: test.query, Body: []byte("{}")}
			token, address, err := dialect.Route(request)
			if muster.ReasonOf(err) != test.reason || token != test.token || address != test.address {
				t.Errorf("%q, %q, %v", token.Reveal(), address, err)
			}
		})
	}
}

func TestRouteRefusesWhatHasNoBody(t *testing.T) {
	for path, want := range map[string]muster.Reason{
		"api/v1/T/telemetry": muster.ReasonPayloadInvalid, "api/v1/T/attributes": muster.ReasonPayloadInvalid, "api/v1/provision": muster.ReasonPayloadInvalid,
	} {
		if _, _, err := dialect.Route(&muster.Request{Transport: muster.HTTP, Method: "POST", Path: strings.Split(path, "/")}); muster.ReasonOf(err) != want {
			t.Errorf("%s: %v", path, err)
		}
		if _, _, err := dialect.Route(&muster.Request{Transport: muster.CoAP, Method: "POST", Path: strings.Split(path, "/")}); err != nil {
			t.Errorf("%s over CoAP: %v", path, err)
		}
	}
}

func TestWhatRouteSaysIsUnderstood(t *testing.T) {
	_, address, err := dialect.Route(&muster.Request{
		Transport: muster.HTTP, Method: "GET", Path: []string{"api", "v1", "T", "attributes"}, Query: []string{"clientKeys=a&b=c,d e%", "clientKeys=f"},
	})
	if err != nil {
		t.Fatal(err)
	}
	up, err := read(address, "")
	if diff := cmp.Diff(&muster.AttributeRequest{ClientKeys: []string{"a&b=c", "d e%", "f"}}, up); diff != "" || err != nil {
		t.Error(diff, err)
	}
}
