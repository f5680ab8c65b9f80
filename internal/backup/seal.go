package backup

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"

	"golang.org/x/crypto/argon2"

	"muster"
)

// What it costs to try a passphrase: a second or so, and 64 MB.
const (
	kdfPasses = 4
	kdfMemory = 64 << 10 // kB
	saltSize  = 16
	keySize   = 32
)

// MinPassphrase is how many bytes a passphrase has at least.
const MinPassphrase = 12

// sealedKeys are Keys under a passphrase: AES-256-GCM with a key by argon2id.
type sealedKeys struct {
	KDF    string `json:"kdf"`
	Passes uint32 `json:"passes"`
	Memory uint32 `json:"memory"` // kB
	Salt   []byte `json:"salt"`
	Nonce  []byte `json:"nonce"`
	Box    []byte `json:"box"`
}

const kdfName = "argon2id"

// plainKeys is what is in the box.
type plainKeys struct {
	MasterKey string `json:"masterKey"`
	APIToken  string `json:"apiToken,omitempty"`
}

func seal(keys Keys, passphrase muster.Secret) (*sealedKeys, error) {
	if len(passphrase) < MinPassphrase {
		return nil, muster.Refuse(muster.ReasonRequestInvalid, "a passphrase has at least %d characters", MinPassphrase)
	}
	s := &sealedKeys{KDF: kdfName, Passes: kdfPasses, Memory: kdfMemory, Salt: make([]byte, saltSize)}
	_, _ = rand.Read(s.Salt) // never fails since Go 1.24
	box, err := s.cipher(passphrase)
	if err != nil {
		return nil, err
	}
	s.Nonce = make([]byte, box.NonceSize())
	_, _ = rand.Read(s.Nonce)
	text, err := json.Marshal(plainKeys{keys.MasterKey.Reveal(), keys.APIToken.Reveal()})
	if err != nil {
		return nil, err
	}
	s.Box = box.Seal(nil, s.Nonce, text, []byte(keysEntry))
	return s, nil
}

// open refuses a passphrase that is not the one that the keys were sealed with.
func (s *sealedKeys) open(passphrase muster.Secret) (Keys, error) {
	if s.KDF != kdfName || s.Passes < 1 || s.Passes > 16 || s.Memory > 1<<20 || s.Memory < 8 || len(s.Salt) < saltSize {
		return Keys{}, damaged("its keys are sealed in a way that this version does not know")
	}
	box, err := s.cipher(passphrase)
	if err != nil {
		return Keys{}, err
	}
	wrong := muster.Refuse(muster.ReasonMasterKeyWrong, "the passphrase is wrong, or the keys in the backup are damaged")
	if len(s.Nonce) != box.NonceSize() {
		return Keys{}, wrong
	}
	text, err := box.Open(nil, s.Nonce, s.Box, []byte(keysEntry))
	if err != nil {
		return Keys{}, wrong
	}
	var p plainKeys
	if json.Unmarshal(text, &p) != nil {
		return Keys{}, wrong
	}
	return Keys{MasterKey: muster.Secret(p.MasterKey), APIToken: muster.Secret(p.APIToken)}, nil
}

func (s *sealedKeys) cipher(passphrase muster.Secret) (cipher.AEAD, error) {
	block, err := aes.NewCipher(argon2.IDKey([]byte(passphrase.Reveal()), s.Salt, s.Passes, s.Memory, 1, keySize))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
