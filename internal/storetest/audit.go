package storetest

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"muster"
)

func auditSentences() []sentence {
	return []sentence{
		{"what somebody asks for is in the log, with what was and what is", auditChange},
		{"what nobody asks for is not in the log", func(t *testing.T, r *registry) {
			r.list("pump")
			r.same(len(r.audit(muster.AuditQuery{Limit: 10})), 0)
		}},
		{"what was refused or changes nothing is not in the log", auditRefused},
		{"every noun is in the log, and no secret", auditNouns},
		{"the log is read by who, what, which and when, page by page", auditQueries},
		{"a long field is kept short", func(t *testing.T, r *registry) {
			p := newProfile("long")
			p.Description = strings.Repeat("x", 5000)
			r.must(r.CreateProfile(r.acting("anna"), p))
			entry := r.audit(muster.AuditQuery{Limit: 1})[0]
			if len(entry.After) > 500 || !strings.Contains(string(entry.After), "5002 bytes") {
				t.Errorf("the log has %s", entry.After)
			}
		}},
	}
}

// acting returns a context of what somebody asks for.
func (r *registry) acting(name string) context.Context {
	return muster.WithActor(r.t.Context(), muster.Actor{Name: name, Remote: netip.MustParseAddr("192.0.2.7")})
}

func (r *registry) audit(q muster.AuditQuery) []muster.AuditEntry {
	r.t.Helper()
	entries, err := r.AuditEntries(r.t.Context(), q)
	r.must(err)
	return entries
}

func auditChange(t *testing.T, r *registry) {
	d, _ := r.list("pump")
	_, err := r.UpdateDevice(r.acting("anna"), d.ID, func(d *muster.Device) error {
		d.State, d.Label = muster.DeviceSuspended, "in the cellar"
		return nil
	})
	r.must(err)
	r.must(r.DeleteDevice(r.acting("token:ci"), d.ID))
	got := r.audit(muster.AuditQuery{Limit: 10})
	r.same(len(got), 2)
	for i, want := range []struct{ actor, action, before, after string }{
		{"token:ci", "delete", `"name":"pump"`, ""},
		{"anna", "update", `{"state":"listed"}`, `{"label":"in the cellar","state":"suspended"}`},
	} {
		e := got[i]
		if e.Actor != want.actor || e.Action != want.action || e.Noun != "device" || e.Name != "pump" || e.Remote.String() != "192.0.2.7" ||
			!strings.Contains(string(e.Before), want.before) || string(e.After) != want.after || time.Since(e.At) > time.Minute {
			t.Errorf("got %+v, before %s, after %s", e, e.Before, e.After)
		}
	}
	if got[0].Number <= got[1].Number {
		t.Errorf("the numbers go from %d to %d", got[1].Number, got[0].Number)
	}
}

func auditRefused(t *testing.T, r *registry) {
	ctx := r.acting("anna")
	r.refused(r.CreateProfile(ctx, newProfile(r.profile.Name)), muster.ReasonProfileNameTaken)
	r.missing(r.DeleteDevice(ctx, muster.NewID[muster.Device]()))
	r.must(r.CreateUser(t.Context(), newUser("root")))
	u, err := r.User(t.Context(), "root")
	r.must(err)
	r.refused(r.DeleteUser(ctx, u.ID), muster.ReasonLastAdmin)
	_, err = r.UpdateProfile(ctx, r.profile.ID, func(*muster.Profile) error { return nil })
	r.must(err)
	r.same(len(r.audit(muster.AuditQuery{Limit: 10})), 0)
}

func auditNouns(t *testing.T, r *registry) {
	ctx := r.acting("anna")
	p := newProfile("other")
	r.must(r.CreateProfile(ctx, p, newProvisionKey(p.ID, "first")))
	r.must(r.CreateProvisionKey(ctx, newProvisionKey(p.ID, "second")))
	d := r.newDevice("pump")
	r.must(r.CreateDevice(ctx, d, []muster.Credential{newCredential(d.ID, "first")}, nil))
	c := newCredential(d.ID, "second")
	r.must(r.CreateCredential(ctx, c))
	_, err := r.UpdateCredential(ctx, c.ID, func(c *muster.Credential) error {
		c.State = muster.CredentialRevoked
		return nil
	})
	r.must(err)
	u := newUser("berta")
	r.must(r.CreateUser(ctx, u))
	r.must(r.CreateLogin(ctx, newLogin(u, "login", 0), "192.0.2.1", muster.LoginID{}))
	token := newAPIToken("script")
	r.must(r.CreateAPIToken(ctx, token, birth))
	_, err = r.RevokeAPIToken(ctx, token.ID, after(1))
	r.must(err)
	var got []string
	for _, e := range r.audit(muster.AuditQuery{Limit: 20}) {
		got = append(got, e.Action+" "+e.Noun+" "+e.Name)
		for _, text := range []string{string(e.Before), string(e.After)} {
			if strings.Contains(text, "sealed ") && !strings.Contains(text, `"sealed `) || strings.Contains(text, "sealed first") || strings.Contains(text, "sealed second") || strings.Contains(text, "sealed berta") {
				t.Errorf("a secret is in %s", text)
			}
		}
	}
	r.same(got, []string{
		"revoke token script", "create token script", "create login berta", "create user berta", "update credential pump",
		"create credential pump", "create device pump", "create provision-key second", "create provision-key first", "create profile other",
	})
}

func auditQueries(t *testing.T, r *registry) {
	begin := time.Now().Add(-time.Minute)
	for _, who := range []string{"anna", "berta"} {
		for _, name := range []string{"a", "b", "c"} {
			p := newProfile(who + "-" + name)
			r.must(r.CreateProfile(r.acting(who), p, newProvisionKey(p.ID, who+"-"+name)))
		}
	}
	for _, c := range []struct {
		says  string
		query muster.AuditQuery
		want  int
	}{
		{"all", muster.AuditQuery{}, 12},
		{"who", muster.AuditQuery{Actor: "anna"}, 6},
		{"what", muster.AuditQuery{Noun: "profile"}, 6},
		{"which", muster.AuditQuery{Name: "berta-a"}, 2},
		{"all three", muster.AuditQuery{Actor: "berta", Noun: "profile", Name: "berta-a"}, 1},
		{"nobody", muster.AuditQuery{Actor: "clara"}, 0},
		{"since then", muster.AuditQuery{From: begin}, 12},
		{"before then", muster.AuditQuery{To: begin}, 0},
		{"from later on", muster.AuditQuery{From: begin.Add(time.Hour)}, 0},
	} {
		var numbers []int64
		for q := c.query; ; {
			q.Limit = 4
			page := r.audit(q)
			for _, e := range page {
				numbers = append(numbers, e.Number)
			}
			if len(page) < q.Limit {
				break
			}
			q.Before = page[len(page)-1].Number
		}
		for i := 1; i < len(numbers); i++ {
			if numbers[i] >= numbers[i-1] {
				t.Errorf("%s: %v", c.says, numbers)
			}
		}
		if len(numbers) != c.want {
			t.Errorf("%s: %d entries, want %d", c.says, len(numbers), c.want)
		}
	}
}
