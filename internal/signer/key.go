// Package signer reads the private keys of authorities, and signs with keys that another program keeps, behind a socket.
package signer

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"

	"muster"
)

// MaxKey bounds the text of a private key, in bytes.
const MaxKey = 64 << 10

// ReadKey reads a private key of an authority, PEM: PKCS #8, which may be encrypted under a passphrase, SEC 1 or PKCS #1. Other
// blocks beside it are passed over. Refused with ReasonCertificateInvalid.
func ReadKey(text, passphrase muster.Secret) (crypto.Signer, error) {
	if len(text) > MaxKey {
		return nil, unfit("the key is longer than %d bytes", MaxKey)
	}
	for block, rest := pem.Decode([]byte(text)); block != nil; block, rest = pem.Decode(rest) {
		if !strings.HasSuffix(block.Type, "PRIVATE KEY") {
			continue
		}
		key, err := readBlock(block, passphrase)
		if err != nil {
			return nil, err
		}
		return known(key)
	}
	return nil, unfit("there is no private key in PEM")
}

func readBlock(block *pem.Block, passphrase muster.Secret) (key any, err error) {
	der := block.Bytes
	if block.Headers["DEK-Info"] != "" {
		return nil, unfit("the key is encrypted as PEM was long ago: make PKCS #8 of it with openssl pkcs8 -topk8")
	}
	switch block.Type {
	case "ENCRYPTED PRIVATE KEY":
		if der, err = decrypt(der, passphrase); err != nil {
			return nil, err
		}
		if key, err = x509.ParsePKCS8PrivateKey(der); err != nil {
			return nil, unfit("the passphrase is wrong, or the key is damaged")
		}
		return key, nil
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(der)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(der)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(der)
	default:
		return nil, unfit("a %.40q is none of the kinds of keys that are read", block.Type)
	}
	if err != nil {
		return nil, unfit("the key cannot be read")
	}
	return key, nil
}

// known refuses keys that OCSP answers cannot be signed with.
func known(key any) (crypto.Signer, error) {
	switch key := key.(type) {
	case *ecdsa.PrivateKey:
		return key, nil
	case *rsa.PrivateKey:
		return key, nil
	}
	return nil, unfit("an authority's key is of the kind ECDSA or RSA")
}

func unfit(format string, args ...any) error {
	return muster.Refuse(muster.ReasonCertificateInvalid, format, args...)
}
