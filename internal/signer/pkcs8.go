package signer

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509/pkix"
	"encoding/asn1"
	"hash"

	"muster"
)

// maxRounds bounds what an encrypted key may cost to open: about a second.
const maxRounds = 3_000_000

// The object identifiers of PBES2 (RFC 8018, A) that are known here.
var (
	oidPBES2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}

	digests = []struct {
		id  asn1.ObjectIdentifier
		new func() hash.Hash
	}{
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 7}, sha1.New}, // the default
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}, sha256.New},
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 10}, sha512.New384},
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 11}, sha512.New},
	}
	ciphers = []struct {
		id  asn1.ObjectIdentifier
		key int // bytes
	}{
		{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 2}, 16},
		{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 22}, 24},
		{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}, 32},
	}
)

// An encryptedKey is EncryptedPrivateKeyInfo (RFC 5958, 3).
type encryptedKey struct {
	Algorithm pkix.AlgorithmIdentifier
	Data      []byte
}

type pbes2 struct {
	Derivation, Encryption pkix.AlgorithmIdentifier
}

type pbkdf2Params struct {
	Salt   []byte
	Rounds int
	Length int                      `asn1:"optional"`
	Digest pkix.AlgorithmIdentifier `asn1:"optional"`
}

// decrypt opens an encrypted PKCS #8 key. What it returns under a wrong passphrase is hardly ever a key.
func decrypt(der []byte, passphrase muster.Secret) ([]byte, error) {
	if passphrase == "" {
		return nil, unfit("the key is encrypted: its passphrase is wanted")
	}
	var e encryptedKey
	var scheme pbes2
	if !whole(der, &e) || !e.Algorithm.Algorithm.Equal(oidPBES2) || !whole(e.Algorithm.Parameters.FullBytes, &scheme) {
		return nil, unfit("the key is not encrypted by PBES2: make PKCS #8 of it with openssl pkcs8 -topk8 -v2 aes-256-cbc")
	}
	block, iv, err := scheme.cipher(passphrase)
	if err != nil {
		return nil, err
	}
	if len(iv) != aes.BlockSize || len(e.Data) == 0 || len(e.Data)%aes.BlockSize != 0 {
		return nil, unfit("the encrypted key is damaged")
	}
	plain := make([]byte, len(e.Data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, e.Data)
	pad := int(plain[len(plain)-1])
	if pad == 0 || pad > aes.BlockSize {
		return nil, unfit("the passphrase is wrong, or the key is damaged")
	}
	return plain[:len(plain)-pad], nil
}

// cipher derives the key from the passphrase.
func (s *pbes2) cipher(passphrase muster.Secret) (cipher.Block, []byte, error) {
	var p pbkdf2Params
	if !s.Derivation.Algorithm.Equal(oidPBKDF2) || !whole(s.Derivation.Parameters.FullBytes, &p) {
		return nil, nil, unfit("the key is encrypted under a key that is not derived by PBKDF2")
	}
	if p.Rounds < 1 || p.Rounds > maxRounds {
		return nil, nil, unfit("the key asks for %d rounds of PBKDF2; at most %d", p.Rounds, maxRounds)
	}
	digest := digests[0].new
	if len(p.Digest.Algorithm) > 0 {
		digest = nil
		for _, d := range digests {
			if d.id.Equal(p.Digest.Algorithm) {
				digest = d.new
			}
		}
	}
	if digest == nil {
		return nil, nil, unfit("the key is encrypted with a digest that is not known here")
	}
	for _, c := range ciphers {
		if !c.id.Equal(s.Encryption.Algorithm) {
			continue
		}
		var iv []byte
		if !whole(s.Encryption.Parameters.FullBytes, &iv) {
			return nil, nil, unfit("the encrypted key is damaged")
		}
		key, err := pbkdf2.Key(digest, passphrase.Reveal(), p.Salt, p.Rounds, c.key)
		if err != nil {
			return nil, nil, unfit("the key cannot be derived from the passphrase")
		}
		block, err := aes.NewCipher(key)
		return block, iv, err
	}
	return nil, nil, unfit("the key is not encrypted by AES-CBC")
}

// whole reads DER, and nothing behind it.
func whole(der []byte, to any) bool {
	rest, err := asn1.Unmarshal(der, to)
	return err == nil && len(rest) == 0
}
