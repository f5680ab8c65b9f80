package muster

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"sync"
)

// MasterKeySize is the length of a master key in bytes.
const MasterKeySize = 32

// Sealed is a secret as it is kept: AES-256-GCM under a key that is not in the database.
type Sealed []byte

// A LookupKey is the keyed digest (HMAC-SHA-256) that a credential is filed under. It is unique and reveals nothing.
type LookupKey [sha256.Size]byte

// A Keyring seals secrets and digests what they are found by. It holds keys derived from the master key (HKDF-SHA-256)
// and is safe for concurrent use.
type Keyring struct {
	aead  cipher.AEAD
	check []byte
	macs  sync.Pool // of *mac under the key for lookups: making one costs three times what using it does
}

// A mac is a keyed digest with the room that it works in.
type mac struct {
	hash.Hash
	text []byte
	sum  []byte
}

// NewKeyring derives a keyring from a master key of MasterKeySize bytes.
func NewKeyring(master []byte) (*Keyring, error) {
	if len(master) != MasterKeySize {
		return nil, fmt.Errorf("the master key has %d bytes, not %d", len(master), MasterKeySize)
	}
	derive := func(purpose string) ([]byte, error) { return hkdf.Key(sha256.New, master, nil, purpose, 32) }
	seal, err := derive("muster seal v1")
	if err != nil {
		return nil, err
	}
	index, err := derive("muster index v1")
	if err != nil {
		return nil, err
	}
	check, err := derive("muster check v1")
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(seal)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	newMAC := func() any { return &mac{Hash: hmac.New(sha256.New, index), sum: make([]byte, 0, sha256.Size)} }
	return &Keyring{aead: aead, check: check, macs: sync.Pool{New: newMAC}}, nil
}

// Fingerprint identifies the master key without revealing it; a database remembers it, so that a wrong key is noticed at
// start and not at the first device.
func (k *Keyring) Fingerprint() string {
	sum := sha256.Sum256(k.check)
	return hex.EncodeToString(sum[:16])
}

// Seal encrypts s. What it was sealed for must be named again to open it, so that sealed values cannot be swapped
// between rows.
func (k *Keyring) Seal(s Secret, purpose string) Sealed {
	nonce := make([]byte, k.aead.NonceSize(), k.aead.NonceSize()+len(s)+k.aead.Overhead())
	_, _ = rand.Read(nonce) // never fails since Go 1.24
	return k.aead.Seal(nonce, nonce, []byte(s), []byte(purpose))
}

var errSealed = errors.New("a sealed secret does not open: wrong master key or damaged data")

// Open decrypts what Seal made for the same purpose.
func (k *Keyring) Open(sealed Sealed, purpose string) (Secret, error) {
	n := k.aead.NonceSize()
	if len(sealed) < n {
		return "", errSealed
	}
	plain, err := k.aead.Open(nil, sealed[:n], sealed[n:], []byte(purpose))
	if err != nil {
		return "", errSealed
	}
	return Secret(plain), nil
}

// Digest returns the key that text is filed under among the things of one sort.
func (k *Keyring) Digest(sort, text string) LookupKey {
	m := k.macs.Get().(*mac)
	m.Reset()
	m.text = append(append(append(m.text[:0], sort...), 0), text...)
	m.Write(m.text)
	m.sum = m.Sum(m.sum[:0])
	key := LookupKey(m.sum)
	clear(m.text) // it may have been a secret
	if cap(m.text) <= maxMACText {
		k.macs.Put(m)
	}
	return key
}

// maxMACText bounds the room that a mac keeps, in bytes.
const maxMACText = 1 << 10
