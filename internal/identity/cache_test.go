package identity

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"muster"
)

func (f *fixture) byText(t testing.TB, text string) error {
	t.Helper()
	_, err := f.Authenticate(t.Context(), &muster.Proof{Token: muster.Secret(text)})
	return err
}

func TestWhatIsRemembered(t *testing.T) {
	f := newFixture(t)
	h := f.add(t, "a", accessToken("tok"))
	refused(t, f.byText(t, "tok"), "")
	refused(t, f.byText(t, "tok"), "")
	if n := f.registry.questions(); n != 1 {
		t.Errorf("asked %d times, want once", n)
	}

	f.alter(h, func(h *muster.Holder) { h.Device.State = muster.DeviceSuspended })
	f.now = f.now.Add(29 * time.Second)
	refused(t, f.byText(t, "tok"), "")
	f.now = f.now.Add(time.Second)
	refused(t, f.byText(t, "tok"), muster.ReasonDeviceSuspended) // age alone makes it certain

	f.alter(h, func(h *muster.Holder) { h.Device.State = muster.DeviceActive })
	refused(t, f.byText(t, "tok"), "") // a refusal is never remembered

	f.alter(h, func(h *muster.Holder) { h.Device.State = muster.DeviceSuspended })
	f.Forget(muster.NewID[muster.Device]())
	refused(t, f.byText(t, "tok"), "") // another device was forgotten
	f.Forget(h.Device.ID)
	refused(t, f.byText(t, "tok"), muster.ReasonDeviceSuspended)
}

func TestARememberedCredentialExpiresOnTime(t *testing.T) {
	f := newFixture(t)
	f.add(t, "a", accessToken("tok"), func(h *muster.Holder) { h.Credential.ExpiresAt = f.now.Add(5 * time.Second) })
	refused(t, f.byText(t, "tok"), "")
	f.now = f.now.Add(5 * time.Second)
	refused(t, f.byText(t, "tok"), muster.ReasonCredentialExpired)
}

func TestAnAnswerUnderWayDuringForgetIsNotBelieved(t *testing.T) {
	f := newFixture(t)
	h := f.add(t, "a", accessToken("tok"))
	f.registry.wait = make(chan struct{})
	generation := f.Generation()
	done := make(chan error)
	go func() {
		_, err := f.Authenticate(t.Context(), &muster.Proof{Token: "tok"})
		done <- err
	}()
	for f.registry.questions() == 0 {
		time.Sleep(time.Millisecond)
	}
	f.alter(h, func(h *muster.Holder) { h.Credential.State = muster.CredentialRevoked })
	f.Forget(h.Device.ID)
	close(f.registry.wait)
	refused(t, <-done, "") // it was right when it was asked
	if f.Generation() == generation {
		t.Error("the generation does not tell that something was forgotten meanwhile")
	}
	refused(t, f.byText(t, "tok"), muster.ReasonCredentialRevoked)
}

func TestForgettingManyForgetsAll(t *testing.T) {
	f := newFixture(t)
	h := f.add(t, "a", accessToken("tok"))
	refused(t, f.byText(t, "tok"), "")
	f.alter(h, func(h *muster.Holder) { h.Device.State = muster.DeviceSuspended })
	f.Forget(h.Device.ID)
	for range 2 * maxForgotten {
		f.Forget(muster.NewID[muster.Device]())
	}
	if n := len(f.forgotten.since); n > maxForgotten {
		t.Errorf("%d devices are on the list", n)
	}
	refused(t, f.byText(t, "tok"), muster.ReasonDeviceSuspended)
}

func TestTheCacheNeverGrowsBeyondItsSize(t *testing.T) {
	var f forgotten
	c := newCache(&f, time.Minute, 160)
	now := time.Now()
	count := func() (n int) {
		for i := range c.shards {
			n += len(c.shards[i].entries)
		}
		return n
	}
	for i := range 1000 {
		key, r := muster.LookupKey(sha256.Sum256([]byte{byte(i), byte(i >> 8)})), &record{}
		c.put(key, r, 0, now)
		if c.get(key, now) != r {
			t.Fatalf("%d is not remembered", i)
		}
	}
	if n := count(); n > 160 {
		t.Errorf("%d are remembered", n)
	}
	c.sweep(now.Add(time.Minute))
	if n := count(); n != 0 {
		t.Errorf("%d outlive their age", n)
	}
}

func TestWhatOpensASessionIsNotRemembered(t *testing.T) {
	f := newFixture(t)
	f.add(t, "a", accessToken("tok"))
	for range 2 {
		_, err := f.Authenticate(t.Context(), &muster.Proof{Basic: true, Username: "tok"})
		refused(t, err, "")
	}
	if n := f.registry.questions(); n != 2 {
		t.Errorf("asked %d times, want twice", n)
	}
}

func TestForgetWhileOthersAuthenticate(t *testing.T) {
	f := newFixture(t)
	const devices = 8
	var holders [devices]muster.Holder
	for i := range holders {
		holders[i] = f.add(t, fmt.Sprint(i), accessToken(fmt.Sprint("tok-", i)))
	}
	var all sync.WaitGroup
	for i := range holders {
		all.Go(func() {
			for range 500 {
				if _, err := f.Authenticate(t.Context(), &muster.Proof{Token: muster.Secret(fmt.Sprint("tok-", i))}); err != nil {
					t.Error(err)
				}
			}
		})
		all.Go(func() {
			for range 500 {
				f.Forget(holders[i].Device.ID)
			}
		})
	}
	all.Wait()
	for _, h := range holders {
		f.alter(h, func(h *muster.Holder) { h.Device.State = muster.DeviceSuspended })
		f.Forget(h.Device.ID)
	}
	for i := range holders {
		refused(t, f.byText(t, fmt.Sprint("tok-", i)), muster.ReasonDeviceSuspended)
	}
}

func TestUses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.Service.now = time.Now
		h := f.add(t, "a", accessToken("tok"))
		used := func() time.Time {
			synctest.Wait()
			return f.registry.usedAt(h.Credential.ID)
		}
		done := make(chan struct{})
		ctx, stop := context.WithCancel(t.Context())
		go func() { f.Run(ctx); close(done) }()

		first := time.Now()
		refused(t, f.byText(t, "tok"), "")
		time.Sleep(firstUse)
		if !used().Equal(first) {
			t.Error("the first use is not written soon")
		}
		time.Sleep(59 * time.Minute)
		refused(t, f.byText(t, "tok"), "")
		if !used().Equal(first) {
			t.Error("a use within the hour is written")
		}
		time.Sleep(time.Minute)
		second := time.Now()
		refused(t, f.byText(t, "tok"), "")
		time.Sleep(maxAge)
		if !used().Equal(second) {
			t.Error("a use after the hour is not written")
		}
		stop()
		<-done
	})
}

func TestWhatASuccessorReplacesIsForgotten(t *testing.T) {
	f := newFixture(t)
	old := f.add(t, "a", accessToken("old"))
	refused(t, f.byText(t, "old"), "")
	f.alter(old, func(h *muster.Holder) { h.Credential.State = muster.CredentialRevoked })
	f.registry.succeed = muster.Succession{Device: old.Device.ID, Credential: old.Credential.ID}
	refused(t, f.byText(t, "old"), "") // it is remembered
	var told []muster.Succession
	f.replaced = func(was muster.Succession) { told = append(told, was) }
	if err := f.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	refused(t, f.byText(t, "old"), muster.ReasonCredentialRevoked)
	if len(told) != 1 || told[0] != f.registry.succeed {
		t.Errorf("told of %v", told)
	}
}

func TestAUseThatCannotBeWrittenIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.Service.now = time.Now
		h := f.add(t, "a", accessToken("tok"))
		refused(t, f.byText(t, "tok"), "")
		f.registry.fail(errors.New("disk full"))
		done := make(chan struct{})
		ctx, stop := context.WithCancel(t.Context())
		go func() { f.Run(ctx); close(done) }()
		time.Sleep(firstUse + retryUses/2)
		f.registry.fail(nil)
		time.Sleep(2 * (firstUse + retryUses))
		if f.registry.usedAt(h.Credential.ID).IsZero() {
			t.Error("the use is lost")
		}
		stop()
		<-done
		f.add(t, "b", accessToken("tok-b"))
		refused(t, f.byText(t, "tok-b"), "")
		if err := f.Close(t.Context()); err != nil || len(f.registry.used) != 2 { // Run has returned
			t.Errorf("Close: %v, %d uses written", err, len(f.registry.used))
		}
	})
}

func BenchmarkTokenFromMemory(b *testing.B) {
	f := newFixture(b)
	f.add(b, "a", accessToken("A1B2C3D4E5F6G7H8I9J0"))
	f.Service.now = time.Now
	p := &muster.Proof{Token: "A1B2C3D4E5F6G7H8I9J0"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Authenticate(b.Context(), p); err != nil {
			b.Fatal(err)
		}
	}
}
