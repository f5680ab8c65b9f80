package admin

import "muster"

// A ChainRule says which certificates let devices in.
type ChainRule struct {
	CA          string `json:"ca" doc:"PEM of the authority, one or more certificates; each is trusted by itself" example:"-----BEGIN CERTIFICATE-----\n..."`
	CNPattern   string `json:"cnPattern" doc:"RE2; its first group, found in the name, is the device's name" example:"^(.*)\\.example$"`
	NameFrom    string `json:"nameFrom,omitempty" enum:"common-name,san-dns,san-uri" doc:"in which name of the certificate; left out: the common name"`
	AllowCreate bool   `json:"allowCreate,omitempty" doc:"devices that are not listed are created"`
	Renewal     string `json:"renewal,omitempty" enum:"replace,add,refuse" doc:"what becomes of a new certificate for a device that has one; left out: it replaces the old one"`
	Revocation  string `json:"revocation,omitempty" enum:"soft,hard" doc:"hard: certificates are refused of which no list says now that they are not revoked; left out: soft"`
	OCSP        string `json:"ocsp,omitempty" maxLength:"2000" doc:"URL of the responder that is asked whether a certificate is revoked (RFC 6960), or the word certificate: the one that each certificate names; left out: none" example:"http://ocsp.example/"`
	MaxDevices  int    `json:"maxDevices,omitempty" minimum:"0" doc:"how many devices are created at most; 0: any number"`
}

func (r *ChainRule) rule() (muster.ChainRule, error) {
	rule := muster.ChainRule{CA: r.CA, CNPattern: r.CNPattern, AllowCreate: r.AllowCreate, OCSP: r.OCSP, MaxDevices: r.MaxDevices}
	if r.NameFrom != "" {
		if err := rule.NameFrom.UnmarshalText([]byte(r.NameFrom)); err != nil {
			return rule, err
		}
	}
	if r.Renewal != "" {
		if err := rule.Renewal.UnmarshalText([]byte(r.Renewal)); err != nil {
			return rule, err
		}
	}
	if r.Revocation != "" {
		return rule, rule.Revocation.UnmarshalText([]byte(r.Revocation))
	}
	return rule, nil
}

func chainOf(r *muster.ChainRule) *ChainRule {
	return &ChainRule{
		CA: r.CA, CNPattern: r.CNPattern, NameFrom: r.NameFrom.String(), AllowCreate: r.AllowCreate, Renewal: r.Renewal.String(),
		Revocation: r.Revocation.String(), OCSP: r.OCSP, MaxDevices: r.MaxDevices,
	}
}
