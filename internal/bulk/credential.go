package bulk

import (
	"time"

	"muster"
)

// A credentialText is a credential as it stands in a file. Which fields count depends on the kind.
type credentialText struct {
	Kind        string    `json:"kind"`
	State       string    `json:"state,omitempty"` // empty: active
	NotBefore   time.Time `json:"notBefore,omitzero"`
	ExpiresAt   time.Time `json:"expiresAt,omitzero"`
	Token       string    `json:"token,omitempty"`
	ClientID    string    `json:"mqttClientId,omitempty"`
	Username    string    `json:"mqttUsername,omitempty"`
	Password    string    `json:"mqttPassword,omitempty"`
	Certificate string    `json:"certificate,omitempty"`
	PublicKey   string    `json:"publicKey,omitempty"`
}

// states are those that a credential in a file may have.
var states = map[string]muster.CredentialState{
	"": muster.CredentialActive, "active": muster.CredentialActive, "pending": muster.CredentialPending, "retiring": muster.CredentialRetiring,
}

// shown returns the credential that t describes.
func (t *credentialText) shown() (s shown, err error) {
	if s.Kind, err = muster.ParseCredentialKind(t.Kind); err != nil {
		return s, invalid("a credential's kind is ACCESS_TOKEN, X509_CERTIFICATE, MQTT_BASIC or PUBLIC_KEY")
	}
	var ok bool
	if s.state, ok = states[t.State]; !ok {
		return s, invalid("a credential is active, pending or retiring")
	}
	if s.notBefore, err = storable(t.NotBefore); err != nil {
		return s, err
	}
	if s.expiresAt, err = storable(t.ExpiresAt); err != nil {
		return s, err
	}
	switch s.Kind {
	case muster.AccessToken:
		s.Token = muster.Secret(t.Token)
	case muster.MQTTBasic:
		s.ClientID, s.Username, s.Password = t.ClientID, t.Username, muster.Secret(t.Password)
	case muster.X509Certificate:
		s.Certificate, err = muster.PlainCertificate(t.Certificate)
	case muster.PublicKey:
		s.PublicKey = t.PublicKey
	}
	return s, err
}

// textOf describes a credential; e is what it was made of.
func textOf(c *muster.Credential, e *muster.Evidence) credentialText {
	t := credentialText{
		Kind: c.Kind.String(), NotBefore: c.NotBefore, ExpiresAt: c.ExpiresAt,
		Token: e.Token.Reveal(), ClientID: e.ClientID, Username: e.Username, Password: e.Password.Reveal(),
		Certificate: e.Certificate, PublicKey: e.PublicKey,
	}
	if c.State != muster.CredentialActive {
		t.State = c.State.String()
	}
	return t
}
