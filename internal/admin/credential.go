package admin

import (
	"context"
	"net/http"
	"time"

	"muster"
	"muster/internal/fleet"
)

// A Credential is a muster.Credential as people see it: never what opens the door.
type Credential struct {
	ID         string    `json:"id" example:"019283b1-7c4e-7d30-9f2a-5b6c7d8e9f00"`
	Kind       string    `json:"kind" enum:"ACCESS_TOKEN,X509_CERTIFICATE,MQTT_BASIC,PUBLIC_KEY" example:"ACCESS_TOKEN"`
	State      string    `json:"state" enum:"pending,active,retiring,revoked,waiting,expired" doc:"waiting: not valid yet" example:"active"`
	Hint       string    `json:"hint,omitempty" doc:"client id and user name where a password goes with them, or a digest" example:"a7d9…"`
	NotBefore  time.Time `json:"notBefore,omitzero"`
	ExpiresAt  time.Time `json:"expiresAt,omitzero"`
	CreatedAt  time.Time `json:"createdAt"`
	LastUsedAt time.Time `json:"lastUsedAt,omitzero" doc:"may lag by a minute" example:"2026-03-02T07:15:00Z"`
	Successor  string    `json:"successor,omitempty" doc:"of one that is retiring: id of the credential whose next use revokes it"`
}

// Evidence is what a device shall show. With none of it the server makes a token.
type Evidence struct {
	Token        string `json:"token,omitempty"`
	MQTTClientID string `json:"mqttClientId,omitempty"`
	MQTTUsername string `json:"mqttUsername,omitempty"`
	MQTTPassword string `json:"mqttPassword,omitempty"`
	Certificate  string `json:"certificate,omitempty" doc:"PEM or base64 DER of an X.509 certificate"`
	PublicKey    string `json:"publicKey,omitempty" doc:"PEM of a public key, or of a certificate that holds it"`
}

// A NewCredential is a credential to be added.
type NewCredential struct {
	Evidence
	NotBefore time.Time `json:"notBefore,omitzero"`
	ExpiresAt time.Time `json:"expiresAt,omitzero" example:"2027-03-01T00:00:00Z"`
}

// A MadeCredential is a new credential, with the token that the server made, which is shown this once.
type MadeCredential struct {
	Credential
	Token string `json:"token,omitempty" doc:"only where the server made it" example:"A7dK2mQx9RtB4nLw8ZsC"`
}

// A CredentialChange is what shall change of a credential; what is left out stays.
type CredentialChange struct {
	NotBefore *string `json:"notBefore,omitempty" doc:"RFC 3339; empty: always was"`
	ExpiresAt *string `json:"expiresAt,omitempty" doc:"RFC 3339; empty: never" example:"2028-03-01T00:00:00Z"`
}

// A Retirement says what a credential gives way to.
type Retirement struct {
	Successor string `json:"successor,omitempty" maxLength:"36" doc:"id of another credential of the device; left out: the youngest that opens the door"`
}

// A CredentialName is the part of the input of an operation on one credential of a device.
type CredentialName struct {
	Name string `path:"name" maxLength:"255"`
	ID   string `path:"id" maxLength:"36"`
}

func (n *CredentialName) id() (muster.CredentialID, error) {
	return muster.ParseID[muster.Credential](n.ID)
}

func (a *api) serveCredentials() {
	serve(a, http.MethodGet, "/v1/devices/{name}/credentials", "list-credentials", "Credentials of a device, the oldest first", a.listCredentials)
	serve(a, http.MethodGet, "/v1/credentials", "list-fleet-credentials", "Credentials of all devices that meet conditions, in an order", a.listFleetCredentials,
		explained("For those that end soon: sort by expires, with expiresBefore. A page looks at 20,000 credentials at most, so that one of a rare condition may be short, or empty, and have a next."),
		refusing(muster.ReasonNotFound))
	serve(a, http.MethodGet, "/v1/devices/{name}/credentials/{id}", "show-credential", "One credential of a device", a.showCredential)
	serve(a, http.MethodPatch, "/v1/devices/{name}/credentials/{id}", "update-credential",
		"Changes from when until when a credential is valid", a.updateCredential,
		explained("Sessions of the device end, and it may come back at once."))
	serve(a, http.MethodPost, "/v1/devices/{name}/credentials/{id}/retire", "retire-credential",
		"Lets a credential retire: the next use of another one of its device revokes it", a.retireCredential,
		explained("For a device that has been given its next credential already. Until that is used both work."),
		refusing(muster.ReasonCredentialRevoked))
	serve(a, http.MethodPost, "/v1/devices/{name}/credentials", "add-credential", "Gives a device one more credential", a.addCredential,
		refusing(muster.ReasonCredentialInUse, muster.ReasonCredentialInvalid))
	serve(a, http.MethodPost, "/v1/devices/{name}/credentials/{id}/rotate", "rotate-credential",
		"Gives a device a credential in the place of an older one, which is revoked when the new one is first used", a.rotateCredential,
		explained("Both work, and the old one is retiring, until the new one is used for the first time; then the old one is revoked, within a minute or two. A device that never hears of its new credential never loses its old one."),
		refusing(muster.ReasonCredentialInUse, muster.ReasonCredentialInvalid, muster.ReasonCredentialRevoked))
	serve(a, http.MethodPost, "/v1/devices/{name}/credentials/{id}/revoke", "revoke-credential",
		"Ends the use of a credential and the sessions of its device", a.revokeCredential,
		explained("It is never good again, not for another device either. Sessions of the device end; those that rest on another credential may come back."))
}

func (a *api) listCredentials(ctx context.Context, in *named) (*answer[List[Credential]], error) {
	v, err := a.Fleet.ShowDevice(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	return listOf(v.Credentials, a.credentialOf), nil
}

func (a *api) addCredential(ctx context.Context, in *struct {
	Name string `path:"name" maxLength:"255"`
	Body NewCredential
},
) (*tagged[MadeCredential], error) {
	b := in.Body
	c, shown, err := a.Fleet.AddCredential(ctx, in.Name, fleet.NewCredential{
		Credentials: b.credentials(), NotBefore: b.NotBefore, ExpiresAt: b.ExpiresAt,
	})
	if err != nil {
		return nil, err
	}
	return tag(c.Version(), MadeCredential{a.credentialOf(c), b.madeToken(shown)}), nil
}

func (a *api) rotateCredential(ctx context.Context, in *struct {
	Name string `path:"name" maxLength:"255"`
	ID   string `path:"id" maxLength:"36"`
	Body NewCredential
},
) (*tagged[MadeCredential], error) {
	old, err := muster.ParseID[muster.Credential](in.ID)
	if err != nil {
		return nil, err
	}
	b := in.Body
	c, shown, err := a.Fleet.RotateCredential(ctx, in.Name, old, fleet.NewCredential{
		Credentials: b.credentials(), NotBefore: b.NotBefore, ExpiresAt: b.ExpiresAt,
	})
	if err != nil {
		return nil, err
	}
	return tag(c.Version(), MadeCredential{a.credentialOf(c), b.madeToken(shown)}), nil
}

func (a *api) showCredential(ctx context.Context, in *CredentialName) (*tagged[Credential], error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	return a.shownCredential(a.Fleet.Credential(ctx, in.Name, id))
}

func (a *api) updateCredential(ctx context.Context, in *struct {
	CredentialName
	Expected
	Body CredentialChange
},
) (*tagged[Credential], error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	var change fleet.CredentialChange
	if change.NotBefore, err = changedBound("notBefore", in.Body.NotBefore); err != nil {
		return nil, err
	}
	if change.ExpiresAt, err = changedBound("expiresAt", in.Body.ExpiresAt); err != nil {
		return nil, err
	}
	return a.shownCredential(a.Fleet.UpdateCredential(ctx, in.Name, id, change, in.seen()...))
}

func (a *api) retireCredential(ctx context.Context, in *struct {
	CredentialName
	Expected
	Body *Retirement
},
) (*tagged[Credential], error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	var successor muster.CredentialID
	if in.Body != nil && in.Body.Successor != "" {
		if successor, err = muster.ParseID[muster.Credential](in.Body.Successor); err != nil {
			return nil, err
		}
	}
	return a.shownCredential(a.Fleet.RetireCredential(ctx, in.Name, id, successor, in.seen()...))
}

func (a *api) revokeCredential(ctx context.Context, in *struct {
	CredentialName
	Expected
},
) (*tagged[Credential], error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	return a.shownCredential(a.Fleet.RevokeCredential(ctx, in.Name, id, in.seen()...))
}

// shownCredential shows a credential that a job has returned.
func (a *api) shownCredential(c muster.Credential, err error) (*tagged[Credential], error) {
	if err != nil {
		return nil, err
	}
	return tag(c.Version(), a.credentialOf(c)), nil
}

func (e *Evidence) credentials() fleet.Credentials {
	return fleet.Credentials{
		Token: muster.Secret(e.Token), MQTTClientID: e.MQTTClientID, MQTTUsername: e.MQTTUsername,
		MQTTPassword: muster.Secret(e.MQTTPassword), Certificate: e.Certificate, PublicKey: e.PublicKey,
	}
}

// madeToken returns the token among what a device shall show that was not asked for: the server made it.
func (e *Evidence) madeToken(shown ...muster.Evidence) string {
	if e.Token != "" {
		return ""
	}
	for _, s := range shown {
		if s.Kind == muster.AccessToken {
			return s.Token.Reveal()
		}
	}
	return ""
}

func (a *api) credentialOf(c muster.Credential) Credential {
	return Credential{
		ID: c.ID.String(), Kind: c.Kind.String(), State: c.Standing(a.Now()).String(), Hint: c.Hint,
		NotBefore: c.NotBefore, ExpiresAt: c.ExpiresAt, CreatedAt: c.CreatedAt, LastUsedAt: c.LastUsedAt,
		Successor: c.Successor.String(),
	}
}
