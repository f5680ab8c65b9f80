package node

import (
	"testing"

	"muster"
)

func TestThePublicURLIsOneThatCertificatesCanSay(t *testing.T) {
	for text, want := range map[string]muster.Reason{
		"":                                "",
		"http://muster.example:8080":      "",
		"https://muster.example/plant/":   "",
		"http://[2001:db8::1]:8080":       "",
		"http://xn--mster-kva.example":    "",
		"http://müster.example":           muster.ReasonSettingInvalid,
		"http://muster.example/a plant":   muster.ReasonSettingInvalid,
		"http://muster.example/\xff":      muster.ReasonSettingInvalid,
		"http://muster.example?":          muster.ReasonSettingInvalid,
		"http://muster.example#":          muster.ReasonSettingInvalid,
		"http://muster.example/?to=plant": muster.ReasonSettingInvalid,
		"http://admin@muster.example":     muster.ReasonSettingInvalid,
		"ldap://muster.example":           muster.ReasonSettingInvalid,
		"http://:8080":                    muster.ReasonSettingInvalid,
		"muster.example":                  muster.ReasonSettingInvalid,
	} {
		if err := checkPublicURL(text); muster.ReasonOf(err) != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}
