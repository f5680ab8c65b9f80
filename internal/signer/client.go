package signer

import (
	"bufio"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"time"

	"muster"
)

const (
	// answerTime is how long an exchange may take.
	answerTime = 5 * time.Second

	// maxLine bounds a request and an answer, in bytes.
	maxLine = 16 << 10
)

// A request is what is asked for: the public key, or a signature over a digest.
type request struct {
	Op     string `json:"op"` // public or sign
	Hash   string `json:"hash,omitempty"`
	Digest []byte `json:"digest,omitempty"`
}

// An answer has what was asked for, or says why not.
type answer struct {
	Public    []byte `json:"public,omitempty"` // SubjectPublicKeyInfo, DER
	Signature []byte `json:"signature,omitempty"`
	Error     string `json:"error,omitempty"`
}

// hashes are what is signed, by their names.
var hashes = map[string]crypto.Hash{"SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512}

// A Client signs with the key behind a socket. Each signature is an exchange of its own, so that a signer may come and go. It
// is safe for concurrent use.
type Client struct {
	socket string
	public crypto.PublicKey
}

// New returns the signer of a public key, which needs not be there yet.
func New(socket string, public crypto.PublicKey) *Client { return &Client{socket, public} }

// Dial asks the signer at a socket, an absolute path, for its public key. Refused with ReasonSignerUnreachable.
func Dial(socket string) (*Client, error) {
	if !filepath.IsAbs(socket) || len(socket) > 100 { // sockaddr_un has little room
		return nil, unfit("the socket is to be an absolute path of at most 100 bytes")
	}
	c := &Client{socket: socket}
	a, err := c.ask(request{Op: "public"})
	if err != nil {
		return nil, err
	}
	if c.public, err = x509.ParsePKIXPublicKey(a.Public); err != nil {
		return nil, away("its public key cannot be read")
	}
	switch c.public.(type) {
	case *ecdsa.PublicKey, *rsa.PublicKey:
		return c, nil
	}
	return nil, unfit("an authority's key is of the kind ECDSA or RSA")
}

// Socket returns where the signer is.
func (c *Client) Socket() string { return c.socket }

// Public returns the public key.
func (c *Client) Public() crypto.PublicKey { return c.public }

// Sign has a digest signed. A signature that is not by the key is refused as none: another signer may have come to the socket.
// Refused with ReasonSignerUnreachable.
func (c *Client) Sign(_ io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	if _, pss := o.(*rsa.PSSOptions); pss {
		return nil, away("it signs by PKCS #1 v1.5 and ECDSA alone")
	}
	a, err := c.ask(request{Op: "sign", Hash: o.HashFunc().String(), Digest: digest})
	if err != nil {
		return nil, err
	}
	if !c.signed(digest, o.HashFunc(), a.Signature) {
		return nil, away("what it answers is no signature by the authority's key")
	}
	return a.Signature, nil
}

func (c *Client) signed(digest []byte, by crypto.Hash, signature []byte) bool {
	switch key := c.public.(type) {
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(key, digest, signature)
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(key, by, digest, signature) == nil
	}
	return false
}

// ask sends one line and reads one.
func (c *Client) ask(r request) (a answer, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "unix", c.socket)
	if err != nil {
		return a, away("there is nobody at its socket")
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	if err := errors.Join(conn.SetDeadline(deadline), writeLine(conn, r)); err != nil {
		return a, away("it does not listen")
	}
	if err := readLine(conn, &a); err != nil {
		return a, away("it gives no answer that can be read")
	}
	if a.Error != "" {
		return a, away("it says %.200q", a.Error)
	}
	return a, nil
}

func away(format string, args ...any) error {
	return muster.Refuse(muster.ReasonSignerUnreachable, "the signer cannot be used: "+format, args...)
}

func writeLine(w io.Writer, v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(line, '\n'))
	return err
}

func readLine(r io.Reader, v any) error {
	line, err := bufio.NewReaderSize(r, maxLine).ReadSlice('\n')
	if err != nil {
		return fmt.Errorf("read a line: %w", err)
	}
	return json.Unmarshal(line, v)
}
