package dispatch

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

func TestAddressesThatFailTooOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFailures(3, 60)
		from, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
		for i := range 3 {
			if f.fail(from, time.Now()) {
				t.Fatalf("failure %d is refused already", i+1)
			}
		}
		if !f.fail(from, time.Now()) || !f.refused(from, time.Now()) {
			t.Fatal("the failure beyond the limit is not refused")
		}
		if f.refused(other, time.Now()) || f.fail(other, time.Now()) {
			t.Error("a neighbour is refused")
		}
		time.Sleep(failureWindow - time.Second)
		if !f.fail(from, time.Now()) {
			t.Error("it is let go before a minute is over")
		}
		time.Sleep(time.Second)
		if f.refused(from, time.Now()) || f.fail(from, time.Now()) {
			t.Error("it is refused for more than a minute, or failing while refused prolongs it")
		}
	})
}

func TestFailuresAMinuteApartAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFailures(3, 60)
		for range 10 {
			if f.fail(netip.MustParseAddr("2001:db8::1"), time.Now()) {
				t.Fatal("refused")
			}
			time.Sleep(failureWindow / 2)
		}
	})
}

func TestAnIPv6NeighbourhoodIsOneAddress(t *testing.T) {
	f, now := newFailures(1, 60), time.Now()
	f.fail(netip.MustParseAddr("2001:db8::1"), now)
	if !f.fail(netip.MustParseAddr("2001:db8::2"), now) {
		t.Error("an address of the same /64 begins anew")
	}
	if f.fail(netip.MustParseAddr("2001:db8:0:1::1"), now) {
		t.Error("an address of another /64 is refused")
	}
	f.fail(netip.MustParseAddr("::ffff:192.0.2.1"), now)
	if !f.refused(netip.MustParseAddr("192.0.2.1"), now) {
		t.Error("an IPv4 address in IPv6 form is another")
	}
}

func TestNoLimitAndBoundedMemory(t *testing.T) {
	none := newFailures(-1, 60)
	for range 1000 {
		if none.fail(netip.MustParseAddr("192.0.2.1"), time.Now()) {
			t.Fatal("refused without a limit")
		}
	}
	f, now := newFailures(1, 60), time.Now()
	for i := range 2 * maxAddresses {
		f.fail(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), now)
	}
	if len(f.seen) > maxAddresses {
		t.Errorf("%d addresses are remembered", len(f.seen))
	}
}
