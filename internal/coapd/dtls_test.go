package coapd

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/logging"
	coapdtls "github.com/plgd-dev/go-coap/v3/dtls"
	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"

	"muster"
)

// selfSigned makes a certificate as devices make them themselves.
func selfSigned(t *testing.T, from, until time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "localhost"}, NotBefore: from, NotAfter: until,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func validNow(t *testing.T) tls.Certificate {
	return selfSigned(t, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
}

// rsaSigned is what the openssl of many a guide makes.
func rsaSigned(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{Subject: pkix.Name{CommonName: "localhost"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// serveDTLS runs a server with a port for DTLS until the test ends.
func serveDTLS(t *testing.T, s *script, o Options) (*Server, string) {
	t.Helper()
	own := validNow(t)
	o.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &own, nil }
	server := newServer(s, o)
	l, err := server.ListenDTLS("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- server.ServeDTLS(context.Background(), l) }()
	t.Cleanup(func() {
		shutdown(t, server)
		if err := <-stopped; err != nil {
			t.Errorf("ServeDTLS: %v", err)
		}
	})
	return server, l.Addr().String()
}

func clientOptions(certificates ...tls.Certificate) []dtls.ClientOption {
	quiet := &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}
	options := []dtls.ClientOption{dtls.WithInsecureSkipVerify(true), dtls.WithLoggerFactory(quiet)}
	if len(certificates) > 0 {
		options = append(options, dtls.WithCertificates(certificates...))
	}
	return options
}

// shake does a client's handshake.
func shake(t *testing.T, address string, options ...dtls.ClientOption) (*dtls.Conn, error) {
	t.Helper()
	remote, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := dtls.DialWithOptions("udp", remote, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	return conn, conn.HandshakeContext(ctx)
}

func TestARealClientWithACertificateNeedsNoToken(t *testing.T) {
	s := says(muster.Message{Body: []byte(large(2000))}, nil)
	_, address := serveDTLS(t, s, Options{})
	own := validNow(t)
	c, err := coapdtls.Dial(address, coapdtls.NewDTLSClientOptions(clientOptions(own)...))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	code, _, body := result(t)(c.Post(ctx, "/api/v1/telemetry", message.AppJSON, strings.NewReader(large(5000))))
	if code != codes.Created || body != large(2000) {
		t.Errorf("answered %v with %d bytes", code, len(body))
	}
	h := s.lastHello()
	if !h.Secure || len(h.Chain) != 1 || string(h.Chain[0].Raw) != string(own.Certificate[0]) || !h.Remote.IsLoopback() {
		t.Errorf("introduced as %+v", h)
	}
}

func TestWhoPassesTheHandshake(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		options []dtls.ClientOption
		passes  bool
		chain   int
	}{
		"nobody in particular":             {clientOptions(), true, 0},
		"a certificate that nobody knows":  {clientOptions(validNow(t)), true, 1},
		"an RSA certificate":               {clientOptions(rsaSigned(t)), true, 1},
		"an expired certificate":           {clientOptions(selfSigned(t, now.Add(-2*time.Hour), now.Add(-time.Hour))), true, 1},
		"a certificate of tomorrow":        {clientOptions(selfSigned(t, now.Add(time.Hour), now.Add(2*time.Hour))), true, 1},
		"the suite that CoAP prescribes":   {append(clientOptions(), dtls.WithCipherSuites(dtls.TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8)), true, 0},
		"encryption without authenticity":  {append(clientOptions(), dtls.WithCipherSuites(dtls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA)), false, 0},
		"no extended master secret":        {append(clientOptions(), dtls.WithExtendedMasterSecret(dtls.DisableExtendedMasterSecret)), false, 0},
		"a client that knows a connection": {append(clientOptions(), dtls.WithConnectionIDGenerator(dtls.OnlySendCIDGenerator())), true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := &script{}
			_, address := serveDTLS(t, s, Options{})
			conn, err := shake(t, address, c.options...)
			if (err == nil) != c.passes {
				t.Fatalf("the handshake: %v", err)
			}
			if !c.passes {
				return
			}
			w := &wire{t: t, conn: conn, id: 1}
			w.write(w.next(call{path: telemetry("T")}))
			if got := w.answer(); got.Code != codes.Created || len(s.lastHello().Chain) != c.chain {
				t.Errorf("answered %v with %d certificates", got.Code, len(s.lastHello().Chain))
			}
		})
	}
}

func TestASessionEndsWhenItsCertificateOpensNothingAnyMore(t *testing.T) {
	for name, c := range map[string]struct {
		certificates []tls.Certificate
		refusal      error
		ends         bool
	}{
		"a certificate that was revoked": {[]tls.Certificate{validNow(t)}, muster.Refuse(muster.ReasonCredentialRevoked, ""), true},
		"a certificate nobody knows":     {[]tls.Certificate{validNow(t)}, muster.Refuse(muster.ReasonCertificateUnknown, ""), true},
		"a payload that cannot be read":  {[]tls.Certificate{validNow(t)}, muster.Refuse(muster.ReasonPayloadInvalid, ""), false},
		"a token in a session without":   {nil, muster.Refuse(muster.ReasonTokenUnknown, ""), false},
	} {
		t.Run(name, func(t *testing.T) {
			server, address := serveDTLS(t, says(muster.Message{}, c.refusal), Options{})
			conn, err := shake(t, address, clientOptions(c.certificates...)...)
			if err != nil {
				t.Fatal(err)
			}
			w := &wire{t: t, conn: conn, id: 1}
			w.write(w.next(call{path: []string{"api", "v1", "telemetry"}}))
			if got := w.answer(); got.Code>>5 != 4 || string(got.Payload) != string(muster.ReasonOf(c.refusal)) {
				t.Errorf("answered %v %q", got.Code, got.Payload)
			}
			_ = conn.SetReadDeadline(time.Now().Add(3 * farewell))
			_, err = conn.Read(make([]byte, 100))
			if ended := err == io.EOF; ended != c.ends {
				t.Errorf("then the client reads: %v", err)
			}
			for c.ends && server.sessions.size() > 0 {
				time.Sleep(time.Millisecond) // until the server has seen the end, too
			}
		})
	}
}

func TestASilentSessionIsHungUp(t *testing.T) {
	server, address := serveDTLS(t, &script{}, Options{})
	conn, err := shake(t, address, clientOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	for server.sessions.size() == 0 {
		time.Sleep(time.Millisecond)
	}
	server.sessions.sweep(time.Now().Add(2*time.Hour), server.o.SessionIdle)
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := conn.Read(make([]byte, 100)); err != io.EOF {
		t.Errorf("the client reads: %v", err)
	}
}

func TestShutdownDoesNotWaitForHandshakesAndSessions(t *testing.T) {
	server, address := serveDTLS(t, &script{}, Options{})
	if _, err := shake(t, address, clientOptions()...); err != nil {
		t.Fatal(err)
	}
	half, err := net.Dial("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer half.Close()
	// A handshake record and nothing behind it.
	if _, err := half.Write([]byte{22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	began := time.Now()
	shutdown(t, server)
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("it took %v", took)
	}
}
