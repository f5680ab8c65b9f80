package muster_test

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"strings"
	"sync"
	"testing"

	"muster"
)

// What is filed in a registry is found again only if a digest never changes.
func TestADigestIsHMACOverSortAndText(t *testing.T) {
	keys := keyring(t)
	index, err := hkdf.Key(sha256.New, bytes.Repeat([]byte{7}, muster.MasterKeySize), nil, "muster index v1", 32)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for _, text := range []string{"", "A1B2C3", strings.Repeat("long", 5000), "A1B2C3"} {
		all.Go(func() {
			for range 100 {
				mac := hmac.New(sha256.New, index)
				mac.Write([]byte("credential\x00" + text))
				if got := keys.Digest("credential", text); !bytes.Equal(got[:], mac.Sum(nil)) {
					t.Errorf("the digest of %.10q is %x", text, got)
				}
			}
		})
	}
	all.Wait()
}

func BenchmarkDigest(b *testing.B) {
	keys := keyring(b)
	b.ReportAllocs()
	for b.Loop() {
		keys.Digest("credential", "A1B2C3D4E5F6G7H8I9J0")
	}
}
