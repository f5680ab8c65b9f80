package fleet

import (
	"context"
	"strings"
	"time"

	"muster"
)

// Credentials are what an operator gives a device to be known by, one of each kind. With none the server makes a token.
type Credentials struct {
	Token        muster.Secret
	MQTTClientID string
	MQTTUsername string
	MQTTPassword muster.Secret
	Certificate  string // PEM or base64 DER of an X.509 certificate
	PublicKey    string // PEM of a public key or of a certificate that holds it
}

// NewCredential says how a credential shall be made, of one kind.
type NewCredential struct {
	Credentials
	NotBefore time.Time // zero: always was
	ExpiresAt time.Time // zero: never
}

// evidence returns what the credentials recognise a device by: at least one.
func (c *Credentials) evidence() ([]muster.Evidence, error) {
	var all []muster.Evidence
	if c.Token != "" {
		all = append(all, muster.Evidence{Kind: muster.AccessToken, Token: c.Token})
	}
	if c.MQTTClientID != "" || c.MQTTUsername != "" || c.MQTTPassword != "" {
		all = append(all, muster.Evidence{
			Kind: muster.MQTTBasic, ClientID: c.MQTTClientID, Username: c.MQTTUsername, Password: c.MQTTPassword,
		})
	}
	if strings.TrimSpace(c.Certificate) != "" {
		bare, err := muster.PlainCertificate(c.Certificate)
		if err != nil {
			return nil, err
		}
		all = append(all, muster.Evidence{Kind: muster.X509Certificate, Certificate: bare})
	}
	if strings.TrimSpace(c.PublicKey) != "" {
		all = append(all, muster.Evidence{Kind: muster.PublicKey, PublicKey: c.PublicKey})
	}
	if len(all) == 0 {
		all = append(all, muster.Evidence{Kind: muster.AccessToken, Token: muster.Secret(muster.RandomText(muster.TokenLength))})
	}
	return all, nil
}

// sealAll makes live credentials of what c holds.
func (s *Service) sealAll(c *Credentials, device muster.DeviceID) ([]muster.Evidence, []muster.Credential, error) {
	shown, err := c.evidence()
	if err != nil {
		return nil, nil, err
	}
	sealed := make([]muster.Credential, len(shown))
	for i := range shown {
		if sealed[i], err = shown[i].Seal(s.keys, device, s.now()); err != nil {
			return nil, nil, err
		}
	}
	return shown, sealed, nil
}

// AddCredential gives the device called name one more credential and returns it with what the device shall show. Its
// sessions go on.
func (s *Service) AddCredential(ctx context.Context, name string, n NewCredential) (muster.Credential, muster.Evidence, error) {
	return s.addCredential(ctx, name, n, s.store.CreateCredential)
}

// RotateCredential gives the device called name a credential in the place of an older one. Both open the door until the
// new one is used for the first time, which revokes the old one and ends the sessions that rest on it.
func (s *Service) RotateCredential(ctx context.Context, name string, old muster.CredentialID, n NewCredential) (muster.Credential, muster.Evidence, error) {
	return s.addCredential(ctx, name, n, func(ctx context.Context, c muster.Credential) error {
		return s.store.RotateCredential(ctx, old, c)
	})
}

func (s *Service) addCredential(
	ctx context.Context, name string, n NewCredential, file func(context.Context, muster.Credential) error,
) (muster.Credential, muster.Evidence, error) {
	none := func(err error) (muster.Credential, muster.Evidence, error) {
		return muster.Credential{}, muster.Evidence{}, err
	}
	d, err := s.Device(ctx, name)
	if err != nil {
		return none(err)
	}
	shown, sealed, err := s.sealAll(&n.Credentials, d.ID)
	if err != nil {
		return none(err)
	}
	if len(sealed) != 1 {
		return none(invalid("one credential at a time: a token, MQTT basic, a certificate or a public key"))
	}
	c := sealed[0]
	c.NotBefore, c.ExpiresAt = n.NotBefore, n.ExpiresAt
	if err := checkDates(&c); err != nil {
		return none(err)
	}
	held, err := s.store.Credentials(ctx, d.ID)
	if err != nil {
		return none(err)
	}
	if err := unheld(held, c.Lookup); err != nil {
		return none(err)
	}
	if err := file(ctx, c); err != nil {
		return none(missing(err, "device or credential", name))
	}
	conceal(&c)
	return c, shown[0], nil
}

// unheld refuses a credential that the device has itself, or had: what was revoked is never good again.
func unheld(held []muster.Credential, key muster.LookupKey) error {
	for i := range held {
		switch c := &held[i]; {
		case c.Lookup != key:
		case c.State == muster.CredentialRevoked:
			return muster.Refuse(muster.ReasonCredentialInUse, "the device had this %s, and it was revoked: give it another", c.Kind)
		default:
			return muster.Refuse(muster.ReasonCredentialInUse, "the device has this %s already", c.Kind)
		}
	}
	return nil
}

// conceal takes out of a credential what could open a door.
func conceal(c *muster.Credential) {
	c.Value, c.Lookup = nil, muster.LookupKey{}
}
