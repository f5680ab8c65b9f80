package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"time"
)

// clients are how the i-th client introduces itself over TLS; nil means that there is no TLS.
type clients func(i int) *tls.Config

// certified is how many devices have a certificate.
const certified = 6000

// certify lets devices in that have a self-signed certificate. They share a key: what is measured is the servers' work.
func (h *house) certify(ctx context.Context) (err error) {
	if h.certificates != nil {
		return nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	s, err := h.startMuster(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	c, err := call(s.http)
	if err != nil {
		return err
	}
	defer c.conn.Close()
	for i := range certified {
		name := fmt.Sprintf("certified-%d", i)
		der, err := sign(key, name)
		if err != nil {
			return err
		}
		err = h.provision(c, map[string]string{"deviceName": name, "credentialsType": "X509_CERTIFICATE", "hash": encode(der)})
		if err != nil {
			return err
		}
		h.certificates = append(h.certificates, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key})
	}
	return nil
}

// trusting are clients without a certificate.
func (h *house) trusting() clients {
	config := &tls.Config{RootCAs: h.roots, ServerName: "localhost", MinVersion: tls.VersionTLS13}
	return func(int) *tls.Config { return config }
}

// showing are clients that each have a certificate. They do not look at the server's: that is their own work.
func (h *house) showing() clients {
	return func(i int) *tls.Config {
		own := &h.certificates[i%len(h.certificates)]
		return &tls.Config{
			InsecureSkipVerify: true, MinVersion: tls.VersionTLS13,
			GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return own, nil },
		}
	}
}

// selfSigned writes a certificate for localhost of the kind that Muster makes (P-256), and returns it as PEM.
func selfSigned(certFile, keyFile string) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := sign(key, "localhost")
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	cert := []byte(encode(der))
	if err := os.WriteFile(certFile, cert, 0o600); err != nil {
		return nil, err
	}
	return cert, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600)
}

func encode(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// sign returns a certificate that key has signed for itself.
func sign(key crypto.Signer, name string) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name},
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		IsCA:         true, BasicConstraintsValid: true,
	}
	return x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
}
