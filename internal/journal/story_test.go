package journal_test

import (
	"slices"
	"strings"
	"testing"

	"muster"
	"muster/internal/journal"
)

func told(checks []journal.Check) string {
	var words []string
	for _, c := range checks {
		words = append(words, c.Name+" "+c.Result.String())
	}
	return strings.Join(words, ", ")
}

func TestAnAttemptIsToldCheckByCheck(t *testing.T) {
	for name, c := range map[string]struct {
		attempt muster.Attempt
		want    string
	}{
		"a wrong secret fails behind the key": {
			muster.Attempt{Action: muster.ActionProvision, Reason: muster.ReasonProvisionSecretWrong},
			"request passed, rate passed, key passed, secret failed, profile not reached, validity not reached, network not reached, " +
				"name not reached, maximum not reached, device not reached, proof not reached, approval not reached, credential not reached, server not reached",
		},
		"who is let in has passed all": {
			muster.Attempt{Action: muster.ActionConnect},
			"proof passed, credential passed, device passed, session passed, server passed",
		},
		"a JWT for another audience is signed well": {
			muster.Attempt{Action: muster.ActionConnect, Reason: muster.ReasonJWTAudienceMismatch},
			"greeting passed, form passed, key passed, algorithm passed, signature passed, expiry passed, clock passed, lifetime passed, " +
				"audience failed, subject not reached, credential not reached, device not reached, session not reached, server not reached",
		},
		"a certificate of a suspended device": {
			muster.Attempt{Action: muster.ActionConnect, Shown: "certificate CN=pump", Reason: muster.ReasonDeviceSuspended},
			"greeting passed, known passed, dates passed, credential passed, device failed, revocation not reached, session not reached, server not reached",
		},
		"a certificate over HTTP whose subject is not shown": {
			muster.Attempt{Action: muster.ActionConnect, Reason: muster.ReasonCertificateExpired},
			"greeting passed, known passed, dates failed, credential not reached, device not reached, revocation not reached, session not reached, server not reached",
		},
		"a payload that cannot be read": {
			muster.Attempt{Action: muster.ActionMessage, Reason: muster.ReasonPayloadInvalid},
			"address passed, packet passed, size passed, payload failed, server not reached",
		},
		"the end of a session has no checks": {muster.Attempt{Action: muster.ActionDisconnect, Reason: muster.ReasonTakenOver}, ""},
		"a reason that no check has":         {muster.Attempt{Action: muster.ActionConnect, Reason: muster.ReasonLastAdmin}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := told(journal.Story(c.attempt)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// Whatever refuses a device's proof or its provision key has a place in a story.
func TestEveryReasonOfAProofHasItsCheck(t *testing.T) {
	for _, r := range muster.Reasons() {
		again := r == muster.ReasonJWTReplayed // which devices hear that ask to be let in again
		for _, begins := range []string{"jwt-", "certificate-unknown", "token-", "password-wrong", "client-id-", "credentials-missing"} {
			if !again && strings.HasPrefix(string(r), begins) && journal.Story(muster.Attempt{Action: muster.ActionConnect, Reason: r}) == nil {
				t.Errorf("%s is no check's", r)
			}
		}
		people := r == muster.ReasonProvisionKeyTaken || r == muster.ReasonProvisionKeyInUse
		device := strings.HasPrefix(string(r), "provision-") && !people
		if (device || again) && journal.Story(muster.Attempt{Action: muster.ActionProvision, Reason: r}) == nil {
			t.Errorf("%s is no check's", r)
		}
	}
}

// Who says checks in another language goes by their codes.
func TestACodeIsThatOfOneCheck(t *testing.T) {
	asks, told := map[string]string{}, []string(nil)
	for _, r := range append(muster.Reasons(), "") {
		for _, action := range []muster.Action{muster.ActionProvision, muster.ActionConnect, muster.ActionMessage, muster.ActionRotate} {
			for _, shown := range []string{"", "certificate CN=pump", "for a certificate, JWT"} {
				for _, c := range journal.Story(muster.Attempt{Action: action, Reason: r, Shown: shown}) {
					if said, known := asks[c.Code]; known && said != c.Asks || !strings.HasSuffix(c.Code, c.Name) {
						t.Errorf("%s, %s: %q and %q", c.Code, c.Name, said, c.Asks)
					}
					asks[c.Code] = c.Asks
				}
			}
		}
	}
	for code := range asks {
		told = append(told, code)
	}
	slices.Sort(told)
	if codes := journal.CheckCodes(); !slices.Equal(told, codes) {
		t.Errorf("told  %q\nnamed %q", told, codes)
	}
}
