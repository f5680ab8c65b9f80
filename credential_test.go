package muster_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"muster"
)

func keyring(t testing.TB) *muster.Keyring {
	t.Helper()
	keys, err := muster.NewKeyring(bytes.Repeat([]byte{7}, muster.MasterKeySize))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// The vectors are those of the ThingsBoard device API, 2.1.
func TestCredentialIDs(t *testing.T) {
	for name, c := range map[string]struct {
		e    muster.Evidence
		want string
	}{
		"a token is its own id":             {muster.Evidence{Token: "test_token"}, "test_token"},
		"a certificate's is its SHA3":       {muster.Evidence{Kind: muster.X509Certificate, Certificate: "testHash"}, "57f6600424d6553263f1f32e0117012894a36fbf07e3e9c3c556272f86b7d985"},
		"armour and line breaks count not":  {muster.Evidence{Kind: muster.X509Certificate, Certificate: "-----BEGIN CERTIFICATE-----\r\ntest\nHash\n-----END CERTIFICATE-----\n"}, "57f6600424d6553263f1f32e0117012894a36fbf07e3e9c3c556272f86b7d985"},
		"client id and user name are one":   {muster.Evidence{Kind: muster.MQTTBasic, ClientID: "test_clientId", Username: "test_username"}, "b9f1b0bf238dddae689babba0a210fe42bc97ddb07620b5a07d7208dd5528db2"},
		"a client id alone is hashed alone": {muster.Evidence{Kind: muster.MQTTBasic, ClientID: "ThingsBoard"}, "281c7ba06d0ac2ff651fa968572f26a38c96225ea54644522837b54b9c6144f7"},
		"a user name alone stays itself":    {muster.Evidence{Kind: muster.MQTTBasic, Username: "user"}, "user"},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := c.e.ID(); err != nil || got != c.want {
				t.Errorf("%s, %v", got, err)
			}
		})
	}
}

func TestEvidenceThatCouldNeverWork(t *testing.T) {
	for want, e := range map[string]muster.Evidence{
		"Device credentials id should be specified!":                 {},
		"credentialsId must not contain control characters!":         {Token: "a\nb"},
		"clientId must not contain control characters!":              {Kind: muster.MQTTBasic, ClientID: "a\x00"},
		"password must not contain control characters!":              {Kind: muster.MQTTBasic, Username: "u", Password: "\x7f"},
		"Both mqtt client id and user name are empty!":               {Kind: muster.MQTTBasic, Password: "p"},
		"Password cannot be specified along with client id":          {Kind: muster.MQTTBasic, ClientID: "c", Password: "p"},
		"the public key is not PEM":                                  {Kind: muster.PublicKey, PublicKey: "MIIB"},
		fmt.Sprintf("password is longer than %d bytes", 16<<10):      {Kind: muster.MQTTBasic, Username: "u", Password: muster.Secret(strings.Repeat("x", 16<<10+1))},
		"the certificate or key is longer than 16384 bytes":          {Kind: muster.X509Certificate, Certificate: strings.Repeat("A", 16<<10+1)},
		"PEM of a public key or certificate is wanted, not of \"X\"": {Kind: muster.PublicKey, PublicKey: "-----BEGIN X-----\nAAAA\n-----END X-----\n"},
	} {
		t.Run(want, func(t *testing.T) {
			if err := e.Check(); muster.MessageOf(err) != want || !errors.Is(err, muster.ReasonCredentialInvalid) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestASealedCredentialOpensAgain(t *testing.T) {
	keys := keyring(t)
	for _, e := range []muster.Evidence{
		{Token: "test_token"},
		{Kind: muster.X509Certificate, Certificate: "dGVzdA=="},
		{Kind: muster.MQTTBasic, ClientID: "c", Username: "u", Password: `p"\`},
		{Kind: muster.MQTTBasic, ClientID: "test_token", Username: "test_token"}, // without a password they are what opens the door
		{Kind: muster.MQTTBasic, Username: "test_token"},
	} {
		c, err := e.Seal(keys, muster.NewID[muster.Device](), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.Open(keys); err != nil || got != e {
			t.Errorf("%v came back as %v, %v", e, got, err)
		}
		if bytes.Contains(c.Value, []byte("test")) || strings.Contains(c.Hint, "test_token") {
			t.Errorf("%s shows its secret", c.Kind)
		}
		other := c
		other.ID = muster.NewID[muster.Credential]()
		if _, err := other.Open(keys); err == nil {
			t.Errorf("%s opens as another credential", c.Kind)
		}
	}
}

func TestASecretHides(t *testing.T) {
	s := struct{ Secret muster.Secret }{"hunter2"}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", s.Secret, "struct", s)
	text, _ := json.Marshal(s)
	for _, shown := range []string{fmt.Sprint(s), fmt.Sprintf("%+v %#v %s %q %x %d", s, s, s.Secret, s.Secret, s.Secret, s.Secret), string(text), log.String()} {
		if strings.Contains(shown, "hunter2") || strings.Contains(shown, "68756e74") {
			t.Errorf("it shows in %s", shown)
		}
	}
}
