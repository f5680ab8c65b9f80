package storetest

import (
	"net/netip"
	"strconv"
	"testing"

	"muster"
)

func attemptSentences() []sentence {
	return []sentence{
		{"an attempt comes back as it was filed", attemptComesBack},
		{"attempts come the newest first, so many", func(t *testing.T, r *registry) {
			r.must(r.AppendAttempts(t.Context(), numbered(0, 3), 100))
			r.must(r.AppendAttempts(t.Context(), numbered(3, 5), 100))
			r.same(r.attempts(muster.AttemptQuery{Limit: 3}), []string{"4", "3", "2"})
			r.same(r.attempts(muster.AttemptQuery{Limit: 100}), []string{"4", "3", "2", "1", "0"})
			r.same(r.attempts(muster.AttemptQuery{}), []string{})
		}},
		{"the newest are kept and the oldest are dropped", func(t *testing.T, r *registry) {
			r.must(r.AppendAttempts(t.Context(), numbered(0, 4), 3))
			r.same(r.attempts(muster.AttemptQuery{Limit: 100}), []string{"3", "2", "1"})
			r.must(r.AppendAttempts(t.Context(), numbered(4, 6), 3))
			r.same(r.attempts(muster.AttemptQuery{Limit: 100}), []string{"5", "4", "3"})
			r.must(r.AppendAttempts(t.Context(), numbered(6, 20), 2))
			r.same(r.attempts(muster.AttemptQuery{Limit: 100}), []string{"19", "18"})
		}},
		{"attempts are found by device, by name, or by either", attemptsFound},
	}
}

// numbered returns attempts that are told apart by their Detail, from..to-1.
func numbered(from, to int) []muster.Attempt {
	var attempts []muster.Attempt
	for i := from; i < to; i++ {
		attempts = append(attempts, muster.Attempt{At: after(i), Count: 1, Detail: strconv.Itoa(i)})
	}
	return attempts
}

// attempts returns the Detail of those that q finds.
func (r *registry) attempts(q muster.AttemptQuery) []string {
	r.t.Helper()
	found, err := r.Attempts(r.t.Context(), q)
	r.must(err)
	var details []string
	for _, a := range found {
		details = append(details, a.Detail)
	}
	return details
}

func attemptComesBack(t *testing.T, r *registry) {
	want := []muster.Attempt{
		{
			At: after(2), Count: 7, Action: muster.ActionConnect, Transport: muster.CoAP, Remote: netip.MustParseAddr("fe80::1%eth0"),
			Device: muster.NewID[muster.Device](), Name: "not \xff UTF-8", Shown: "token 1a2b", Reason: muster.ReasonTokenUnknown, Detail: "no device",
		},
		{At: after(1), Count: 1, Action: muster.ActionProvision, Transport: muster.MQTT, Remote: netip.MustParseAddr("10.0.0.1")},
		{},
	}
	r.must(r.AppendAttempts(t.Context(), []muster.Attempt{want[2], want[1], want[0]}, 100))
	got, err := r.Attempts(t.Context(), muster.AttemptQuery{Limit: 100})
	r.must(err)
	r.same(got, want)
}

func attemptsFound(t *testing.T, r *registry) {
	pump, valve := muster.NewID[muster.Device](), muster.NewID[muster.Device]()
	attempts := numbered(0, 6)
	attempts[0].Name = "pump"
	attempts[1].Device, attempts[1].Name = pump, "pump"
	attempts[2].Device, attempts[2].Name = valve, "pump"
	attempts[3].Device, attempts[3].Name = pump, "renamed"
	attempts[4].Name = "PUMP"
	r.must(r.AppendAttempts(t.Context(), attempts, 100))
	for _, q := range []struct {
		query muster.AttemptQuery
		want  []string
	}{
		{muster.AttemptQuery{Name: "pump"}, []string{"2", "1", "0"}},
		{muster.AttemptQuery{Device: pump}, []string{"3", "1"}},
		{muster.AttemptQuery{Device: pump, Name: "pump"}, []string{"3", "2", "1", "0"}},
		{muster.AttemptQuery{Device: pump, Name: "pump", Limit: 2}, []string{"3", "2"}},
		{muster.AttemptQuery{Name: "boiler"}, nil},
	} {
		if q.query.Limit == 0 {
			q.query.Limit = 100
		}
		r.same(r.attempts(q.query), q.want)
	}
}
