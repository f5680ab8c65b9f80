package conformance

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	paho5 "github.com/eclipse/paho.golang/paho"
	"github.com/golang-jwt/jwt/v5"
)

// A device that has no clock yet believes the time that is signed by a certificate below the root that it trusts, as of that
// time.
func believe(t *testing.T, s *server, answer []byte, nonce string) {
	t.Helper()
	var got struct {
		Time   int64
		ISO    time.Time
		Signed string
	}
	if err := json.Unmarshal(answer, &got); err != nil {
		t.Fatalf("%s: %v", answer, err)
	}
	at := time.UnixMilli(got.Time)
	if off := time.Since(at).Abs(); off > time.Minute || !got.ISO.Equal(at) {
		t.Errorf("it says %s", answer)
	}
	if nonce == "" {
		return
	}
	text, err := os.ReadFile(s.caFile)
	if err != nil {
		t.Fatal(err)
	}
	roots, above := x509.NewCertPool(), x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	var leaf *x509.Certificate
	said := jwt.MapClaims{}
	_, err = jwt.ParseWithClaims(got.Signed, said, func(token *jwt.Token) (any, error) {
		shown, _ := token.Header["x5c"].([]any)
		for n, item := range shown {
			text, _ := item.(string)
			der, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				return nil, err
			}
			c, err := x509.ParseCertificate(der)
			if err != nil {
				return nil, err
			}
			if above.AddCert(c); n == 0 {
				leaf = c
			}
		}
		if leaf == nil {
			return nil, jwt.ErrTokenUnverifiable
		}
		return leaf.PublicKey, nil
	}, jwt.WithTimeFunc(func() time.Time { return at }))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{DNSName: "localhost", Roots: roots, Intermediates: above, CurrentTime: at}); err != nil {
		t.Error(err)
	}
	if said["nonce"] != nonce || said["time"] != float64(got.Time) {
		t.Errorf("it is signed that %v", said)
	}
}

func TestADeviceWithoutAClockIsToldTheTime(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	const nonce = "0123456789abcdef"
	t.Run("http", func(t *testing.T) {
		for query, nonce := range map[string]string{"": "", "?nonce=" + nonce: nonce} {
			answer, err := http.Get(s.url() + "/api/v1/time" + query)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(answer.Body)
			_ = answer.Body.Close()
			if err != nil || answer.StatusCode != http.StatusOK || answer.Header.Get("Cache-Control") != "no-store" {
				t.Fatalf("%s %v, %v", answer.Status, answer.Header, err)
			}
			believe(t, s, body, nonce)
		}
	})
	t.Run("coap", func(t *testing.T) {
		c, err := dialUDP(s)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		answer, err := c.Get(patience(t), "/api/v1/time")
		if err != nil {
			t.Fatal(err)
		}
		body, err := answer.ReadBody()
		if err != nil {
			t.Fatal(err)
		}
		believe(t, s, body, "")
	})
	token := join(t, s, overHTTP, s.profile("open", "create"), "pump", "").token()
	const asked = `{"nonce":"` + nonce + `"}`
	t.Run("mqtt3", func(t *testing.T) {
		l := come(t, patience(t), s, overMQTT3, proof{token: token})
		defer l.close()
		answer, err := ask3(patience(t), l.(*link3), "/time/", asked)
		if err != nil {
			t.Fatal(err)
		}
		believe(t, s, []byte(answer), nonce)
	})
	t.Run("mqtt5", func(t *testing.T) {
		answer, err := ask5(patience(t), s, proof{token: token}, "/time/", asked, func(told *paho5.ConnackProperties) {
			ms, err := strconv.ParseInt(told.User.Get("time"), 10, 64)
			if err != nil || time.Since(time.UnixMilli(ms)).Abs() > time.Minute {
				t.Errorf("CONNACK says %v", told.User)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		believe(t, s, []byte(answer), nonce)
	})
}
