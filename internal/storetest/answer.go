package storetest

import (
	"testing"
	"time"

	"muster"
)

func answerSentences() []sentence {
	return []sentence{
		{"an admission can be asked for again", func(t *testing.T, r *registry) {
			a := r.answeredAdmission("pump")
			r.answered(*a.Request, a.Device, a.Credential)
		}},
		{"a claim can be asked for again", func(t *testing.T, r *registry) {
			r.list("pump")
			c := r.claim("pump")
			request := digest("request")
			c.Request = &request
			d, credentials, err := r.Claim(t.Context(), c)
			r.must(err)
			r.answered(request, d, credentials[0])
		}},
		{"a request that nobody made has no answer", func(t *testing.T, r *registry) {
			r.must(r.Admit(t.Context(), r.admission("pump")))
			r.unanswered(digest("request"), after(-60))
		}},
		{"an answer that is too old is none", func(t *testing.T, r *registry) {
			a := r.answeredAdmission("pump")
			r.unanswered(*a.Request, after(1))
		}},
		{"a device that has authenticated has no answer", func(t *testing.T, r *registry) {
			a := r.answeredAdmission("pump")
			r.used(map[muster.CredentialID]time.Time{a.Credential.ID: after(1)})
			r.unanswered(*a.Request, after(-60))
		}},
		{"a device that has authenticated with another credential has no answer", func(t *testing.T, r *registry) {
			a := r.answeredAdmission("pump")
			other := newCredential(a.Device.ID, "other")
			r.must(r.CreateCredential(t.Context(), other))
			r.used(map[muster.CredentialID]time.Time{other.ID: after(1)})
			r.unanswered(*a.Request, after(-60))
		}},
		{"a device that is gone has no answer", func(t *testing.T, r *registry) {
			a := r.answeredAdmission("pump")
			r.must(r.DeleteDevice(t.Context(), a.Device.ID))
			r.unanswered(*a.Request, after(-60))
		}},
		{"a revoked credential is no answer", func(t *testing.T, r *registry) {
			a := r.answeredAdmission("pump")
			_, err := r.UpdateCredential(t.Context(), a.Credential.ID, func(c *muster.Credential) error {
				c.State = muster.CredentialRevoked
				return nil
			})
			r.must(err)
			r.unanswered(*a.Request, after(-60))
		}},
		{"the later of two answers stands", func(t *testing.T, r *registry) {
			first := r.answeredAdmission("pump")
			r.must(r.DeleteDevice(t.Context(), first.Device.ID))
			second := r.answeredAdmission("pump")
			r.answered(*second.Request, second.Device, second.Credential)
		}},
		{"answers of ten minutes ago are forgotten, and younger ones are not", answersForgotten},
	}
}

// answeredAdmission lets a device in whose answer may be asked for again.
func (r *registry) answeredAdmission(name string) muster.Admission {
	r.t.Helper()
	a := r.admission(name)
	request := digest("request of " + name)
	a.Request = &request
	r.must(r.Admit(r.t.Context(), a))
	return a
}

func (r *registry) answered(request muster.LookupKey, d muster.Device, c muster.Credential) {
	r.t.Helper()
	gotDevice, gotCredential, err := r.Answered(r.t.Context(), request, birth)
	r.must(err)
	r.same(gotDevice, d)
	r.same(gotCredential, c)
}

func (r *registry) unanswered(request muster.LookupKey, since time.Time) {
	r.t.Helper()
	_, _, err := r.Answered(r.t.Context(), request, since)
	r.missing(err)
}

func answersForgotten(t *testing.T, r *registry) {
	old := r.answeredAdmission("old")
	young := r.admission("young")
	request := digest("request of young")
	young.Request, young.Device.CreatedAt = &request, after(601)
	r.must(r.Admit(t.Context(), young))
	r.unanswered(*old.Request, time.UnixMilli(0))
	r.answered(request, young.Device, young.Credential)
}
