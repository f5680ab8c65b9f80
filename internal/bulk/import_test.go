package bulk_test

import (
	"fmt"
	"strings"
	"testing"

	"muster"
)

func TestEachRowBecomesADevice(t *testing.T) {
	f := newFixture(t)
	i := f.file("Name,TYPE,Label,tags,access token,Is_Gateway,description,server.site,shared.interval,telemetry.temperature\n"+
		"pump-1,listed,the first,hall=3;row=b,tok-1,TRUE,it pumps,Bern,5,\"21,5\"\n"+
		"pump-2,,,,,,,,,\n", muster.ImportOptions{})
	f.wants(i, 2, 0, 0, 0)
	r := f.record("pump-1")
	d := r.Device
	if d.Profile != f.profiles["listed"].ID || d.Label != "the first" || d.Description != "it pumps" || d.State != muster.DeviceListed || !d.Gateway ||
		d.Tags["hall"] != "3" || d.Tags["row"] != "b" || len(d.Tags) != 2 {
		t.Errorf("filed as %+v", d)
	}
	var got []string
	for _, a := range r.Attributes {
		got = append(got, fmt.Sprintf("%s.%s=%s", a.Scope, a.Key, a.Value.AppendJSON(nil)))
	}
	if want := `server.site="Bern" shared.interval=5`; strings.Join(got, " ") != want {
		t.Errorf("attributes %s", got)
	}
	if e := f.shows("pump-1"); len(e) != 1 || e[0].Token != "tok-1" {
		t.Error("the token is not the row's")
	}
	if e := f.shows("pump-2"); len(e) != 1 || len(e[0].Token) != muster.TokenLength {
		t.Error("the server has not made a token")
	}
	if d := f.record("pump-2").Device; d.Profile != f.profiles["default"].ID || d.State != muster.DeviceActive {
		t.Errorf("filed as %+v", d)
	}
	if len(f.readings) != 1 || f.readings[0].Device != d.ID || !f.readings[0].Stamped {
		t.Fatalf("readings %+v", f.readings)
	}
	for key, v := range f.readings[0].Values.All() {
		if key != "temperature" || v != muster.DoubleValue(21.5) {
			t.Errorf("read %s %v", key, v)
		}
	}
}

func TestTheSameFileAgainChangesNothing(t *testing.T) {
	f := newFixture(t)
	file := "name,token,mqtt_client_id,mqtt_username,mqtt_password,label,server.n\na,t-a,,,,x,1\nb,,c-b,u-b,p-b,,2.5\nc,,,,,,\n"
	f.wants(f.file(file, muster.ImportOptions{}), 3, 0, 0, 0)
	before := f.shows("c")
	f.wants(f.file(file, muster.ImportOptions{}), 0, 0, 3, 0)
	if after := f.shows("c"); len(after) != 1 || after[0] != before[0] {
		t.Error("a token was made again")
	}
	if len(f.ended) != 0 {
		t.Errorf("sessions ended: %v", f.ended)
	}
}

func TestARowThatDiffersUpdatesItsDevice(t *testing.T) {
	f := newFixture(t)
	f.file("name,token,label,server.n,mqtt_client_id,mqtt_username,mqtt_password\na,t-1,x,1,,,\nb,t-2,,,,,\nc,,,,,u,p\nd,t-4,,,,,\n", muster.ImportOptions{})
	i := f.file("name,token,label,server.n,mqtt_username,mqtt_password,profile,state\n"+
		"a,t-9,,1,,,,\nb,,y,,,,,\nc,,,,u,q,,\nd,,,,,,listed,suspended\n", muster.ImportOptions{})
	f.wants(i, 0, 4, 0, 0)
	if e := f.shows("a"); len(e) != 1 || e[0].Token != "t-9" {
		t.Error("the new token has not taken the place of the old one")
	}
	if d := f.record("a").Device; d.Label != "x" {
		t.Errorf("an empty cell changed the label to %q", d.Label)
	}
	if d := f.record("b").Device; d.Label != "y" {
		t.Errorf("the label is %q", d.Label)
	}
	if e := f.shows("b"); len(e) != 1 || e[0].Token != "t-2" {
		t.Error("the token of a row without one has changed")
	}
	if e := f.shows("c"); len(e) != 1 || e[0].Password != "q" {
		t.Error("the password has not changed")
	}
	if d := f.record("d").Device; d.State != muster.DeviceSuspended || d.Profile != f.profiles["listed"].ID {
		t.Errorf("d is %+v", d)
	}
	if got := strings.Join(f.ended, " "); got != "credential-changed credential-changed device-suspended" {
		t.Errorf("sessions ended: %s", got)
	}
}

func TestARowThatIsRefusedKeepsNobodyElseOut(t *testing.T) {
	for name, tc := range map[string]struct {
		file   string
		reason muster.Reason
		column string
	}{
		"an unknown profile":                   {"name,profile\nx,nowhere\n", muster.ReasonNotFound, "profile"},
		"no name":                              {"name,label\n,a\n", muster.ReasonDeviceNameInvalid, ""},
		"a name with markup":                   {"name\n<b>\n", muster.ReasonDeviceNameInvalid, "name"},
		"a token that another device has":      {"name,token\nx,taken\n", muster.ReasonCredentialInUse, "token"},
		"a token that another row has":         {"name,token\nx0,twice\nx,twice\n", muster.ReasonCredentialInUse, "token"},
		"a password without a user":            {"name,mqtt_password\nx,p\n", muster.ReasonCredentialInvalid, "mqtt_password"},
		"a certificate that is none":           {"name,x509\nx,abc\n", muster.ReasonCredentialInvalid, "x509"},
		"a public key that is none":            {"name,public_key\nx,abc\n", muster.ReasonCredentialInvalid, "public_key"},
		"a gateway that is neither":            {"name,gateway\nx,perhaps\n", muster.ReasonImportRowInvalid, "gateway"},
		"a state that is none":                 {"name,state\nx,gone\n", muster.ReasonImportRowInvalid, "state"},
		"a time that is none":                  {"name,created_at\nx,yesterday\n", muster.ReasonImportRowInvalid, "created_at"},
		"too many cells":                       {"name\nx,y\n", muster.ReasonImportRowInvalid, ""},
		"a quote in the wrong place":           {"name,label\nx,a\"b\n", muster.ReasonImportRowInvalid, ""},
		"text that is not UTF-8":               {"name,label\nx,\xe9t\xe9\n", muster.ReasonImportRowInvalid, "label"},
		"a device that cannot be listed again": {"name,state\nin,listed\n", muster.ReasonDeviceProvisioned, ""},
		"a token that the device had":          {"name,token\ntaken,was\n", muster.ReasonCredentialInUse, "token"},
		"a line that is no object":             {"{\"name\":\"x0\"}\n[1]\n", muster.ReasonImportRowInvalid, ""},
		"a member that is no field":            {"{\"name\":\"x\",\"colour\":1}\n", muster.ReasonImportColumnUnknown, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.wants(f.file("name,token\ntaken,was\n", muster.ImportOptions{}), 1, 0, 0, 0)
			f.wants(f.file("name,token\ntaken,taken\n", muster.ImportOptions{}), 0, 1, 0, 0)
			f.wants(f.file("name,provision_state\nin,provisioned\n", muster.ImportOptions{}), 1, 0, 0, 0)
			file := tc.file
			if strings.HasPrefix(file, "{") {
				file = "{\"name\":\"first\"}\n" + file + "{\"name\":\"last\"}\n"
			} else {
				head, rows, _ := strings.Cut(file, "\n")
				pad := strings.Repeat(",", strings.Count(head, ","))
				file = head + "\nfirst" + pad + "\n" + rows + "last" + pad + "\n"
				if !strings.HasPrefix(head, "name") {
					t.Fatal("the name comes first")
				}
			}
			i := f.file(file, muster.ImportOptions{})
			if i.State != muster.ImportDone || i.Progress.Failed != 1 {
				t.Fatalf("%s with %+v: %s", i.State, i.Progress, i.Detail)
			}
			rows, err := f.registry.FailedRows(t.Context(), i.ID, 0, 10)
			if err != nil || len(rows) != 1 || rows[0].Reason != tc.reason || rows[0].Column != tc.column {
				t.Errorf("failed: %+v, %v", rows, err)
			}
			f.record("first")
			f.record("last")
		})
	}
}

func TestFailedRowsAreMendedAndRunAgain(t *testing.T) {
	f := newFixture(t)
	i := f.file("Serial;Access Token;server.formula;left out\ngood;t-1;=1+1;z\nbad\x01;t-2;-5;z\nworse\x01;t-3;\"=HYPERLINK(\"\"x\"\")\";\n",
		muster.ImportOptions{Columns: map[string]string{"Serial": "name", "left out": "ignored"}})
	f.wants(i, 1, 0, 0, 2)
	got := f.failed(i)
	want := "name,token,server.formula,ignored,error_line,error_reason,error_column,error_message\n" +
		"bad\x01,t-2,-5,z,3,device-name-invalid,Serial,the device name has control characters\n"
	if !strings.HasPrefix(got, want) || !strings.Contains(got, `'=HYPERLINK`) {
		t.Fatalf("the failed rows are\n%s", got)
	}
	f.wants(f.file(strings.ReplaceAll(got, "\x01", ""), muster.ImportOptions{}), 2, 0, 0, 0)
	for name, want := range map[string]string{"good": `"=1+1"`, "bad": "-5", "worse": `"=HYPERLINK(\"x\")"`} {
		if a := f.record(name).Attributes; len(a) != 1 || string(a[0].Value.AppendJSON(nil)) != want {
			t.Errorf("%s has %v", name, a)
		}
	}
}
