package conformance

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestValuesKeepTheirTypes(t *testing.T) {
	s := startServer(t)
	everyTransport(t, s, func(t *testing.T, s *server, over transport) {
		name := "typed-" + over.name
		s.must("device", "create", name, "--token", "token-of-"+name)
		l := come(t, patience(t), s, over, proof{token: "token-of-" + name})
		for _, body := range []string{
			`{bare:25,double:42.0,'quoted':"value1",yes:true,long:"73",big:9223372036854775808,json:{"b":[1,,2],"a":{}},skipped:null}`,
			`{"ts":1451649600512,"values":{"stamped":"1.50"}}`,
			`[{"first":1e1},{"ts":1451649600513,"values":{"second":007}}]`,
			`[]`,
			`{}`,
		} {
			if err := l.report(patience(t), body); err != nil {
				t.Fatalf("%s: %v", body, err)
			}
		}
		var latest map[string]struct {
			TS    int64
			Value json.RawMessage
		}
		s.json(&latest, "device", "latest", name)
		for key, want := range map[string]string{
			"bare": "25", "double": "42.0", "quoted": `"value1"`, "yes": "true", "long": "73", "big": `"9223372036854775808"`,
			"json": `{"b":[1,null,2],"a":{}}`, "stamped": "1.5", "first": "10", "second": "7",
		} {
			var got bytes.Buffer // the value without the spaces between, which are the command's
			_ = json.Compact(&got, latest[key].Value)
			if got.String() != want {
				t.Errorf("%s is %s, want %s", key, &got, want)
			}
		}
		if latest["stamped"].TS != 1451649600512 || latest["second"].TS != 1451649600513 || latest["bare"].TS < 1700000000000 {
			t.Errorf("times %v %v %v", latest["stamped"].TS, latest["second"].TS, latest["bare"].TS)
		}
		if _, kept := latest["skipped"]; kept || len(latest) != 10 {
			t.Errorf("kept %v", latest)
		}
	})
}
