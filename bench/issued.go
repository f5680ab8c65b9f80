package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"muster"
)

// issued measures what a mutual-TLS connect costs the server when a million certificates have been issued, each time of
// another device. The anchor is a house of six thousand.
func (p plan) issued(ctx context.Context, h *house) ([]result, error) {
	r := pairOf(fmt.Sprintf("server CPU a mutual-TLS connect, %s certificates", number(float64(p.devices))), "µs", 1.1, ratioAtMost)
	r.anchor.note = number(certified)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	large, err := h.issuing(ctx, "issued", p.devices, key)
	if err != nil {
		return nil, err
	}
	small, err := h.issuing(ctx, "issued-few", certified, key)
	if err != nil {
		return nil, err
	}
	for range p.rounds {
		for _, side := range []struct {
			house  *house
			figure *figure
		}{{large, &r.muster}, {small, &r.anchor}} {
			s, err := side.house.startMuster(ctx)
			if err != nil {
				return nil, err
			}
			cpu, err := p.handshaking(ctx, s, side.house.showing())
			if err = errors.Join(err, s.stop()); err != nil {
				return nil, err
			}
			side.figure.add(cpu)
		}
	}
	return []result{r}, nil
}

// handshaking returns what a connect costs the server once it has nothing else to do: at its start it counts what ends soon.
func (p plan) handshaking(ctx context.Context, s *server, secure clients) (float64, error) {
	if err := s.rest(ctx); err != nil {
		return 0, err
	}
	_, cpu, err := connects(ctx, s, s.mqtts, secure, p.measure, certified, 1)
	return cpu, err
}

// issuing returns a house of its own in which so many devices have a certificate that counts as issued. They share a key, and
// of as many as connect, which are spread evenly, the certificates are kept.
func (h *house) issuing(ctx context.Context, name string, devices int, key *ecdsa.PrivateKey) (*house, error) {
	other, err := h.another(ctx, name, 0)
	if err != nil {
		return nil, err
	}
	like, err := newAlike(key)
	if err != nil {
		return nil, err
	}
	err = other.fileAll(ctx, devices, func(keys *muster.Keyring, d *muster.Device, i int) (muster.Credential, error) {
		d.Name = like.name(i)
		der := like.certificate(i)
		return muster.SealIssued(keys, &muster.Certificate{
			Serial: muster.NewSerial(), Device: d.ID, DeviceName: d.Name, Profile: d.Profile, Subject: d.Name, Fingerprint: sha256.Sum256(der), DER: der,
			NotBefore: d.CreatedAt, NotAfter: d.CreatedAt.Add(24 * time.Hour), CreatedAt: d.CreatedAt,
		})
	})
	if err != nil {
		return nil, err
	}
	for i := range certified {
		der := like.certificate(i * (devices / certified))
		other.certificates = append(other.certificates, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key})
	}
	return other, other.settle(ctx)
}

// An alike makes certificates that differ in the name alone. Their signatures are of the first one, which nobody checks where a
// device is known by the certificate itself; a million signatures would take longer than what is measured.
type alike struct{ der []byte }

func newAlike(key *ecdsa.PrivateKey) (*alike, error) {
	der, err := sign(key, (*alike).name(nil, 0))
	return &alike{der}, err
}

func (*alike) name(i int) string { return fmt.Sprintf("issued-%09d", i) }

func (a *alike) certificate(i int) []byte {
	return bytes.ReplaceAll(a.der, []byte(a.name(0)), []byte(a.name(i)))
}
