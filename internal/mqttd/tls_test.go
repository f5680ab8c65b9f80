package mqttd

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"muster"
	"muster/internal/mqtt"
)

// certificate makes a self-signed certificate as devices show them.
func certificate(t testing.TB, name string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// openTLS is open over TLS.
func openTLS(t testing.TB, h *house, length time.Duration) (*Server, string) {
	t.Helper()
	s := newServer(h, Options{})
	s.tick = length / second
	l := listen(t)
	config := &tls.Config{Certificates: []tls.Certificate{certificate(t, "localhost")}, ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS12}
	served := make(chan error, 1)
	go func() { served <- s.ServeTLS(l, config) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return s, l.Addr().String()
}

func dialTLS(t testing.TB, address string, config *tls.Config) *device {
	t.Helper()
	config.InsecureSkipVerify = true
	c, err := tls.Dial("tcp", address, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return &device{t, c}
}

func TestASessionOverTLS(t *testing.T) {
	for name, version := range map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13} {
		t.Run(name, func(t *testing.T) {
			h := &house{}
			_, address := openTLS(t, h, time.Second)
			d := dialTLS(t, address, &tls.Config{MaxVersion: version})
			// The CONNECT brings a publish along in the same record.
			d.send(connectPacket(mqtt.V5, "c", "u", 60), publishPacket(mqtt.V5, "t", "0", 1, 1))
			d.packet()
			d.expect(puback(1))
			for id := range uint16(3) { // parked in between
				time.Sleep(5 * time.Millisecond)
				d.send(publishPacket(mqtt.V5, "t", strings.Repeat("x", 20000), 1, id+2))
				d.expect(puback(id + 2))
			}
			for _, b := range publishPacket(mqtt.V5, "t", "y", 1, 9) { // a record for each byte
				d.send([]byte{b})
			}
			d.expect(puback(9))
			if hello := h.hellos[0]; !hello.Secure || len(hello.Chain) != 0 {
				t.Errorf("%+v", hello)
			}
			h.hangup(muster.Refuse(muster.ReasonTakenOver, ""))
			if got := d.packet(); got[2] != 0x8e {
				t.Errorf("% x", got)
			}
			d.expectClosed()
		})
	}
}

// A gatherer holds back what is written to it.
type gatherer struct {
	net.Conn
	holds bool
	held  []byte
}

func (g *gatherer) Write(b []byte) (int, error) {
	if g.holds {
		g.held = append(g.held, b...)
		return len(b), nil
	}
	return g.Conn.Write(b)
}

func TestRecordsThatArriveWithTheConnectAreServed(t *testing.T) {
	_, address := openTLS(t, &house{}, time.Second)
	g := &gatherer{Conn: dial(t, address).Conn}
	client := tls.Client(g, &tls.Config{InsecureSkipVerify: true})
	d := &device{t, client}
	if err := client.Handshake(); err != nil {
		t.Fatal(err)
	}
	g.holds = true
	d.send(connectPacket(mqtt.V311, "c", "u", 60))
	d.send(publishPacket(mqtt.V311, "t", "", 1, 1))
	d.send([]byte{0xc0, 0})
	g.holds = false
	if _, err := g.Write(g.held); err != nil {
		t.Fatal(err)
	}
	d.expect([]byte{0x20, 2, 0, 0})
	d.expect(puback(1))
	d.expect([]byte{0xd0, 0})
}

func TestACertificateIsShownToDispatchAlsoOnResumption(t *testing.T) {
	for name, version := range map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13} {
		t.Run(name, func(t *testing.T) {
			h := &house{}
			_, address := openTLS(t, h, time.Second)
			config := &tls.Config{
				MaxVersion: version, Certificates: []tls.Certificate{certificate(t, "device-7")},
				ClientSessionCache: tls.NewLRUClientSessionCache(1), ServerName: "localhost",
			}
			for i := range 2 {
				d := dialTLS(t, address, config)
				d.send(connectPacket(mqtt.V311, "", "", 60))
				d.expect([]byte{0x20, 2, 0, 0})
				if resumed := d.Conn.(*tls.Conn).ConnectionState().DidResume; resumed != (i == 1) {
					t.Errorf("resumed: %v", resumed)
				}
				if chain := h.hellos[i].Chain; len(chain) != 1 || chain[0].Subject.CommonName != "device-7" {
					t.Errorf("chain %v", chain)
				}
				_ = d.Close()
			}
		})
	}
}

func TestARefusalReachesTheClientOverTLS(t *testing.T) {
	h := &house{judge: func(*muster.Hello) (*guest, error) { return nil, muster.Refuse(muster.ReasonCertificateUnknown, "") }}
	_, address := openTLS(t, h, time.Second)
	d := dialTLS(t, address, &tls.Config{Certificates: []tls.Certificate{certificate(t, "stranger")}})
	d.send(connectPacket(mqtt.V311, "c", "", 60), publishPacket(mqtt.V311, "t", strings.Repeat("x", 5000), 0, 0))
	d.expect([]byte{0x20, 2, 0, 5})
	d.expectClosed()
}

func TestAHandshakeThatIsNoneEnds(t *testing.T) {
	s, address := openTLS(t, &house{}, 20*time.Millisecond)
	for name, first := range map[string][]byte{
		"with plain MQTT": connectPacket(mqtt.V311, "c", "u", 60), "with nothing": nil, "in the middle of it": {0x16, 3, 1, 2, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			d := dial(t, address)
			d.send(first)
			_ = d.SetReadDeadline(time.Now().Add(10 * time.Second))
			for b := make([]byte, 100); ; {
				if _, err := d.Read(b); err != nil {
					if isTimeout(err) {
						t.Error("it is still open")
					}
					return
				}
			}
		})
	}
	eventually(t, "they are counted", func() bool { return count(t, s.metrics.handshakes) == 3 })
}

func TestOtherDevicesGoOnWhileOneShakesHands(t *testing.T) {
	_, address := openTLS(t, &house{}, time.Second)
	slow, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	d := dialTLS(t, address, &tls.Config{})
	d.send(connectPacket(mqtt.V311, "c", "u", 60))
	d.expect([]byte{0x20, 2, 0, 0})
}

func TestPublishesOverTLSInAnyRecords(t *testing.T) {
	var on desk
	_, address := openTLS(t, &house{answer: on.keep}, time.Second)
	d := dialTLS(t, address, &tls.Config{})
	d.send(connectPacket(mqtt.V311, "c", "u", 60))
	d.packet()
	var stream []byte
	for id := range uint16(window) {
		stream = append(stream, publishPacket(mqtt.V311, "t", strings.Repeat("z", int(id)), 1, id+1)...)
	}
	for piece := range slices.Chunk(stream, 777) {
		d.send(piece)
	}
	tags := on.take(t, window)
	slices.Reverse(tags)
	on.answer(nil, tags...)
	for id := range uint16(window) {
		d.expect(puback(id + 1))
	}
}
