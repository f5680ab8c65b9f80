package admin

import "muster"

// A CertificateRule says what certificates of the built-in authority devices are given.
type CertificateRule struct {
	Days         uint16   `json:"days,omitempty" maximum:"3650" doc:"how long they are valid; 0: 90"`
	Organization string   `json:"organization,omitempty" maxLength:"64" doc:"in their subject"`
	Unit         string   `json:"unit,omitempty" maxLength:"64" doc:"of the organization, in their subject"`
	DNSNames     []string `json:"dnsNames,omitempty" nullable:"false" maxItems:"8" doc:"DNS names that they are for; {name}, {id} and {profile} stand for the device's name and id and for the profile's name"`
	URIs         []string `json:"uris,omitempty" nullable:"false" maxItems:"8" doc:"URIs, likewise; at most 8 names in all"`
	Server       bool     `json:"server,omitempty" doc:"they are good for serving, too"`
}

// certificateRuleOf is nil where nothing is said.
func certificateRuleOf(r muster.CertificateRule) *CertificateRule {
	if r.IsZero() {
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
