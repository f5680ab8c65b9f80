package sqlite

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"muster"
)

// sealedAdmission is an admission as it comes from a device: with a token that is sealed and digested.
func sealedAdmission(b *testing.B, keys *muster.Keyring, k muster.ProvisionKey, n int64) muster.Admission {
	a := admission(k, fmt.Sprintf("device-%d", n))
	e := muster.Evidence{Kind: muster.AccessToken, Token: muster.Secret(muster.RandomText(muster.TokenLength))}
	c, err := e.Seal(keys, a.Device.ID, a.Device.CreatedAt)
	if err != nil {
		b.Error(err)
	}
	a.Credential = c
	return a
}

func newKeyring(b *testing.B) *muster.Keyring {
	b.Helper()
	keys, err := muster.NewKeyring(make([]byte, muster.MasterKeySize))
	if err != nil {
		b.Fatal(err)
	}
	return keys
}

// cpuTime is what the process has used so far.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkAdmit lets devices in from 64 goroutines.
func BenchmarkAdmit(b *testing.B) {
	r, _, k, _ := furnished(b)
	keys := newKeyring(b)
	var n atomic.Int64
	b.SetParallelism(max(1, 64/runtime.GOMAXPROCS(0)))
	b.ReportAllocs()
	b.ResetTimer()
	before := cpuTime()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := r.Admit(context.Background(), sealedAdmission(b, keys, k, n.Add(1))); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64((cpuTime()-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
}

// admitted returns the lookup keys of a thousand devices that were let in.
func admitted(b *testing.B, r *Registry, k muster.ProvisionKey) []muster.LookupKey {
	b.Helper()
	keys := make([]muster.LookupKey, 1000)
	var devices sync.WaitGroup
	for i := range keys {
		devices.Go(func() {
			a := admission(k, fmt.Sprintf("device-%d", i))
			keys[i] = a.Credential.Lookup
			if err := r.Admit(context.Background(), a); err != nil {
				b.Error(err)
			}
		})
	}
	devices.Wait()
	return keys
}

// BenchmarkHolder recognises one of a thousand devices.
func BenchmarkHolder(b *testing.B) {
	r, _, k, _ := furnished(b)
	keys := admitted(b, r, k)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := r.Holder(context.Background(), keys[i%len(keys)]); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkProvisionKey finds the key that a request names.
func BenchmarkProvisionKey(b *testing.B) {
	r, _, k, _ := furnished(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := r.ProvisionKey(context.Background(), k.Key); err != nil {
			b.Fatal(err)
		}
	}
}
