package admin

import (
	"context"
	"encoding/hex"
	"encoding/pem"
	"net/http"
	"strconv"
	"time"

	"muster"
	"muster/internal/issuer"
)

// An IssuedCertificate is one that the built-in authority has issued.
type IssuedCertificate struct {
	Serial      string    `json:"serial"`
	State       string    `json:"state" enum:"issued,expired,revoked"`
	Subject     string    `json:"subject" doc:"the common name"`
	Device      string    `json:"device,omitempty" doc:"that it lets in; left out: none, or it is gone"`
	Credential  string    `json:"credential,omitempty" doc:"the device's credential that it is"`
	Authority   string    `json:"authority" doc:"id of the key that has signed it"`
	Fingerprint string    `json:"fingerprint" doc:"SHA-256"`
	NotBefore   time.Time `json:"notBefore"`
	NotAfter    time.Time `json:"notAfter"`
	CreatedAt   time.Time `json:"createdAt"`
	RevokedAt   time.Time `json:"revokedAt,omitzero"`
	Reason      string    `json:"reason,omitempty" doc:"why it was revoked"`
}

// A WholeCertificate is a certificate with its text.
type WholeCertificate struct {
	IssuedCertificate
	PEM   string `json:"pem"`
	Chain string `json:"chain" doc:"PEM of the intermediate and the root"`
}

// A NewCertificate is a certificate signing request of an operator.
type NewCertificate struct {
	CSR     string `json:"csr" maxLength:"16384" doc:"PKCS #10, PEM or base64; of what is in it, the key alone counts"`
	Device  string `json:"device,omitempty" maxLength:"255" doc:"whom it shall let in"`
	Subject string `json:"subject,omitempty" maxLength:"64" doc:"its common name, in place of a device: it lets nobody in"`
	Days    uint16 `json:"days,omitempty" maximum:"3650" doc:"how long it is valid; left out: as the device's profile says, or 90"`
}

// A Renewal is what certificate shall take the place of another one.
type Renewal struct {
	CSR  string `json:"csr,omitempty" maxLength:"16384" doc:"PKCS #10, PEM or base64, with a new key; left out: for the key of the old one"`
	Days uint16 `json:"days,omitempty" maximum:"3650" doc:"how long it is valid; left out: as the device's profile says, or 90"`
}

// A CertificateRevocation is why a certificate is revoked.
type CertificateRevocation struct {
	Reason string `json:"reason,omitempty" enum:"unspecified,key-compromise,affiliation-changed,superseded,cessation-of-operation,privilege-withdrawn" doc:"left out: unspecified"`
}

func (a *api) serveCertificates() {
	serve(a, http.MethodGet, "/v1/certificates", "list-issued-certificates", "Certificates that were issued, the newest first", a.listIssued, refusing(muster.ReasonNotFound))
	serve(a, http.MethodPost, "/v1/certificates", "issue-certificate", "Answers a certificate signing request", a.issueCertificate,
		explained("Of the request, the key alone counts, and its signature proves that who asks has it. For a device, the certificate is a credential at once."),
		refusing(muster.ReasonCSRInvalid, muster.ReasonCSRSignatureWrong, muster.ReasonCSRKeyWeak, muster.ReasonCSRDigestWeak,
			muster.ReasonDeviceNameInvalid, muster.ReasonNotFound, muster.ReasonClockWrong))
	serve(a, http.MethodGet, "/v1/certificates/{serial}", "show-certificate", "One certificate, with its text", a.showCertificate)
	serve(a, http.MethodPost, "/v1/certificates/{serial}/renew", "renew-certificate", "Issues a certificate in the place of one", a.renewCertificate,
		explained("It is for the same key, unless a signing request brings another one, and says what the profile says now. The old one of a device lets it in until the new one has."),
		refusing(muster.ReasonCSRInvalid, muster.ReasonCSRSignatureWrong, muster.ReasonCSRKeyWeak, muster.ReasonCSRDigestWeak,
			muster.ReasonDeviceNameInvalid, muster.ReasonCredentialRevoked, muster.ReasonClockWrong))
	serve(a, http.MethodPost, "/v1/certificates/{serial}/revoke", "revoke-certificate",
		"Says that a certificate is good no more, and ends its credential and the sessions of its device", a.revokeCertificate)
}

func (a *api) listIssued(ctx context.Context, in *struct {
	Search        string `query:"search" maxLength:"255" doc:"part of the common name, case of ASCII letters ignored"`
	Device        string `query:"device" maxLength:"255" doc:"of this device alone"`
	Profile       string `query:"profile" maxLength:"255" doc:"of devices of this profile alone"`
	State         string `query:"state" enum:"issued,expired,revoked"`
	ExpiresBefore string `query:"expiresBefore" maxLength:"40" doc:"epoch milliseconds or RFC 3339"`
	After         string `query:"after" maxLength:"40" doc:"next of the page before, of a request that is otherwise the same"`
	Limit         int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"at most so many; a page may be short, or empty, and have a next"`
},
) (*answer[List[IssuedCertificate]], error) {
	l := issuer.CertificateList{DeviceName: in.Device, ProfileName: in.Profile}
	l.Search, l.Limit = in.Search, in.Limit
	if err := a.inState(&l.CertificateQuery, in.State, in.ExpiresBefore); err != nil {
		return nil, err
	}
	if in.After != "" {
		var err error
		if l.Before, err = strconv.ParseInt(in.After, 10, 64); err != nil || l.Before <= 0 {
			return nil, muster.Refuse(muster.ReasonRequestInvalid, "after: not the next of a page")
		}
	}
	page, err := a.Authority.Certificates(ctx, l)
	if err != nil {
		return nil, err
	}
	out := listOf(page.Certificates, a.certificateOf)
	if page.Next > 0 {
		out.Body.Next = strconv.FormatInt(page.Next, 10)
	}
	return out, nil
}

// inState lays over q what a state means now, and an end that is asked for.
func (a *api) inState(q *muster.CertificateQuery, state, expiresBefore string) error {
	if expiresBefore != "" {
		ms, err := parseTime("expiresBefore", expiresBefore, 0)
		if err != nil {
			return err
		}
		q.ExpiresBefore = time.UnixMilli(ms)
	}
	if state == "" {
		return nil
	}
	revoked := state == "revoked"
	q.Revoked = &revoked
	switch now := a.Now(); state {
	case "issued":
		q.ExpiresAfter = now
	case "expired":
		if q.ExpiresBefore.IsZero() || q.ExpiresBefore.After(now) {
			q.ExpiresBefore = now
		}
	}
	return nil
}

func (a *api) issueCertificate(ctx context.Context, in *struct{ Body NewCertificate }) (*answer[WholeCertificate], error) {
	c, err := a.Authority.Issue(ctx, issuer.NewCertificate{
		CSR: in.Body.CSR, Device: in.Body.Device, Subject: in.Body.Subject, Days: in.Body.Days,
	})
	if err != nil {
		return nil, err
	}
	return &answer[WholeCertificate]{a.wholeCertificate(c)}, nil
}

func (a *api) renewCertificate(ctx context.Context, in *struct {
	Serial string `path:"serial" maxLength:"60"`
	Body   *Renewal
},
) (*answer[WholeCertificate], error) {
	serial, err := muster.ParseSerial(in.Serial)
	if err != nil {
		return nil, err
	}
	var r issuer.Renewal
	if in.Body != nil {
		r = issuer.Renewal(*in.Body)
	}
	c, err := a.Authority.Renew(ctx, serial, r)
	if err != nil {
		return nil, err
	}
	return &answer[WholeCertificate]{a.wholeCertificate(c)}, nil
}

func (a *api) showCertificate(ctx context.Context, in *struct {
	Serial string `path:"serial" maxLength:"60"`
},
) (*answer[WholeCertificate], error) {
	serial, err := muster.ParseSerial(in.Serial)
	if err != nil {
		return nil, err
	}
	c, err := a.Authority.Certificate(ctx, serial)
	if err != nil {
		return nil, err
	}
	return &answer[WholeCertificate]{a.wholeCertificate(c)}, nil
}

func (a *api) revokeCertificate(ctx context.Context, in *struct {
	Serial string `path:"serial" maxLength:"60"`
	Body   *CertificateRevocation
},
) (*answer[IssuedCertificate], error) {
	serial, err := muster.ParseSerial(in.Serial)
	if err != nil {
		return nil, err
	}
	why := muster.RevokedUnspecified
	if in.Body != nil && in.Body.Reason != "" {
		if why, err = muster.ParseRevocationReason(in.Body.Reason); err != nil {
			return nil, err
		}
	}
	c, err := a.Authority.Revoke(ctx, serial, why)
	if err != nil {
		return nil, err
	}
	return &answer[IssuedCertificate]{a.certificateOf(c)}, nil
}

func (a *api) certificateOf(c muster.Certificate) IssuedCertificate {
	shown := IssuedCertificate{
		Serial: c.Serial.String(), State: c.State(a.Now()), Subject: c.Subject, Device: c.DeviceName, Credential: c.Credential.String(),
		Authority: c.Authority.String(), Fingerprint: hex.EncodeToString(c.Fingerprint[:]),
		NotBefore: c.NotBefore, NotAfter: c.NotAfter, CreatedAt: c.CreatedAt, RevokedAt: c.RevokedAt,
	}
	if !c.RevokedAt.IsZero() {
		shown.Reason = c.Why.String()
	}
	return shown
}

func (a *api) wholeCertificate(c muster.Certificate) WholeCertificate {
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.DER})
	return WholeCertificate{a.certificateOf(c), string(text), a.Authority.Chain(c.DER)}
}
