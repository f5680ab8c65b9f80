package admin_test

import (
	"strings"
	"testing"

	"muster"
	"muster/internal/admin"
)

func TestAttributesAreSetAndRemoved(t *testing.T) {
	h := newHouse(t)
	h.must("POST", "/v1/devices", `{"name":"pump"}`, nil)
	shared := device("pump", "attributes", "shared")
	h.must("PATCH", shared, `{"long":-9007199254740993,"double":1.50,"yes":true,"text":"a \"b\"","list":[1, {"a":null}]}`, nil)
	h.must("PATCH", device("pump", "attributes", "server"), `{"owner":"anna"}`, nil)
	h.must("PATCH", shared, `{"yes":null,"nothing":null,"long":2}`, nil)
	var l admin.List[admin.Attribute]
	h.must("GET", device("pump", "attributes"), "", &l)
	var got []string
	for _, a := range l.Items {
		got = append(got, a.Scope+" "+a.Key+"="+string(a.Value))
		if a.UpdatedAt.IsZero() {
			t.Errorf("%s has no time", a.Key)
		}
	}
	if want := `server owner="anna"; shared double=1.5; shared list=[1,{"a":null}]; shared long=2; shared text="a \"b\""`; strings.Join(got, "; ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "; "), want)
	}
	var log admin.List[admin.AuditEntry]
	h.must("GET", "/v1/audit?noun=attributes", "", &log)
	if len(log.Items) != 3 || log.Items[0].Name != "pump" || string(log.Items[0].Before) != `{"shared long":-9007199254740993,"shared yes":true}` {
		t.Errorf("the audit log has %+v", log.Items)
	}
	for _, body := range []string{`{"a":1e999}`, `{"":1}`, `{"` + strings.Repeat("k", 256) + `":1}`, `[]`} {
		h.refused("PATCH", shared, body, 400, muster.ReasonRequestInvalid)
	}
	h.refused("PATCH", device("pump", "attributes", "client"), `{"a":1}`, 400, muster.ReasonRequestInvalid)
	h.refused("PATCH", device("pump", "attributes", "mine"), `{"a":1}`, 400, muster.ReasonRequestInvalid)
	h.refused("PATCH", device("fan", "attributes", "shared"), `{"a":1}`, 404, muster.ReasonNotFound)
	h.must("PATCH", device("pump", "attributes", "client"), `{"a":null}`, nil)
}

func TestACredentialIsRotated(t *testing.T) {
	h := newHouse(t)
	h.must("POST", "/v1/devices", `{"name":"pump"}`, nil)
	h.must("POST", "/v1/devices", `{"name":"fan"}`, nil)
	var l admin.List[admin.Credential]
	h.must("GET", device("pump", "credentials"), "", &l)
	old := l.Items[0].ID
	var made admin.MadeCredential
	h.must("POST", device("pump", "credentials", old, "rotate"), `{}`, &made)
	if made.Token == "" || made.State != "active" {
		t.Errorf("made %+v", made)
	}
	h.must("GET", device("pump", "credentials"), "", &l)
	if len(l.Items) != 2 || l.Items[0].ID != old || l.Items[0].State != "retiring" {
		t.Errorf("there are %+v", l.Items)
	}
	h.refused("POST", device("fan", "credentials", old, "rotate"), `{}`, 404, muster.ReasonNotFound)
	h.must("POST", device("pump", "credentials", old, "revoke"), "", nil)
	h.refused("POST", device("pump", "credentials", old, "rotate"), `{}`, 403, muster.ReasonCredentialRevoked)
}
