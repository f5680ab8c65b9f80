package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"muster"
)

func lifeSentences() []sentence {
	return []sentence{
		{"everything is there after closing and opening again", everythingStays},
		{"who gives up before the beginning changes nothing", givenUp},
		{"what is written can be read at once", func(t *testing.T, r *registry) {
			for range 50 {
				a := r.admission(muster.RandomText(12))
				r.must(r.Admit(t.Context(), a))
				_, err := r.Holder(t.Context(), a.Credential.Lookup)
				r.must(err)
			}
		}},
	}
}

func everythingStays(t *testing.T, r *registry) {
	a := r.answeredAdmission("pump")
	attempt := muster.Attempt{At: after(1), Count: 1, Name: "pump"}
	r.must(r.AppendAttempts(t.Context(), []muster.Attempt{attempt}, 10, time.Time{}))
	token, user := newAPIToken("token"), newUser("anna")
	r.must(r.CreateAPIToken(t.Context(), token, birth))
	r.must(r.CreateUser(r.acting("root"), user))
	revoked := newCredential(a.Device.ID, "revoked")
	revoked.State = muster.CredentialRevoked
	r.must(r.CreateCredential(t.Context(), revoked))

	r.reopen()

	r.answered(*a.Request, a.Device, a.Credential)
	holder, err := r.Holder(t.Context(), revoked.Lookup)
	r.must(err)
	r.same(holder, muster.Holder{Device: a.Device, Profile: r.profile, Credential: revoked})
	attributes, err := r.Attributes(t.Context(), a.Device.ID)
	r.must(err)
	r.same(attributes, a.Attributes)
	key, _, err := r.ProvisionKey(t.Context(), r.key.Key)
	r.must(err)
	r.key.Devices = 1
	r.same(key, r.key)
	attempts, err := r.Attempts(t.Context(), muster.AttemptQuery{Limit: 10})
	r.must(err)
	attempt.Number = 1
	r.same(attempts, []muster.Attempt{attempt})
	r.sameToken(token)
	gotUser, err := r.User(t.Context(), user.Name)
	r.must(err)
	r.same(gotUser, user)
	r.same(len(r.audit(muster.AuditQuery{Limit: 10})), 1)
	r.used(map[muster.CredentialID]time.Time{a.Credential.ID: after(2)})
	r.reopen()
	r.unanswered(*a.Request, birth)
}

func givenUp(t *testing.T, r *registry) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Admit(ctx, r.admission("pump")); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want %v", err, context.Canceled)
	}
	if _, err := r.Holder(ctx, digest("token")); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want %v", err, context.Canceled)
	}
	_, err := r.Device(t.Context(), "pump")
	r.missing(err)
}
