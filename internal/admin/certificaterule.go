package admin

import "muster"

// A CertificateRule says what certificates of the built-in authority devices are given.
type CertificateRule struct {
	Days         uint16 `json:"days,omitempty" maximum:"3650" doc:"how long they are valid; 0: 90"`
	Organization string `json:"organization,omitempty" maxLength:"64" doc:"in their subject"`
	Server       bool   `json:"server,omitempty" doc:"they are good for serving, too"`
}

// certificateRuleOf is nil where nothing is said.
func certificateRuleOf(r muster.CertificateRule) *CertificateRule {
	if r == (muster.CertificateRule{}) {
		return nil
	}
	shown := CertificateRule(r)
	return &shown
}

// apply lays what is given over a rule.
func (r *CertificateRule) apply(to *muster.CertificateRule) {
	if r != nil {
		*to = muster.CertificateRule(*r)
	}
}
