package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"time"
)

const (
	entries = 100_000 // of the list of revoked certificates
	vouched = 500     // devices for whose certificates the authority vouches
)

// listed measures how many devices connect a second whose certificates an outside authority vouches for and has not revoked,
// as a list of a hundred thousand others says. The anchor does the same handshake and nothing else.
func (p plan) listed(ctx context.Context, h *house) (results []result, err error) {
	if h, err = h.another(ctx, "listed", 0); err != nil {
		return nil, err
	}
	rate := pairOf(fmt.Sprintf("mutual-TLS connects a second, %s revoked", number(entries)), "", 0.8, ratioAtLeast)
	rate.anchor.note = "crypto/tls alone"
	muster, err := h.startMuster(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, muster.stop()) }()
	if err := h.vouch(ctx, muster); err != nil {
		return nil, err
	}
	anchor, address, err := h.startAnchor(ctx, "tls")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, anchor.kill()) }()
	connect := func(s *server, address string) (float64, error) {
		perSecond, _, err := connects(ctx, s, address, h.showing(), p.measure, vouched, 1)
		return perSecond, err
	}
	if _, err := connect(muster, muster.mqtts); err != nil { // which lets the devices in
		return nil, err
	}
	err = p.beside(muster, muster.mqtts, anchor, address, &rate, connect)
	return []result{rate}, err
}

// vouch tells Muster of an outside authority and of what it has revoked, and makes the certificates of devices.
func (h *house) vouch(ctx context.Context, s *server) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := sign(key, "Bench")
	if err != nil {
		return err
	}
	authority, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	list, err := revoke(authority, key)
	if err != nil {
		return err
	}
	for i := range vouched {
		if der, err = vouchFor(authority, key, deviceName(i)); err != nil {
			return err
		}
		h.certificates = append(h.certificates, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key})
	}
	profile := map[string]any{
		"name": "vouched", "strategy": "x509-chain",
		"chain": map[string]any{"ca": encode(authority.Raw), "cnPattern": "^(.*)$", "allowCreate": true},
	}
	if err := h.create(ctx, s, "/v1/profiles", profile); err != nil {
		return err
	}
	return h.create(ctx, s, "/v1/revocation-lists", map[string]any{"name": "bench", "crl": base64.StdEncoding.EncodeToString(list)})
}

// create asks the API for people to make something.
func (h *house) create(ctx context.Context, s *server, path string, what any) error {
	body, err := json.Marshal(what)
	if err != nil {
		return err
	}
	answer, err := h.ask(ctx, s, http.MethodPost, path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	return answer.Close()
}

// revoke returns a list of certificates of nobody.
func revoke(authority *x509.Certificate, key crypto.Signer) ([]byte, error) {
	now := time.Now()
	list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: now.Add(-time.Hour), NextUpdate: now.Add(24 * time.Hour)}
	for i := range entries {
		serial := new(big.Int).Lsh(big.NewInt(int64(i)+1), 65) // beyond those that are given out
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: serial, RevocationTime: now.Add(-time.Hour)})
	}
	return x509.CreateRevocationList(rand.Reader, list, authority, key)
}

// vouchFor returns the certificate of a device, by whose key it is signed.
func vouchFor(authority *x509.Certificate, key crypto.Signer, name string) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, NotBefore: authority.NotBefore, NotAfter: authority.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	return x509.CreateCertificate(rand.Reader, template, authority, key.Public(), key)
}
