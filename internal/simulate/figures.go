package simulate

import (
	"cmp"
	"maps"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"muster"
)

// A Figure is how often something was done, and how long it took.
type Figure struct {
	Count int     `json:"count"`
	P50   float64 `json:"p50Ms"`
	P99   float64 `json:"p99Ms"`
	Max   float64 `json:"maxMs"`
}

// A Part is what the devices of one transport have come to.
type Part struct {
	Transport  string         `json:"transport"`
	Joined     Figure         `json:"joined"`
	JoinedLate int            `json:"joinedLate" doc:"requests that were told to come later"`
	Connected  Figure         `json:"connected"`
	Reconnects int            `json:"reconnects"`
	Reports    Figure         `json:"reports"`
	Failures   int            `json:"failures"`
	Reasons    map[string]int `json:"reasons,omitempty"`
}

// A Summary is what a fleet has come to so far.
type Summary struct {
	Phase   Phase   `json:"phase"`
	Devices int     `json:"devices"`
	Joined  int     `json:"joined"`
	Reports int     `json:"reports"`
	Failed  int     `json:"failures"`
	Seconds float64 `json:"seconds"`
	Parts   []Part  `json:"transports"`
}

// Summary returns what the fleet has come to. It may be called at any time.
func (f *Fleet) Summary() Summary {
	f.mu.Lock()
	s := Summary{Phase: f.phase, Devices: f.Devices, Seconds: time.Since(f.began).Seconds()}
	f.mu.Unlock()
	for t := range f.figures {
		if !slices.Contains(f.Transports, muster.Transport(t)) { //nolint:gosec // three
			continue
		}
		p := f.figures[t].part()
		p.Transport = transportNames[t]
		s.Joined += p.Joined.Count
		s.Reports += p.Reports.Count
		s.Failed += p.Failures
		s.Parts = append(s.Parts, p)
	}
	return s
}

// commonest is what went wrong most often.
func (f *Fleet) commonest() string {
	all := map[string]int{}
	for _, p := range f.Summary().Parts {
		for why, n := range p.Reasons {
			all[why] += n
		}
	}
	if len(all) == 0 {
		return "nothing was answered"
	}
	return slices.MaxFunc(slices.Sorted(maps.Keys(all)), func(a, b string) int { return cmp.Compare(all[a], all[b]) })
}

// figures count what the devices of one transport do.
type figures struct {
	joins, connects, reports histogram
	again, returns           atomic.Int64

	mu       sync.Mutex // guards failures and reasons
	failures int
	reasons  map[string]int // at most maxReasons
}

const maxReasons = 20

// fail counts an error by its reason, or else by its text.
func (f *figures) fail(err error) {
	why := string(muster.ReasonOf(err))
	if why == string(muster.ReasonInternal) {
		why = err.Error()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failures++
	if f.reasons == nil {
		f.reasons = map[string]int{}
	}
	if _, known := f.reasons[why]; !known && len(f.reasons) >= maxReasons {
		why = "others"
	}
	f.reasons[why]++
}

func (f *figures) part() Part {
	f.mu.Lock()
	defer f.mu.Unlock()
	return Part{
		Joined: f.joins.figure(), JoinedLate: int(f.again.Load()), Connected: f.connects.figure(), Reconnects: int(f.returns.Load()),
		Reports: f.reports.figure(), Failures: f.failures, Reasons: maps.Clone(f.reasons),
	}
}

// A histogram counts times, each to an eighth of itself. It is safe for concurrent use.
type histogram struct {
	counts [8 * 40]atomic.Int64 // the greatest is 12 days
	most   atomic.Int64         // microseconds
}

func (h *histogram) add(d time.Duration) {
	us := max(d.Microseconds(), 1)
	h.counts[slot(us)].Add(1)
	for {
		most := h.most.Load()
		if us <= most || h.most.CompareAndSwap(most, us) {
			return
		}
	}
}

// slot is where a time is counted: by its highest bit and the three behind it.
func slot(us int64) int {
	high := bits.Len64(uint64(us)) - 1 //nolint:gosec // positive
	part := us << 3 >> high & 7
	return min(8*high+int(part), len(histogram{}.counts)-1)
}

// start is the least time that is counted in a slot, in microseconds.
func start(slot int) float64 { return float64(int64(1)<<(slot/8)) * (1 + float64(slot%8)/8) }

func (h *histogram) figure() Figure {
	var counts [len(h.counts)]int64
	total := int64(0)
	for i := range h.counts {
		counts[i] = h.counts[i].Load()
		total += counts[i]
	}
	within := func(percent int64) float64 {
		seen := int64(0)
		for i, n := range counts {
			if seen += n; n > 0 && 100*seen >= percent*total {
				return min(start(i+1), float64(h.most.Load())) / 1000
			}
		}
		return 0
	}
	return Figure{Count: int(total), P50: within(50), P99: within(99), Max: float64(h.most.Load()) / 1000}
}
