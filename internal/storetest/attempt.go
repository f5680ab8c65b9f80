package storetest

import (
	"net/netip"
	"strconv"
	"testing"
	"time"

	"muster"
)

func attemptSentences() []sentence {
	return []sentence{
		{"an attempt comes back as it was filed", attemptComesBack},
		{"attempts come the newest first, so many", func(t *testing.T, r *registry) {
			r.must(r.AppendAttempts(t.Context(), numbered(0, 3), 100, time.Time{}))
			r.must(r.AppendAttempts(t.Context(), numbered(3, 5), 100, time.Time{}))
			r.same(r.attempts(muster.AttemptQuery{Limit: 3}), []string{"4", "3", "2"})
			r.same(r.attempts(muster.AttemptQuery{Limit: 100}), []string{"4", "3", "2", "1", "0"})
			r.same(r.attempts(muster.AttemptQuery{}), []string{})
		}},
		{"the newest are kept and the oldest are dropped", func(t *testing.T, r *registry) {
			r.must(r.AppendAttempts(t.Context(), numbered(0, 4), 3, time.Time{}))
			r.same(r.attempts(muster.AttemptQuery{Limit: 100}), []string{"3", "2", "1"})
			r.must(r.AppendAttempts(t.Context(), numbered(4, 6), 3, time.Time{}))
			r.same(r.attempts(muster.AttemptQuery{Limit: 100}), []string{"5", "4", "3"})
			r.must(r.AppendAttempts(t.Context(), numbered(6, 20), 2, time.Time{}))
			r.same(r.attempts(muster.AttemptQuery{Limit: 100}), []string{"19", "18"})
		}},
		{"attempts are found by device, by name, or by either", attemptsFound},
		{"a storm of strangers pushes out no attempt of a device, and none of devices those of strangers", attemptsApart},
		{"attempts that are too old are dropped, the newest never", func(t *testing.T, r *registry) {
			r.must(r.AppendAttempts(t.Context(), numbered(0, 4), 100, after(2)))
			r.same(r.attempts(muster.AttemptQuery{Limit: 100}), []string{"3", "2"})
			r.must(r.AppendAttempts(t.Context(), numbered(4, 5), 100, after(100)))
			r.same(r.attempts(muster.AttemptQuery{Limit: 100}), []string{"4"})
		}},
		{"a page of attempts goes on where the one before ended, and what is new is found", attemptPages},
		{"attempts are found by what they have in common", attemptsFiltered},
		{"attempts are found by profile, which the key that they name tells", attemptsOfProfile},
		{"attempts are counted by how they ended", attemptsCounted},
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
			Device: muster.NewID[muster.Device](), Name: "not \xff UTF-8", Key: "key", Shown: "token 1a2b", Reason: muster.ReasonTokenUnknown, Detail: "no device",
			Profile: muster.NewID[muster.Profile](), Way: muster.WayProved,
			Claims: &muster.Claims{IssuedAt: after(1).Truncate(time.Second), ExpiresAt: after(3).Truncate(time.Second), Audience: "them", Subject: new("it")},
		},
		{At: after(1), Count: 1, Action: muster.ActionProvision, Transport: muster.MQTT, Remote: netip.MustParseAddr("10.0.0.1")},
		{},
	}
	r.must(r.AppendAttempts(t.Context(), []muster.Attempt{want[2], want[1], want[0]}, 100, time.Time{}))
	got, err := r.Attempts(t.Context(), muster.AttemptQuery{Limit: 100})
	r.must(err)
	for i := range want {
		want[i].Number = int64(len(want) - i)
	}
	r.same(got, want)
}

func attemptsApart(t *testing.T, r *registry) {
	known := numbered(0, 2)
	for i := range known {
		known[i].Device = muster.NewID[muster.Device]()
	}
	r.must(r.AppendAttempts(t.Context(), known, 3, time.Time{}))
	for i := range 20 {
		r.must(r.AppendAttempts(t.Context(), numbered(10+10*i, 20+10*i), 3, time.Time{}))
	}
	r.same(r.attempts(muster.AttemptQuery{Limit: 100}), []string{"209", "208", "207", "1", "0"})
	r.same(r.attempts(muster.AttemptQuery{Device: known[0].Device, Limit: 100}), []string{"0"})
	for range 3 {
		known = append(known, known...)
	}
	r.must(r.AppendAttempts(t.Context(), known, 3, time.Time{}))
	r.same(r.attempts(muster.AttemptQuery{Limit: 100}), []string{"1", "0", "1", "209", "208", "207"})
}

func attemptPages(t *testing.T, r *registry) {
	r.must(r.AppendAttempts(t.Context(), numbered(0, 5), 100, time.Time{}))
	all, err := r.Attempts(t.Context(), muster.AttemptQuery{Limit: 2})
	r.must(err)
	r.same(r.attempts(muster.AttemptQuery{Before: all[1].Number, Limit: 2}), []string{"2", "1"})
	r.same(r.attempts(muster.AttemptQuery{Since: all[1].Number, Limit: 100}), []string{"4"})
	r.same(r.attempts(muster.AttemptQuery{Since: all[0].Number, Limit: 100}), []string{})
}

func attemptsFiltered(t *testing.T, r *registry) {
	attempts := numbered(0, 5)
	for i, remote := range []string{"10.0.0.1", "10.0.255.255", "10.1.0.0", "2001:db8::1", "192.0.2.1"} {
		attempts[i].Remote = netip.MustParseAddr(remote)
		attempts[i].Transport, attempts[i].Action, attempts[i].Name = muster.MQTT, muster.ActionConnect, "pump"
	}
	attempts[1].Reason = muster.ReasonTokenUnknown
	attempts[2].Reason, attempts[2].Transport = muster.ReasonPayloadInvalid, muster.CoAP
	attempts[3].Action = muster.ActionProvision
	attempts[0].Device, attempts[1].Profile = muster.NewID[muster.Device](), muster.NewID[muster.Profile]()
	r.must(r.AppendAttempts(t.Context(), attempts, 100, time.Time{}))
	for _, q := range []struct {
		query muster.AttemptQuery
		want  []string
	}{
		{muster.AttemptQuery{Remote: netip.MustParsePrefix("10.0.0.0/16")}, []string{"1", "0"}},
		{muster.AttemptQuery{Remote: netip.MustParsePrefix("10.0.255.255/15")}, []string{"2", "1", "0"}},
		{muster.AttemptQuery{Remote: netip.MustParsePrefix("10.1.0.0/32")}, []string{"2"}},
		{muster.AttemptQuery{Remote: netip.MustParsePrefix("2001:db8::/32")}, []string{"3"}},
		{muster.AttemptQuery{Remote: netip.MustParsePrefix("0.0.0.0/0")}, []string{"4", "2", "1", "0"}},
		{muster.AttemptQuery{Reason: muster.ReasonTokenUnknown}, []string{"1"}},
		{muster.AttemptQuery{Transport: muster.CoAP}, []string{"2"}},
		{muster.AttemptQuery{Action: muster.ActionProvision}, []string{"3"}},
		{muster.AttemptQuery{Outcome: muster.LetIn}, []string{"4", "3", "0"}},
		{muster.AttemptQuery{Outcome: muster.Refused}, []string{"2", "1"}},
		{muster.AttemptQuery{Stranger: new(true)}, []string{"4", "3", "2"}},
		{muster.AttemptQuery{Stranger: new(false)}, []string{"1", "0"}},
		{muster.AttemptQuery{From: after(1), To: after(3)}, []string{"2", "1"}},
		{muster.AttemptQuery{Outcome: muster.Refused, Transport: muster.MQTT, Remote: netip.MustParsePrefix("10.0.0.0/8")}, []string{"1"}},
	} {
		q.query.Limit = 100
		r.same(r.attempts(q.query), q.want)
		q.query.Name = "pump"
		r.same(r.attempts(q.query), q.want)
	}
}

func attemptsCounted(t *testing.T, r *registry) {
	attempts := numbered(0, 5)
	for i := range attempts {
		attempts[i].Action = muster.ActionConnect
	}
	attempts[1].Reason, attempts[1].Count = muster.ReasonTokenUnknown, 7
	attempts[3].Reason = muster.ReasonTokenUnknown
	r.must(r.AppendAttempts(t.Context(), attempts, 100, time.Time{}))
	got, err := r.CountAttempts(t.Context(), time.Time{}, after(4))
	r.must(err)
	r.same(got, []muster.ReasonCount{
		{Reason: muster.ReasonTokenUnknown, Action: muster.ActionConnect, Count: 8, Entries: 2, LastAt: after(3)},
		{Action: muster.ActionConnect, Count: 2, Entries: 2, LastAt: after(2)},
	})
	got, err = r.CountAttempts(t.Context(), after(4), time.Time{})
	r.must(err)
	r.same(got, []muster.ReasonCount{{Action: muster.ActionConnect, Count: 1, Entries: 1, LastAt: after(4)}})
}

func attemptsFound(t *testing.T, r *registry) {
	pump, valve := muster.NewID[muster.Device](), muster.NewID[muster.Device]()
	attempts := numbered(0, 6)
	attempts[0].Name = "pump"
	attempts[1].Device, attempts[1].Name = pump, "pump"
	attempts[2].Device, attempts[2].Name = valve, "pump"
	attempts[3].Device, attempts[3].Name = pump, "renamed"
	attempts[4].Name = "PUMP"
	r.must(r.AppendAttempts(t.Context(), attempts, 100, time.Time{}))
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

func attemptsOfProfile(t *testing.T, r *registry) {
	p := newProfile("yard")
	r.must(r.CreateProfile(t.Context(), p, newProvisionKey(p.ID, "yard-key")))
	attempts := numbered(0, 5)
	attempts[0].Key, attempts[0].Name = "yard-key", "pump"
	attempts[1].Key = "no-key"
	attempts[2].Profile, attempts[2].Device = p.ID, muster.NewID[muster.Device]()
	attempts[3].Profile, attempts[3].Key = muster.NewID[muster.Profile](), "yard-key"
	r.must(r.AppendAttempts(t.Context(), attempts, 100, time.Time{}))
	r.same(r.attempts(muster.AttemptQuery{Profile: p.ID, Limit: 100}), []string{"2", "0"})
	r.same(r.attempts(muster.AttemptQuery{Profile: p.ID, Limit: 1}), []string{"2"})
	r.same(r.attempts(muster.AttemptQuery{Profile: p.ID, Before: 3, Limit: 9}), []string{"0"})
	r.same(r.attempts(muster.AttemptQuery{Profile: p.ID, Name: "pump", Limit: 9}), []string{"0"})
	r.same(r.attempts(muster.AttemptQuery{Profile: p.ID, Device: attempts[2].Device, Limit: 9}), []string{"2"})
	r.same(r.attempts(muster.AttemptQuery{Profile: attempts[3].Profile, Name: "pump", Limit: 9}), []string{})
}
