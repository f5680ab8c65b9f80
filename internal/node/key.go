package node

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"muster"
)

// Where a master key may come from, in this order: the environment, a systemd credential, a file in the data directory.
const (
	keyVariable   = "MUSTER_MASTER_KEY"
	keyCredential = "muster-master-key"
	keyFile       = "master.key"
)

// masterKey returns the keyring of the data directory. Only for a fresh directory is a key made.
func masterKey(dir string, fresh bool) (*muster.Keyring, error) {
	if text := os.Getenv(keyVariable); text != "" {
		return parseKey([]byte(text), keyVariable)
	}
	if credentials := os.Getenv("CREDENTIALS_DIRECTORY"); credentials != "" {
		path := filepath.Join(credentials, keyCredential)
		text, err := os.ReadFile(path)
		if err == nil {
			return parseKey(text, path)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, muster.Refuse(muster.ReasonMasterKeyMissing, "cannot read the master key: %v", err)
		}
	}
	path := filepath.Join(dir, keyFile)
	text, err := os.ReadFile(path)
	switch {
	case err == nil:
		return parseKey(text, path)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, muster.Refuse(muster.ReasonMasterKeyMissing, "cannot read the master key: %v", err)
	case !fresh:
		return nil, muster.Refuse(muster.ReasonMasterKeyMissing, "the master key %s is missing; without it no credential can be opened", path)
	}
	key := make([]byte, muster.MasterKeySize)
	_, _ = rand.Read(key) // never fails since Go 1.24
	text = append(base64.StdEncoding.AppendEncode(nil, key), '\n')
	if err := writeFile(path, text, 0o600); err != nil {
		return nil, err
	}
	return muster.NewKeyring(key)
}

func parseKey(text []byte, source string) (*muster.Keyring, error) {
	key, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil || len(key) != muster.MasterKeySize {
		return nil, muster.Refuse(muster.ReasonMasterKeyWrong, "the master key in %s is not the base64 of %d bytes", source, muster.MasterKeySize)
	}
	return muster.NewKeyring(key)
}
