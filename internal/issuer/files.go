package issuer

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"muster"
	"muster/internal/signer"
)

const (
	certificateBlock = "CERTIFICATE"
	sealedBlock      = "MUSTER SEALED KEY" // PKCS #8 under the master key
	socketBlock      = "MUSTER KEY BEHIND SOCKET"
	absentBlock      = "MUSTER KEY ABSENT"

	sealedSuffix    = ".sealed"
	temporarySuffix = ".tmp" // in no backup: it is unfinished of package backup

	maxFileSize = 1 << 20 // of certificates and keys
)

// prepare makes the directory and takes away what a crash left behind.
func prepare(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"+temporarySuffix))
	if err != nil {
		return err
	}
	for _, file := range left {
		if err := os.Remove(file); err != nil {
			return err
		}
	}
	return nil
}

// purpose is what the key of a pair is sealed for.
func purpose(name string) string { return "issuer " + name }

// writePair keeps certificate and key, or where it is, in one file, so that no crash can part them.
func writePair(dir, name string, keys *muster.Keyring, p *pair) error {
	kept := &pem.Block{Type: absentBlock}
	switch key := p.key.(type) {
	case nil:
	case *signer.Client:
		kept = &pem.Block{Type: socketBlock, Bytes: []byte(key.Socket())}
	default:
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return fmt.Errorf("keep the key of %s: %w", name, err)
		}
		kept = &pem.Block{Type: sealedBlock, Bytes: keys.Seal(muster.Secret(der), purpose(name))}
	}
	return writeFile(dir, name+sealedSuffix, append(encodeCertificates(p.chain), pem.EncodeToMemory(kept)...), 0o600)
}

// readPair returns what writePair kept, nil if there is none.
func readPair(dir, name string, keys *muster.Keyring) (*pair, error) {
	file := filepath.Join(dir, name+sealedSuffix)
	text, err := readFile(file, maxFileSize)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var p pair
	var key *pem.Block
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == certificateBlock {
			p.chain = append(p.chain, block.Bytes)
		} else {
			key = block
		}
	}
	if len(p.chain) == 0 || key == nil {
		return nil, muster.Refuse(muster.ReasonCertificateInvalid, "%s is damaged: certificate or key is missing", file)
	}
	if p.leaf, err = x509.ParseCertificate(p.chain[0]); err != nil {
		return nil, muster.Refuse(muster.ReasonCertificateInvalid, "%s is damaged: %v", file, err)
	}
	switch key.Type {
	case socketBlock:
		p.key = signer.New(string(key.Bytes), p.leaf.PublicKey)
	case sealedBlock:
		if p.key, err = openKey(keys, key.Bytes, name); err != nil {
			return nil, muster.Refuse(muster.ReasonMasterKeyWrong, "%s: %v", file, err)
		}
	case absentBlock:
		return &p, nil
	default:
		return nil, muster.Refuse(muster.ReasonCertificateInvalid, "%s holds a %.40q, which is not known here", file, key.Type)
	}
	if !sameKey(p.key.Public(), p.leaf.PublicKey) {
		return nil, muster.Refuse(muster.ReasonCertificateInvalid, "%s is damaged: the key is not the certificate's", file)
	}
	return &p, nil
}

func sameKey(a, b crypto.PublicKey) bool {
	key, ok := a.(interface {
		Equal(other crypto.PublicKey) bool
	})
	return ok && key.Equal(b)
}

func openKey(keys *muster.Keyring, sealed muster.Sealed, name string) (crypto.Signer, error) {
	der, err := keys.Open(sealed, purpose(name))
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey([]byte(der))
	if err != nil {
		return nil, errors.New("the key cannot be read")
	}
	private, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("the key is of an unexpected kind")
	}
	return private, nil
}

// writePublic sees that a file that everybody may read has this content.
func writePublic(dir, name string, content []byte) error {
	if kept, err := readFile(filepath.Join(dir, name), maxFileSize); err == nil && bytes.Equal(kept, content) {
		return nil
	}
	return writeFile(dir, name, content, 0o644)
}

// writeFile replaces a file whole: after a crash it is the old one or the new one, on the disk.
func writeFile(dir, name string, content []byte, mode fs.FileMode) (err error) {
	f, err := os.CreateTemp(dir, name+".*"+temporarySuffix)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // the first error says more
		}
	}()
	if err := writeAndClose(f, content, mode); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), filepath.Join(dir, name)); err != nil {
		return err
	}
	if runtime.GOOS == "windows" {
		return nil // where a directory cannot be synced
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

func writeAndClose(f *os.File, content []byte, mode fs.FileMode) error {
	_, err := f.Write(content)
	return errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
}

// readFile reads a file that is no longer than that.
func readFile(file string, most int64) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(content)) > most {
		err = fmt.Errorf("%s is larger than %d bytes", file, most)
	}
	return content, err
}
