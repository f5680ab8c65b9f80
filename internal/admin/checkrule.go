package admin

import (
	"context"
	"crypto/x509"
	"net/http"
	"time"

	"muster"
)

// A Naming says which device a certificate is of by a rule that is tried out.
type Naming struct {
	Name     string    `json:"name,omitempty" doc:"the device's name; left out: none was found" example:"pump-7"`
	Subject  string    `json:"subject" doc:"of the certificate" example:"CN=pump-7.example"`
	NotAfter time.Time `json:"notAfter" doc:"when the certificate ends"`
	Reason   string    `json:"reason,omitempty" doc:"with which the device would be refused; left out: its certificate fits"`
	Title    string    `json:"title,omitempty" doc:"what the reason means"`
	Detail   string    `json:"detail,omitempty" doc:"what is wrong with it"`
	Advice   string    `json:"advice,omitempty" doc:"what to do about it"`
}

func (a *api) serveRuleChecks() {
	serve(a, http.MethodPost, "/v1/check/chain", "check-chain",
		"Says which device a certificate would be of if a profile had this pattern and this authority; nothing is kept", a.checkChain,
		explained("A pattern, an authority or a certificate that cannot be used is refused. What is wrong with the certificate otherwise is in the answer."),
		refusing(muster.ReasonCertificateInvalid, muster.ReasonPatternInvalid))
}

func (a *api) checkChain(_ context.Context, in *struct {
	Body struct {
		Certificate string `json:"certificate" minLength:"1" maxLength:"65536" doc:"the chain that a device shows, PEM, its own certificate first"`
		CA          string `json:"ca,omitempty" maxLength:"65536" doc:"as in the rule of a profile; left out: no path is looked for"`
		CNPattern   string `json:"cnPattern" minLength:"1" maxLength:"1000" doc:"likewise" example:"^(.*)\\.example$"`
		NameFrom    string `json:"nameFrom,omitempty" enum:"common-name,san-dns,san-uri" doc:"likewise"`
	}
},
) (*answer[Naming], error) {
	chain, err := parseChain([]byte(in.Body.Certificate))
	if err != nil {
		return nil, err
	}
	rule, err := (&ChainRule{CA: in.Body.CA, CNPattern: in.Body.CNPattern, NameFrom: in.Body.NameFrom}).rule()
	if err != nil {
		return nil, err
	}
	name, err := a.nameBy(&rule, chain)
	reason := muster.ReasonOf(err)
	if reason == muster.ReasonPatternInvalid || reason == muster.ReasonCertificateInvalid {
		return nil, err
	}
	n := Naming{Name: name, Subject: chain[0].Subject.String(), NotAfter: chain[0].NotAfter}
	if err != nil {
		n.Reason, n.Title, n.Detail, n.Advice = string(reason), reason.Title(), muster.MessageOf(err), reason.Advice()
	}
	return &answer[Naming]{n}, nil
}

// nameBy returns the name that a rule finds, and why the device would be refused all the same.
func (a *api) nameBy(rule *muster.ChainRule, chain []*x509.Certificate) (string, error) {
	if rule.CA == "" {
		return rule.DeviceName(chain[0])
	}
	authority, err := rule.Read()
	if err != nil {
		return "", err
	}
	name, err := authority.DeviceName(chain[0])
	if err == nil {
		_, err = authority.Verify(chain, a.Now())
	}
	return name, err
}
