package admin

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"slices"

	"muster"
	"muster/internal/journal"
)

// A Verdict says what would become of a device that shows something.
type Verdict struct {
	Admitted bool    `json:"admitted"`
	Device   string  `json:"device,omitempty" doc:"id of the device that it is of, as far as one was recognised"`
	Name     string  `json:"name,omitempty" doc:"the device's name"`
	Way      string  `json:"way,omitempty" doc:"how its authority lets it in, if it is not in yet: created, claimed, renewed or added"`
	Reason   string  `json:"reason,omitempty" doc:"left out: it would be let in"`
	Title    string  `json:"title,omitempty" doc:"what the reason means"`
	Detail   string  `json:"detail,omitempty" doc:"what is wrong with it"`
	Advice   string  `json:"advice,omitempty" doc:"what to do about it"`
	Checks   []Check `json:"checks" nullable:"false" doc:"in the order in which they are made"`
}

func (a *api) serveChecks() {
	serve(a, http.MethodPost, "/v1/check/jwt", "check-jwt", "Says what would become of a device that shows a JWT; the journal does not hear of it", a.checkJWT)
	serve(a, http.MethodPost, "/v1/check/certificate", "check-certificate", "Says what would become of a device that shows a certificate; the journal does not hear of it", a.checkCertificate,
		refusing(muster.ReasonCertificateInvalid))
}

func (a *api) checkJWT(ctx context.Context, in *struct {
	Body struct {
		Device string `json:"device" minLength:"1" maxLength:"255" doc:"what the device sends as its client id: its name"`
		JWT    string `json:"jwt" minLength:"1" maxLength:"16384" doc:"the compact JWS that it sends as its password"`
	}
},
) (*answer[Verdict], error) {
	return a.verdict(ctx, &muster.Proof{ClientID: in.Body.Device, JWT: in.Body.JWT}, "JWT")
}

func (a *api) checkCertificate(ctx context.Context, in *struct {
	Body struct {
		Certificate string `json:"certificate" minLength:"1" maxLength:"65536" doc:"the chain that it shows, PEM, its own certificate first"`
	}
},
) (*answer[Verdict], error) {
	chain, err := parseChain([]byte(in.Body.Certificate))
	if err != nil {
		return nil, err
	}
	return a.verdict(ctx, &muster.Proof{Chain: chain}, "certificate "+chain[0].Subject.String())
}

// parseChain reads certificates in PEM. What else is there, such as a private key, is refused: it should stay where it is.
func parseChain(text []byte) ([]*x509.Certificate, error) {
	var chain []*x509.Certificate
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, muster.Refuse(muster.ReasonCertificateInvalid, "there is a %.40q in it; only certificates are wanted", block.Type)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, muster.Refuse(muster.ReasonCertificateInvalid, "the certificate cannot be read")
		}
		chain, text = append(chain, c), rest
	}
	if len(chain) == 0 {
		return nil, muster.Refuse(muster.ReasonCertificateInvalid, "there is no certificate in PEM in it")
	}
	return chain, nil
}

func (a *api) verdict(ctx context.Context, p *muster.Proof, shown string) (*answer[Verdict], error) {
	who, err := a.Identity.Examine(ctx, p)
	if err == nil {
		err = a.Revocation.Check(ctx, p.Chain, &who)
	}
	as := muster.Attempt{Action: muster.ActionConnect, Shown: shown}
	if muster.ReasonOf(err) == muster.ReasonCertificateUnknown {
		grant, refusal := a.Provision.Judge(ctx, p.Chain)
		if muster.ReasonOf(refusal) != muster.ReasonCertificateUnknown { // a profile knows its authority
			err, as.Action, as.Way = refusal, muster.ActionProvision, grant.Way
			if who.Name = grant.Name; grant.Way != muster.WayCreated {
				who.Device = grant.Device
			}
		}
	}
	reason := muster.ReasonOf(err)
	as.Reason = reason
	story := journal.Story(as)
	if err != nil && (reason == muster.ReasonInternal || muster.KindOf(err) == muster.Overloaded && reason != muster.ReasonRevocationUnknown) {
		return nil, err
	}
	story = slices.DeleteFunc(story, func(c journal.Check) bool { // these are asked of a connection, and there is none
		return c.Name == "greeting" || c.Name == "session" || c.Name == "server" || c.Name == "rate"
	})
	v := Verdict{Admitted: err == nil, Device: who.Device.String(), Name: who.Name, Checks: checksOf(story)}
	if err == nil {
		v.Way = as.Way.String()
	} else {
		v.Reason, v.Title, v.Detail, v.Advice = string(reason), reason.Title(), muster.MessageOf(err), reason.Advice()
	}
	return &answer[Verdict]{v}, nil
}
