package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"muster"
	"muster/internal/admin"
)

func TestAProfileIsMadeChangedAndDeleted(t *testing.T) {
	h := newHouse(t)
	var made admin.MadeProfile
	h.must("POST", "/v1/profiles", `{"name":"me/ters","strategy":"create","retentionDays":30,"jwt":{"maxLifetime":"12h"}}`, &made)
	if made.ProvisionKey == "" || made.ProvisionSecret == "" || made.Strategy != "create" {
		t.Errorf("made %+v", made)
	}
	const path = "/v1/profiles/me%2Fters"
	var changed admin.Profile
	h.must("PATCH", path, `{"description":"in the cellar","hideReasons":true,"strategy":"DISABLED"}`, &changed)
	if changed.Description != "in the cellar" || !changed.HideReasons || changed.Strategy != "disabled" || changed.RetentionDays != 30 {
		t.Errorf("changed to %+v", changed)
	}
	if changed.JWT == nil || changed.JWT.MaxLifetime != "12h0m0s" || changed.Sessions != 1 {
		t.Errorf("what was not named did not stay: %+v", changed)
	}
	if w := h.ask("GET", path, ""); strings.Contains(w.Body.String(), made.ProvisionSecret) {
		t.Error("a profile is shown with its provision secret")
	}
	var all admin.List[admin.Profile]
	h.must("GET", "/v1/profiles", "", &all)
	if len(all.Items) != 2 || all.Items[0].Name != "default" || all.Items[1].Name != "me/ters" {
		t.Errorf("profiles are %+v", all.Items)
	}
	h.must("POST", "/v1/devices", `{"name":"pump","profile":"me/ters"}`, nil)
	h.refused("DELETE", path, "", http.StatusConflict, muster.ReasonProfileInUse)
	h.must("DELETE", device("pump"), "", nil)
	h.must("DELETE", path, "", nil)
	h.refused("GET", path, "", http.StatusNotFound, muster.ReasonNotFound)
}

func TestRefusalsOfProfiles(t *testing.T) {
	h := newHouse(t)
	for _, tc := range []struct {
		name, method, path, body string
		status                   int
		reason                   muster.Reason
	}{
		{"a name that is taken", "POST", "/v1/profiles", `{"name":"default","strategy":"create"}`, 409, muster.ReasonProfileNameTaken},
		{"a strategy that is none", "POST", "/v1/profiles", `{"name":"x","strategy":"open"}`, 400, muster.ReasonRequestInvalid},
		{"a lifetime that is none", "POST", "/v1/profiles", `{"name":"x","strategy":"create","jwt":{"maxLifetime":"long"}}`, 400, muster.ReasonRequestInvalid},
		{"a chain without an authority", "POST", "/v1/profiles", `{"name":"x","strategy":"x509-chain"}`, 400, muster.ReasonRequestInvalid},
		{"too many sessions", "PATCH", "/v1/profiles/default", `{"sessions":17}`, 400, muster.ReasonRequestInvalid},
		{"a profile that is not there", "PATCH", "/v1/profiles/nope", `{}`, 404, muster.ReasonNotFound},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h.t = t
			h.refused(tc.method, tc.path, tc.body, tc.status, tc.reason)
		})
	}
}

func TestAProvisionKeyIsMadeRotatedAndRevoked(t *testing.T) {
	h := newHouse(t)
	var made admin.IssuedKey
	h.must("POST", "/v1/provision-keys", `{"key":"batch/42","maxDevices":5,"networks":["10.0.0.0/8"],"namePattern":"pump-.*"}`, &made)
	if made.Profile != "default" || made.Secret == "" || made.State != "live" || made.MaxDevices != 5 {
		t.Errorf("made %+v", made)
	}
	var rotated admin.IssuedKey
	h.must("POST", "/v1/provision-keys/batch%2F42/rotate", "", &rotated)
	if rotated.Secret == "" || rotated.Secret == made.Secret || rotated.ID != made.ID {
		t.Errorf("rotated to %+v", rotated)
	}
	var revoked admin.ProvisionKey
	h.must("POST", "/v1/provision-keys/"+made.ID+"/revoke", "", &revoked)
	if revoked.State != "revoked" || revoked.RevokedAt.IsZero() {
		t.Errorf("revoked to %+v", revoked)
	}
	var all admin.List[admin.ProvisionKey]
	h.must("GET", "/v1/provision-keys?profile=default", "", &all)
	if len(all.Items) != 2 || all.Items[1].Networks[0] != "10.0.0.0/8" {
		t.Errorf("keys are %+v", all.Items)
	}
	if w := h.ask("GET", "/v1/provision-keys", ""); strings.Contains(w.Body.String(), rotated.Secret) || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("a secret is shown: %s", w.Body)
	}
	h.refused("POST", "/v1/provision-keys", `{"key":"batch/42"}`, http.StatusConflict, muster.ReasonProvisionKeyTaken)
	h.refused("POST", "/v1/provision-keys", `{"networks":["10.0.0.1/99"]}`, http.StatusBadRequest, muster.ReasonRequestInvalid)
	h.refused("POST", "/v1/provision-keys/nope/rotate", "", http.StatusNotFound, muster.ReasonNotFound)
	h.refused("GET", "/v1/provision-keys?profile=nope", "", http.StatusNotFound, muster.ReasonNotFound)
}

func TestAProfileSaysWhatBecomesOfDevicesThatAskAgain(t *testing.T) {
	h := newHouse(t)
	var p admin.Profile
	if h.must("GET", "/v1/profiles/default", "", &p); p.Reprovision != "refuse" {
		t.Errorf("%+v", p)
	}
	if h.must("PATCH", "/v1/profiles/default", `{"reprovision":"same-proof"}`, &p); p.Reprovision != "same-proof" {
		t.Errorf("%+v", p)
	}
	h.refused("PATCH", "/v1/profiles/default", `{"reprovision":"always"}`, http.StatusBadRequest, muster.ReasonRequestInvalid)
}
