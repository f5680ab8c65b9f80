package provision_test

import (
	"errors"
	"testing"
	"time"

	"muster"
	"muster/internal/provision"
)

// newSigning is newProving, where a JWT "of ID" is right, is good for once under that id and was signed with the key of the first credential.
func newSigning(t *testing.T) (*fixture, *muster.Grant, func(jwt muster.Secret) *muster.ProvisionRequest) {
	t.Helper()
	f, first := newProving(t)
	verify := func(p *muster.SignedProof) (by muster.CredentialID, once muster.Nonce, err error) {
		if p.Device != "pump" || p.Audience != "p-key" || p.Skew != muster.DefaultJWTSkew || !p.At.Equal(f.now) {
			t.Errorf("asked of %+v", p)
		}
		switch p.JWT {
		case "forged":
			return by, once, muster.Refuse(muster.ReasonJWTSignatureWrong, "")
		case "late":
			return p.Held[0].ID, once, muster.Refuse(muster.ReasonJWTExpired, "")
		case "unreadable":
			return by, once, errors.New("the disk is gone")
		}
		return p.Held[0].ID, muster.Nonce{Digest: f.keys.Digest("proof", p.JWT.Reveal()), Until: p.At.Add(time.Hour)}, nil
	}
	f.Service = provision.New(f.registry, f.keys, provision.Options{Now: func() time.Time { return f.now }, Verify: verify})
	return f, first, func(jwt muster.Secret) *muster.ProvisionRequest {
		r := ask("p", "pump")
		r.Proof = jwt
		return r
	}
}

func TestADeviceThatSignsItsRequestIsLetInAgainOnce(t *testing.T) {
	f, first, signing := newSigning(t)
	f.use(t, first.Credential)
	_, err := f.provision(t, signing("late"))
	refused(t, err, muster.ReasonJWTExpired)
	_, err = f.provision(t, signing("unreadable"))
	refused(t, err, muster.ReasonInternal)

	plain, guess := ask("p", "pump"), signing("forged")
	_, without := f.provision(t, plain)
	_, err = f.provision(t, guess)
	refused(t, err, muster.ReasonOf(without))
	if muster.MessageOf(err) != muster.MessageOf(without) {
		t.Errorf("who guesses hears %q, and else %q", muster.MessageOf(err), muster.MessageOf(without))
	}
	if cause, ok := errors.AsType[*muster.Error](errors.Unwrap(err)); !ok || cause.Reason != muster.ReasonJWTSignatureWrong {
		t.Errorf("the journal hears %v", cause)
	}

	second, err := f.provision(t, signing("one"))
	if err != nil || second.Device != first.Device || second.CredentialID == first.CredentialID || second.Again == "" {
		t.Fatalf("granted %+v and then %+v, %v", first, second, err)
	}
	_, err = f.provision(t, signing("one"))
	refused(t, err, muster.ReasonJWTReplayed)
	f.use(t, second.Credential)
	known, err := f.registry.Enrolled(t.Context(), "pump")
	if err != nil || len(known.Credentials) != 2 || known.Credentials[0].State != muster.CredentialRevoked {
		t.Errorf("it has %+v, %v", known.Credentials, err)
	}
}

func TestAProofIsUsedUpAlsoByWhoAsksForWhatItHas(t *testing.T) {
	f, first, signing := newSigning(t)
	same := signing("one")
	same.Evidence = first.Evidence
	if grant, err := f.provision(t, same); err != nil || grant.Credential != first.Credential {
		t.Fatalf("granted %+v, %v", grant, err)
	}
	_, err := f.provision(t, signing("one"))
	refused(t, err, muster.ReasonJWTReplayed)
}

func TestALostAnswerToASignedRequestIsGivenAgain(t *testing.T) {
	f, _, signing := newSigning(t)
	lost := again(signing("one"))
	second, err := f.provision(t, lost)
	if err != nil {
		t.Fatal(err)
	}
	third, err := f.provision(t, lost)
	second.Again = ""
	same(t, second, third, err)
	f.use(t, second.Credential)
	_, err = f.provision(t, lost)
	refused(t, err, muster.ReasonJWTReplayed)
}

func TestWhereNobodyJudgesJWTsTheyProveNothing(t *testing.T) {
	f, _ := newProving(t)
	r := ask("p", "pump")
	r.Proof = "one"
	_, err := f.provision(t, r)
	refused(t, err, muster.ReasonProvisionKeyExhausted)
}

func TestARehearsalOfAProofThatWasRefused(t *testing.T) {
	f, _, signing := newSigning(t)
	_, err := f.provision(t, signing("late"))
	refused(t, err, muster.ReasonJWTExpired)
	key, had, err := f.registry.ProvisionKey(t.Context(), "p-key")
	if err != nil {
		t.Fatal(err)
	}
	a := muster.Attempt{At: f.now, Count: 1, Action: muster.ActionProvision, Remote: home, Name: "pump", Key: "p-key", Profile: had.ID, Reason: muster.ReasonJWTExpired}
	for choice, want := range map[muster.Reprovision]muster.Reason{
		muster.ReprovisionSameProof: muster.ReasonJWTExpired,
		muster.ReprovisionRefuse:    muster.ReasonProvisionKeyExhausted,
	} {
		profile := had
		profile.Settings.Reprovision = choice
		r := f.Rehearse(&had, &profile, []muster.ProvisionKey{key}, []muster.Attempt{a})
		if seen, err := r.Judge(t.Context(), &a); err != nil || seen.Reason != want || seen.Unjudged != "" {
			t.Errorf("with %s it becomes %+v, %v", choice, seen, err)
		}
	}
}
