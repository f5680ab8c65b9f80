package fleet

import (
	"bytes"
	"crypto/x509"
	"net/url"

	"golang.org/x/crypto/x509roots/fallback/bundle"

	"muster"
)

// checkChain refuses a rule that lets nobody in, or everybody: its authority must be certificates of authorities that the
// public does not trust, its pattern RE2 with a group.
func checkChain(p *muster.Profile) error {
	rule := p.Settings.Chain
	if rule == nil {
		if p.Strategy == muster.StrategyX509Chain {
			return invalid("the strategy %s needs an authority and a pattern for names", p.Strategy)
		}
		return nil
	}
	switch {
	case rule.NameFrom > muster.NameFromURI:
		return invalid("unknown source of a name %d", rule.NameFrom)
	case rule.Renewal > muster.RenewalRefuse:
		return invalid("unknown way to renew %d", rule.Renewal)
	case rule.MaxDevices < 0:
		return invalid("a profile creates at most a positive number of devices, or 0 for any number")
	}
	if err := checkResponder(rule.OCSP); err != nil {
		return err
	}
	authority, err := rule.Read()
	if err != nil {
		return err
	}
	for _, c := range authority.Certificates() {
		if public(c) {
			return muster.Refuse(muster.ReasonAuthorityPublic, "Device profile certificate cannot be well known root CA!")
		}
	}
	return nil
}

// checkResponder refuses what is neither an address of a responder nor leaves it to the certificate to name one.
func checkResponder(text string) error {
	if text == "" || text == muster.OCSPFromCertificate {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || len(text) > muster.MaxResponderURL || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return invalid("the responder is neither %q nor a URL of http or https, without a user", muster.OCSPFromCertificate)
	}
	return nil
}

// public reports whether browsers trust the authority: its certificate has the key of one of their roots, or is signed by
// one.
func public(c *x509.Certificate) bool {
	for root := range bundle.Roots() {
		known, err := x509.ParseCertificate(root.Certificate)
		switch {
		case err != nil:
		case bytes.Equal(known.RawSubjectPublicKeyInfo, c.RawSubjectPublicKeyInfo):
			return true
		case bytes.Equal(known.RawSubject, c.RawIssuer) && c.CheckSignatureFrom(known) == nil:
			return true
		}
	}
	return false
}
