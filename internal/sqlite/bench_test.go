package sqlite

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"muster"
)

func openBench(b *testing.B) (*Registry, muster.Profile, muster.ProvisionKey) {
	b.Helper()
	r, err := Open(b.Context(), filepath.Join(b.TempDir(), "registry.db"), Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = r.Close() })
	now := time.Now()
	p := muster.Profile{ID: muster.NewID[muster.Profile](), Name: "default", Strategy: muster.StrategyAllowCreate, CreatedAt: now}
	k := muster.ProvisionKey{ID: muster.NewID[muster.ProvisionKey](), Profile: p.ID, Key: "key", Secret: []byte("sealed"), CreatedAt: now}
	if err := r.CreateProfile(b.Context(), p, k); err != nil {
		b.Fatal(err)
	}
	return r, p, k
}

func admission(keys *muster.Keyring, p muster.Profile, k muster.ProvisionKey, n int64, now time.Time) (muster.Admission, error) {
	d := muster.Device{
		ID: muster.NewID[muster.Device](), Profile: p.ID, Name: fmt.Sprintf("device-%d", n), State: muster.DeviceActive,
		CreatedAt: now, ProvisionedAt: now, ProvisionedWith: k.ID,
	}
	e := muster.Evidence{Kind: muster.AccessToken, Token: muster.Secret(muster.RandomText(muster.TokenLength))}
	c, err := e.Seal(keys, d.ID, now)
	state := muster.Attribute{Key: muster.ProvisionState, Value: muster.StringValue(muster.Provisioned), UpdatedAt: now}
	return muster.Admission{Device: d, Credential: c, Attributes: []muster.Attribute{state}}, err
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkAdmit(b *testing.B) {
	r, p, k := openBench(b)
	keys, err := muster.NewKeyring(make([]byte, muster.MasterKeySize))
	if err != nil {
		b.Fatal(err)
	}
	var n atomic.Int64
	now := time.Now()
	b.SetParallelism(32)
	b.ReportAllocs()
	b.ResetTimer()
	cpu := cpuTime()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			a, err := admission(keys, p, k, n.Add(1), now)
			if err == nil {
				err = r.Admit(context.Background(), a)
			}
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64((cpuTime()-cpu).Microseconds())/float64(b.N), "cpu-µs/op")
}

func BenchmarkHolder(b *testing.B) {
	r, p, k := openBench(b)
	keys, err := muster.NewKeyring(make([]byte, muster.MasterKeySize))
	if err != nil {
		b.Fatal(err)
	}
	var lookups []muster.LookupKey
	for n := range int64(1000) {
		a, err := admission(keys, p, k, n, time.Now())
		if err != nil {
			b.Fatal(err)
		}
		if err := r.Admit(b.Context(), a); err != nil {
			b.Fatal(err)
		}
		lookups = append(lookups, a.Credential.Lookup)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if _, err := r.Holder(b.Context(), lookups[i%len(lookups)]); err != nil {
			b.Fatal(err)
		}
	}
}
