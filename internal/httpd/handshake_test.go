package httpd

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// selfMade returns a certificate for a server, and one for whoever else.
func selfMade(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// secured serves over TLS at an address, with room for so many handshakes at once.
func secured(t *testing.T, most int, figures prometheus.Registerer) (address string, layer *TLS) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	layer = NewTLS(TLSOptions{MaxHandshakes: most, Registerer: figures, Config: &tls.Config{
		Certificates: []tls.Certificate{selfMade(t)}, ClientAuth: tls.RequestClientCert, NextProtos: []string{"http/1.1"},
	}})
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("c", len(r.TLS.PeerCertificates)))
	})}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(layer.Over(l)) }()
	t.Cleanup(func() {
		_ = s.Close()
		if err := <-ended; err != http.ErrServerClosed {
			t.Error(err)
		}
	})
	return l.Addr().String(), layer
}

// fetch returns what a client is answered that shows these certificates.
func fetch(address string, shown ...tls.Certificate) (string, error) {
	c := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true, Certificates: shown},
	}}
	r, err := c.Get("https://" + address)
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	return string(text), err
}

func TestAClientCertificateIsAskedForAndNotRequired(t *testing.T) {
	address, _ := secured(t, 4, nil)
	if text, err := fetch(address); err != nil || text != "" {
		t.Errorf("without: %q, %v", text, err)
	}
	if text, err := fetch(address, selfMade(t)); err != nil || text != "c" {
		t.Errorf("with one of nobody's: %q, %v", text, err)
	}
}

func TestHandshakesThatAreBegunAndLeftMakeRoomForOthers(t *testing.T) {
	figures := prometheus.NewRegistry()
	address, layer := secured(t, 4, figures)
	var left []net.Conn
	for range 20 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		left = append(left, c)
	}
	if _, err := fetch(address); err != nil {
		t.Fatal(err)
	}
	_ = left[0].SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := left[0].Read(make([]byte, 1)); err == nil || os.IsTimeout(err) {
		t.Errorf("the oldest is still waited for: %v", err)
	}
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		families, err := figures.Gather()
		if err == nil && families[0].GetMetric()[0].GetCounter().GetValue() == 17 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("have failed: %v, %v", families, err)
		}
	}
	if n := len(layer.compute); n != 0 {
		t.Errorf("%d hold a place and do nothing", n)
	}
}

func TestAClientWithoutTLSIsToldWhatThePortIsFor(t *testing.T) {
	address, _ := secured(t, 4, nil)
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || r.StatusCode != http.StatusBadRequest {
		t.Fatalf("%v, %v", r, err)
	}
}
