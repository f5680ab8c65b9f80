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
	text, source, err := findKey(dir)
	switch {
	case err != nil:
		return nil, err
	case text != nil && source == filepath.Join(dir, keyFile):
		if err := refuseExposed(source, 0o007); err != nil {
			return nil, err
		}
		return parseKey(text, source)
	case text != nil:
		return parseKey(text, source)
	case !fresh:
		return nil, muster.Refuse(muster.ReasonMasterKeyMissing, "the master key %s is missing; without it no credential can be opened", source)
	}
	key := make([]byte, muster.MasterKeySize)
	_, _ = rand.Read(key) // never fails since Go 1.24
	text = append(base64.StdEncoding.AppendEncode(nil, key), '\n')
	if err := writeFile(source, text, 0o600); err != nil {
		return nil, err
	}
	return muster.NewKeyring(key)
}

// findKey returns the text of the master key and where it stands; nil text: it stands nowhere, and source is where it is made.
func findKey(dir string) (text []byte, source string, err error) {
	if text := os.Getenv(keyVariable); text != "" {
		return []byte(text), keyVariable, nil
	}
	places := []string{filepath.Join(dir, keyFile)}
	if credentials := os.Getenv("CREDENTIALS_DIRECTORY"); credentials != "" {
		places = append([]string{filepath.Join(credentials, keyCredential)}, places...)
	}
	for _, path := range places {
		text, err := os.ReadFile(path)
		switch {
		case err == nil:
			return text, path, nil
		case !errors.Is(err, fs.ErrNotExist):
			return nil, path, muster.Refuse(muster.ReasonMasterKeyMissing, "cannot read the master key: %v", err)
		}
	}
	return nil, places[len(places)-1], nil
}

func parseKey(text []byte, source string) (*muster.Keyring, error) {
	key, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil || len(key) != muster.MasterKeySize {
		return nil, muster.Refuse(muster.ReasonMasterKeyWrong, "the master key in %s is not the base64 of %d bytes", source, muster.MasterKeySize)
	}
	return muster.NewKeyring(key)
}
