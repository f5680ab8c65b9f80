package live_test

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"muster"
	"muster/internal/live"
)

// listen begins to listen, which must not be refused.
func listen(t *testing.T, f *live.Feed, wanted live.Filter, after ...live.ID) *live.Listener {
	t.Helper()
	var from *live.ID
	if len(after) > 0 {
		from = &after[0]
	}
	l, err := f.Listen("somebody", wanted, from)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// taken is what a listener takes until there is no more, in short, and until where that is all.
func taken(t *testing.T, l *live.Listener) (told []string, at live.ID) {
	t.Helper()
	for {
		select {
		case <-l.News():
		default:
			return told, at
		}
		var events []live.Event
		var err error
		if events, at, err = l.Take(); err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			told = append(told, short(e.What))
		}
	}
}

func short(what live.Happening) string {
	switch what := what.(type) {
	case live.Reported:
		var b strings.Builder
		fmt.Fprintf(&b, "%s@%d", what.Name, what.TS)
		for key, value := range what.Values.All() {
			fmt.Fprintf(&b, " %s=%s", key, value.AppendJSON(nil))
		}
		return b.String()
	case live.Attempted:
		return "attempt " + what.Name
	case live.Opened:
		return "in " + what.Name
	case live.Ended:
		return "out " + what.Name + string(muster.ReasonOf(what.Why))
	case live.Progressed:
		return fmt.Sprint("rows ", what.Progress.Rows)
	case live.Passed:
		return fmt.Sprint(what.Samples, " of ", what.Total, " by ", what.Sessions)
	case live.Lost:
		return fmt.Sprint("lost ", what.Kind, " ", what.AtMost)
	}
	return "?"
}

func want(t *testing.T, l *live.Listener, all ...string) live.ID {
	t.Helper()
	got, at := taken(t, l)
	if !slices.Equal(got, all) {
		t.Errorf("told %q, want %q", got, all)
	}
	return at
}

func attempts(names ...string) (all []muster.Attempt) {
	for _, name := range names {
		all = append(all, muster.Attempt{Name: name, Reason: muster.ReasonTokenUnknown, Remote: netip.MustParseAddr("10.1.2.3")})
	}
	return all
}

func batch(device muster.DeviceID, ts int64) *muster.Batch {
	b := new(muster.Batch)
	b.Add(device, 0, muster.Sample{TS: ts, Values: muster.Values{}.Add("t", muster.LongValue(ts))})
	return b
}

var everything = live.Filter{Kinds: []live.Kind{live.Attempts, live.Sessions, live.Imports}}

func TestWhatIsWantedIsToldInItsOrder(t *testing.T) {
	f, device := live.New(live.Options{}), muster.NewID[muster.Device]()
	f.Filed(attempts("before anybody listens"))
	all := listen(t, f, everything)
	some := listen(t, f, live.Filter{Kinds: []live.Kind{live.Attempts, live.Sessions}, Device: device, Name: "pump"})
	refused := listen(t, f, live.Filter{Kinds: []live.Kind{live.Attempts}, Reason: muster.ReasonPasswordWrong})
	near := listen(t, f, live.Filter{Kinds: []live.Kind{live.Attempts}, Remote: netip.MustParsePrefix("10.1.0.0/16")})
	far := listen(t, f, live.Filter{Kinds: []live.Kind{live.Attempts}, Remote: netip.MustParsePrefix("10.2.0.0/16")})
	f.Opened(muster.Session{Device: device, Name: "pump"})
	f.Filed(attempts("pump", "fan"))
	f.Progressed(muster.Import{Progress: muster.ImportProgress{Rows: 5}})
	f.Ended(muster.Session{Device: device, Name: "pump"}, muster.ReasonTakenOver)
	want(t, all, "in pump", "attempt pump", "attempt fan", "rows 5", "out pumptaken-over")
	want(t, some, "in pump", "attempt pump", "out pumptaken-over")
	want(t, refused)
	want(t, near, "attempt pump", "attempt fan")
	want(t, far)
}

func TestWhoComesBackIsToldWhatCameBetween(t *testing.T) {
	f := live.New(live.Options{Keep: 3})
	f.Filed(attempts("1"))
	l := listen(t, f, everything)
	at := want(t, l)
	f.Filed(attempts("2", "3"))
	f.Opened(muster.Session{Name: "pump"})
	want(t, listen(t, f, everything, at), "attempt 2", "attempt 3", "in pump")
	f.Filed(attempts("4", "5"))
	want(t, listen(t, f, everything, at), "lost attempts 1", "attempt 3", "in pump", "attempt 4", "attempt 5")
	want(t, l, "lost attempts 1", "attempt 3", "in pump", "attempt 4", "attempt 5")
	want(t, listen(t, f, everything, live.ID{}), "lost attempts 2", "attempt 3", "in pump", "attempt 4", "attempt 5")
}

// An ID of another run of the server, or of one that was restored, says nothing about this one.
func TestWhoComesBackToAnotherRunIsToldThatNobodyKnows(t *testing.T) {
	var old live.ID
	synctest.Test(t, func(t *testing.T) {
		f := live.New(live.Options{})
		old = want(t, listen(t, f, everything))
		time.Sleep(time.Second)
		f = live.New(live.Options{})
		f.Filed(attempts("1"))
		want(t, listen(t, f, everything, old), "lost attempts 0", "lost sessions 0", "lost imports 0", "attempt 1")
	})
}

func TestASlowListenerIsToldHowMuchItMissed(t *testing.T) {
	f := live.New(live.Options{Keep: 10})
	l := listen(t, f, live.Filter{Kinds: []live.Kind{live.Attempts}})
	want(t, l)
	for i := range 1000 {
		f.Filed(attempts(fmt.Sprint(i)))
	}
	got, _ := taken(t, l)
	if len(got) != 11 || got[0] != "lost attempts 990" || got[10] != "attempt 999" {
		t.Errorf("told %q", got)
	}
}

func TestWhatIsKeptIsBoundedInBytes(t *testing.T) {
	f := live.New(live.Options{KeepBytes: 64 << 10})
	l := listen(t, f, everything)
	for range 100 {
		f.Filed([]muster.Attempt{{Name: strings.Repeat("x", 4<<10)}})
	}
	got, _ := taken(t, l)
	if n := len(got) - 1; n < 10 || n > 16 || !strings.HasPrefix(got[0], "lost attempts ") {
		t.Errorf("%d events of 4 kB are kept in 64 kB, and first %.20q", n, got[0])
	}
}

func TestReadingsAreKeptOfDevicesThatSomebodyListensTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := live.New(live.Options{})
		pump, fan := muster.NewID[muster.Device](), muster.NewID[muster.Device]()
		of := live.Filter{Kinds: []live.Kind{live.Telemetry}, Device: pump, Name: "pump"}
		f.Stored(batch(pump, 1))
		l := listen(t, f, of)
		f.Stored(batch(fan, 2))
		f.Stored(batch(pump, 3))
		at := want(t, l, "pump@3 t=3")
		l.Close()
		l.Close()

		time.Sleep(live.DefaultLinger - time.Second)
		f.Stored(batch(pump, 4)) // who comes back soon misses nothing
		again := listen(t, f, of, at)
		time.Sleep(live.DefaultLinger)
		f.Stored(batch(pump, 5))
		want(t, again, "pump@4 t=4", "pump@5 t=5")
		again.Close()

		time.Sleep(live.DefaultLinger + time.Second)
		synctest.Wait()
		f.Stored(batch(pump, 6)) // nobody may come back any more
		late := listen(t, f, of, at)
		f.Stored(batch(pump, 7))
		want(t, late, "lost telemetry 0", "pump@4 t=4", "pump@5 t=5", "pump@7 t=7")
		if _, err := f.Listen("x", live.Filter{Kinds: []live.Kind{live.Telemetry}}, nil); !errors.Is(err, muster.ReasonRequestInvalid) {
			t.Errorf("telemetry of every device: %v", err)
		}
		f.Close()
	})
}

func TestThereAreSoManyListeners(t *testing.T) {
	f := live.New(live.Options{Most: 3, MostEach: 2})
	one := listen(t, f, everything)
	listen(t, f, everything)
	if _, err := f.Listen("somebody", everything, nil); !errors.Is(err, muster.ReasonTooManyStreams) {
		t.Errorf("a third of one: %v", err)
	}
	other, err := f.Listen("other", everything, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Listen("third", everything, nil); !errors.Is(err, muster.ReasonTooManyStreams) {
		t.Errorf("a fourth of all: %v", err)
	}
	one.Close()
	listen(t, f, everything)
	f.Close()
	<-other.News()
	if _, _, err := other.Take(); !errors.Is(err, muster.ReasonStopping) {
		t.Errorf("after the end: %v", err)
	}
	if _, err := f.Listen("late", everything, nil); !errors.Is(err, muster.ReasonStopping) {
		t.Errorf("after the end: %v", err)
	}
}

func TestAnIDIsReadAsItIsWritten(t *testing.T) {
	f := live.New(live.Options{})
	f.Filed(attempts("x"))
	at := want(t, listen(t, f, everything))
	got, err := live.ParseID(at.String())
	if err != nil || got != at {
		t.Errorf("%s becomes %s, %v", at, got, err)
	}
	if zero, err := live.ParseID("0"); err != nil || !zero.IsZero() {
		t.Errorf("0 is %s, %v", zero, err)
	}
	for _, text := range []string{"", "1", "a.", ".a", "a.b.c", "-1.2", "zzzzzzzzzzzzzzzzzzzz.1"} {
		if _, err := live.ParseID(text); !errors.Is(err, muster.ReasonRequestInvalid) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// What nobody listens to costs next to nothing.
func TestReadingsThatNobodyWantsAreNotCopied(t *testing.T) {
	f, b := live.New(live.Options{}), new(muster.Batch)
	for i := range 1000 {
		b.Add(muster.NewID[muster.Device](), 0, muster.Sample{TS: int64(i), Values: muster.Values{}.Add("t", muster.LongValue(1))})
	}
	if n := testing.AllocsPerRun(100, func() { f.Stored(b) }); n > 0 {
		t.Errorf("%v allocations without listeners", n)
	}
	listen(t, f, live.Filter{Kinds: []live.Kind{live.Telemetry}, Device: muster.NewID[muster.Device]()})
	if n := testing.AllocsPerRun(100, func() { f.Stored(b) }); n > 0 {
		t.Errorf("%v allocations with a listener to another device", n)
	}
}

func BenchmarkStored(b *testing.B) {
	for _, listeners := range []int{0, 1} {
		b.Run(fmt.Sprint(listeners, " listeners"), func(b *testing.B) {
			f, all := live.New(live.Options{}), new(muster.Batch)
			for i := range 1000 {
				all.Add(muster.NewID[muster.Device](), 0, muster.Sample{TS: int64(i), Values: muster.Values{}.Add("t", muster.LongValue(1))})
			}
			if listeners > 0 {
				l, err := f.Listen("x", live.Filter{Kinds: []live.Kind{live.Telemetry}, Device: muster.NewID[muster.Device]()}, nil)
				if err != nil {
					b.Fatal(err)
				}
				defer l.Close()
			}
			for b.Loop() {
				f.Stored(all)
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/1000, "ns/sample")
		})
	}
}
