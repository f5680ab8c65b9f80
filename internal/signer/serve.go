package signer

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"net"
	"sync"
	"time"
)

// maxServed is how many exchanges a signer has at once; others wait.
const maxServed = 16

// Serve signs with the key whatever is asked for over connections that l accepts, until ctx is done. Whoever may connect may
// have signed what they like: the socket's mode is the lock.
func Serve(ctx context.Context, l net.Listener, key crypto.Signer) error {
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	var served sync.WaitGroup
	defer served.Wait()
	places := make(chan struct{}, maxServed)
	for {
		conn, err := l.Accept()
		switch {
		case err != nil && ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		places <- struct{}{}
		served.Go(func() {
			defer func() { <-places }()
			defer conn.Close()
			exchange(conn, key)
		})
	}
}

func exchange(conn net.Conn, key crypto.Signer) {
	var r request
	if conn.SetDeadline(time.Now().Add(answerTime)) != nil || readLine(conn, &r) != nil {
		return
	}
	a, err := r.answer(key)
	if err != nil {
		a = answer{Error: err.Error()}
	}
	_ = writeLine(conn, a) // the client is gone; there is nobody to tell
}

func (r *request) answer(key crypto.Signer) (a answer, err error) {
	switch r.Op {
	case "public":
		a.Public, err = x509.MarshalPKIXPublicKey(key.Public())
		return a, err
	case "sign":
		hash, ok := hashes[r.Hash]
		if !ok || len(r.Digest) != hash.Size() {
			return a, errors.New("the hash is not known, or the digest is not of its length")
		}
		if a.Signature, err = key.Sign(rand.Reader, r.Digest, hash); err != nil {
			return a, errors.New("the key does not sign")
		}
		return a, nil
	}
	return a, errors.New("the op is neither public nor sign")
}
