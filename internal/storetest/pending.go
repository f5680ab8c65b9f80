package storetest

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"muster"
)

func pendingSentences() []sentence {
	return []sentence{
		{"a request waits as it was filed, also after a restart", pendingKept},
		{"the same request is pending once", pendingOnce},
		{"requests are found by profile, name and state, page by page", pendingFound},
		{"who fills the room of a key makes room for other sources", pendingFair},
		{"a room that is full is full, but for those that were rejected", pendingFull},
		{"an approval lets in one device once", approvalUsed},
		{"an approval that was taken back lets nobody in, and leaves nothing", approvalTakenBack},
		{"an approved device gets a credential, at whose first use all others are revoked", approvedAgain},
		{"an approved device that has what it asks for keeps all", approvedSame},
		{"all that wait in a profile are decided about, but rivals", pendingRivals},
	}
}

var roomy = muster.WaitingRoom{PerKey: 100, PerProfile: 100}

// asking returns a request for a device of that name from an address.
func (r *registry) asking(name, from string) muster.Pending {
	return muster.Pending{
		ID: muster.NewID[muster.Pending](), Request: digest(name + from), Profile: r.profile.ID, Key: r.key.ID, Name: name,
		Asks: "ACCESS_TOKEN 01234567", Remote: netip.MustParseAddr(from), CreatedAt: birth, ExpiresAt: after(100),
	}
}

// waits files a request.
func (r *registry) waits(name, from string) muster.Pending {
	r.t.Helper()
	p := r.asking(name, from)
	r.must(r.Wait(r.t.Context(), p, roomy))
	return p
}

// pendingNames returns under which names requests are pending, the oldest first.
func (r *registry) pendingNames(q muster.PendingQuery) string {
	r.t.Helper()
	if q.At.IsZero() {
		q.At = birth
	}
	q.Limit = 100
	all, err := r.Pending(r.t.Context(), q)
	r.must(err)
	names := make([]string, 0, len(all))
	for _, p := range all {
		names = append(names, p.Name)
	}
	return strings.Join(names, " ")
}

func (r *registry) decides(to muster.PendingState, requests ...muster.Pending) {
	r.t.Helper()
	d := muster.PendingDecision{State: to, By: "ada", At: after(1), Until: after(1000)}
	for _, p := range requests {
		d.IDs = append(d.IDs, p.ID)
	}
	decided, err := r.DecidePending(r.t.Context(), d)
	r.must(err)
	r.same(len(decided), len(requests))
}

func pendingKept(t *testing.T, r *registry) {
	want := r.asking("pump", "2001:db8::1")
	want.Device, want.Gateway, want.Proof = muster.NewID[muster.Device](), true, "it presents its certificate"
	r.must(r.Wait(t.Context(), want, roomy))
	r.reopen()
	got, err := r.PendingRequest(t.Context(), want.Request, after(99))
	r.must(err)
	r.same(got, want)
	r.decides(muster.PendingRejected, want)
	want.State, want.DecidedAt, want.DecidedBy, want.ExpiresAt = muster.PendingRejected, after(1), "ada", after(1000)
	got, err = r.PendingRequest(t.Context(), want.Request, after(101))
	r.must(err)
	r.same(got, want)
	_, err = r.PendingRequest(t.Context(), want.Request, after(1000))
	r.missing(err)
	_, err = r.PendingRequest(t.Context(), digest("another"), birth)
	r.missing(err)
}

func pendingOnce(t *testing.T, r *registry) {
	first := r.waits("pump", "192.0.2.1")
	r.waits("pump", "192.0.2.1")
	all, err := r.Pending(t.Context(), muster.PendingQuery{At: birth, Limit: 10})
	r.must(err)
	r.same(all, []muster.Pending{first})
	late := r.asking("pump", "192.0.2.1")
	late.CreatedAt, late.ExpiresAt = after(100), after(200)
	r.must(r.Wait(t.Context(), late, roomy)) // the first is forgotten
	all, err = r.Pending(t.Context(), muster.PendingQuery{At: after(100), Limit: 10})
	r.must(err)
	r.same(all, []muster.Pending{late})
}

func pendingFound(t *testing.T, r *registry) {
	a, b, c := r.waits("a", "192.0.2.1"), r.waits("b", "192.0.2.1"), r.waits("c", "192.0.2.1")
	r.decides(muster.PendingApproved, b)
	waiting := muster.PendingWaiting
	r.same(r.pendingNames(muster.PendingQuery{}), "a b c")
	r.same(r.pendingNames(muster.PendingQuery{After: a.ID}), "b c")
	r.same(r.pendingNames(muster.PendingQuery{State: &waiting}), "a c")
	r.same(r.pendingNames(muster.PendingQuery{Name: "c"}), "c")
	r.same(r.pendingNames(muster.PendingQuery{ID: c.ID}), "c")
	r.same(r.pendingNames(muster.PendingQuery{Profile: muster.NewID[muster.Profile]()}), "")
	r.same(r.pendingNames(muster.PendingQuery{At: after(100)}), "b")
	page, err := r.Pending(t.Context(), muster.PendingQuery{At: birth, Limit: 2})
	r.must(err)
	r.same(len(page), 2)
	r.must(r.DeleteProfile(t.Context(), r.profile.ID))
	r.same(r.pendingNames(muster.PendingQuery{}), "")
}

func pendingFair(t *testing.T, r *registry) {
	room := muster.WaitingRoom{PerKey: 4, PerProfile: 100}
	file := func(name, from string) error { return r.Wait(t.Context(), r.asking(name, from), room) }
	for i := range 4 {
		r.must(file(fmt.Sprint("thief-", i), "2001:db8::"+fmt.Sprint(i)))
	}
	r.refused(file("thief-4", "2001:db8::4"), muster.ReasonProvisionRoomFull)
	r.must(file("pump", "192.0.2.1"))
	r.must(file("valve", "192.0.2.2"))
	r.same(r.pendingNames(muster.PendingQuery{}), "thief-0 thief-1 pump valve")
	r.must(file("gate", "192.0.2.3"))
	r.refused(file("door", "192.0.2.4"), muster.ReasonProvisionRoomFull)
	r.refused(file("thief-5", "2001:db8::5"), muster.ReasonProvisionRoomFull)
	r.same(r.pendingNames(muster.PendingQuery{}), "thief-0 pump valve gate")
}

func pendingFull(t *testing.T, r *registry) {
	room := muster.WaitingRoom{PerKey: 100, PerProfile: 2}
	a, b := r.waits("a", "192.0.2.1"), r.waits("b", "192.0.2.2")
	r.decides(muster.PendingApproved, a, b)
	r.refused(r.Wait(t.Context(), r.asking("c", "192.0.2.3"), room), muster.ReasonProvisionRoomFull)
	r.decides(muster.PendingRejected, b)
	r.must(r.Wait(t.Context(), r.asking("c", "192.0.2.3"), room))
	r.same(r.pendingNames(muster.PendingQuery{}), "a c")
}

func approvalUsed(t *testing.T, r *registry) {
	p, rival := r.waits("pump", "192.0.2.1"), r.waits("pump", "192.0.2.2")
	r.decides(muster.PendingApproved, p, rival)
	a := r.admission("pump")
	a.Approval = p.ID
	r.must(r.Admit(t.Context(), a))
	r.same(r.pendingNames(muster.PendingQuery{}), "")
	again := r.admission("valve")
	again.Approval = p.ID
	r.refused(r.Admit(t.Context(), again), muster.ReasonDeviceProvisioned)
	r.nothingOf(again.Device, again.Credential)
	r.same(r.counted(), 1)
}

func approvalTakenBack(t *testing.T, r *registry) {
	p := r.waits("pump", "192.0.2.1")
	a := r.admission("pump")
	a.Approval = p.ID
	r.refused(r.Admit(t.Context(), a), muster.ReasonDeviceProvisioned) // nobody has approved it
	r.decides(muster.PendingApproved, p)
	r.decides(muster.PendingRejected, p)
	r.refused(r.Admit(t.Context(), a), muster.ReasonDeviceProvisioned)
	r.decides(muster.PendingApproved, p)
	_, used := r.list("valve")
	clash := a
	clash.Credential.Lookup = used.Lookup
	r.refused(r.Admit(t.Context(), clash), muster.ReasonCredentialInUse)
	r.same(r.pendingNames(muster.PendingQuery{}), "pump") // the approval is still good
	r.must(r.Admit(t.Context(), a))
}

func approvedAgain(t *testing.T, r *registry) {
	d := r.admit("pump")
	r.must(r.CreateCredential(t.Context(), newCredential(d.ID, "second")))
	p := r.waits("pump", "192.0.2.1")
	m := r.readmission(d.ID)
	m.Approval, m.Credential.CreatedAt = p.ID, after(20)
	_, err := r.Readmit(t.Context(), m)
	r.refused(err, muster.ReasonDeviceProvisioned)
	r.decides(muster.PendingApproved, p)
	got, err := r.Readmit(t.Context(), m)
	r.must(err)
	r.same(got, d)
	r.states(d, muster.CredentialRetiring, muster.CredentialRetiring, muster.CredentialActive)
	r.used(map[muster.CredentialID]time.Time{m.Credential.ID: after(30)}, d.ID, d.ID)
	r.states(d, muster.CredentialRevoked, muster.CredentialRevoked, muster.CredentialActive)
	_, err = r.Readmit(t.Context(), m)
	r.refused(err, muster.ReasonDeviceProvisioned)
	r.same(r.counted(), 1)
}

func approvedSame(t *testing.T, r *registry) {
	d := r.admit("pump")
	held, err := r.Credentials(t.Context(), d.ID)
	r.must(err)
	p := r.waits("pump", "192.0.2.1")
	r.decides(muster.PendingApproved, p)
	m := r.readmission(d.ID)
	m.Approval, m.Credential = p.ID, held[0]
	_, err = r.Readmit(t.Context(), m)
	r.must(err)
	r.states(d, muster.CredentialActive)
	r.same(r.pendingNames(muster.PendingQuery{}), "")
}

func pendingRivals(t *testing.T, r *registry) {
	r.waits("a", "192.0.2.1")
	r.waits("b", "192.0.2.1")
	r.waits("b", "192.0.2.2")
	actor := muster.Actor{Name: "ada"}
	decided, err := r.DecidePending(muster.WithActor(t.Context(), actor), muster.PendingDecision{
		Profile: r.profile.ID, State: muster.PendingApproved, By: "ada", At: after(1), Until: after(1000),
	})
	r.must(err)
	r.same(len(decided), 1)
	waiting := muster.PendingWaiting
	all, err := r.Pending(t.Context(), muster.PendingQuery{At: birth, State: &waiting, Limit: 10})
	r.must(err)
	r.same(len(all), 2)
	r.same(all[0].Rivals, 1)
	entries, err := r.AuditEntries(t.Context(), muster.AuditQuery{Limit: 10})
	r.must(err)
	r.same(len(entries), 1)
	r.same(entries[0].Action+" "+entries[0].Noun+" "+entries[0].Name, "approve pending a")
}

// states checks in which states the credentials of a device are, the oldest first.
func (r *registry) states(d muster.Device, want ...muster.CredentialState) {
	r.t.Helper()
	all, err := r.Credentials(r.t.Context(), d.ID)
	r.must(err)
	var got []muster.CredentialState
	for _, c := range all {
		got = append(got, c.State)
	}
	r.same(got, want)
}
