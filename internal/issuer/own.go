package issuer

import (
	"bytes"
	"crypto/tls"

	"muster"
)

// ownFiles are the operator's certificate chain and key.
type ownFiles struct {
	certFile, keyFile string
	cert, key         []byte // what was loaded last
}

// newOwnFiles returns nil where no file is named.
func newOwnFiles(certFile, keyFile string) *ownFiles {
	if certFile == "" && keyFile == "" {
		return nil
	}
	return &ownFiles{certFile: certFile, keyFile: keyFile}
}

// load returns the certificate if the files have changed since the last load, else nil. The content decides, because a
// copied file may keep its age and its size.
func (f *ownFiles) load() (*tls.Certificate, error) {
	cert, err := readFile(f.certFile, maxFileSize)
	if err != nil {
		return nil, muster.Refuse(muster.ReasonCertificateInvalid, "cannot read the certificate: %v", err)
	}
	key, err := readFile(f.keyFile, maxFileSize)
	if err != nil {
		return nil, muster.Refuse(muster.ReasonCertificateInvalid, "cannot read the private key: %v", err)
	}
	if f.cert != nil && bytes.Equal(cert, f.cert) && bytes.Equal(key, f.key) {
		return nil, nil
	}
	loaded, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, muster.Refuse(muster.ReasonCertificateInvalid, "%s with %s: %v", f.certFile, f.keyFile, err)
	}
	f.cert, f.key = cert, key
	return &loaded, nil
}
