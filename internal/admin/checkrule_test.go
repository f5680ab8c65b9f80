package admin_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"muster"
	"muster/internal/admin"
)

func TestAPatternIsTriedOnACertificate(t *testing.T) {
	h := newHouse(t)
	key, _ := newKey(t)
	shown, other := newCertificate(t, key, time.Now().Add(time.Hour)), newCertificate(t, key, time.Now().Add(2*time.Hour))
	try := func(fields map[string]string) string {
		t.Helper()
		body, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	for name, c := range map[string]struct {
		fields       map[string]string
		name, reason string
	}{
		"the first group is the name":         {map[string]string{"cnPattern": "^(.*)$"}, "pump", ""},
		"a pattern that finds nothing":        {map[string]string{"cnPattern": "^meter-(.*)$"}, "", "certificate-name-unfit"},
		"a name that the certificate has not": {map[string]string{"cnPattern": "(.*)", "nameFrom": "san-uri"}, "", "certificate-name-unfit"},
	} {
		t.Run(name, func(t *testing.T) {
			c.fields["certificate"] = shown
			var n admin.Naming
			if h.must("POST", "/v1/check/chain", try(c.fields), &n); n.Name != c.name || n.Reason != c.reason || n.Subject == "" || n.NotAfter.IsZero() {
				t.Errorf("%+v", n)
			}
		})
	}
	lookahead := try(map[string]string{"certificate": shown, "cnPattern": "(?=x)(.*)"})
	h.refused("POST", "/v1/check/chain", lookahead, http.StatusBadRequest, muster.ReasonPatternInvalid)
	nobody := try(map[string]string{"certificate": shown, "cnPattern": "(.*)", "ca": other})
	h.refused("POST", "/v1/check/chain", nobody, http.StatusBadRequest, muster.ReasonCertificateInvalid)
}
