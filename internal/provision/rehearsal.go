package provision

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"muster"
)

// A Rehearsal judges attempts to be let in once more, each later than the one before, as if their profile and its keys had
// been what they are in the rehearsal. The checks are those of Provision; what it asks the registry for is taken from how
// the attempt went, and where it did not come so far, from the registry of today. It knows no waiting room:
// nobody has to be approved, and what waited is not judged. It changes nothing. One goroutine may use it.
type Rehearsal struct {
	s         *Service
	had       *muster.Profile // as it is
	profile   *muster.Profile // as it shall be
	keys      map[string]*muster.ProvisionKey
	allowance *allowance
	fates     map[string]fate // by name, of those who were let in, then or here
	looked    int
}

// A fate is what became of a name here.
type fate struct {
	standing muster.Standing // StandingEnrolled: it was let in
	early    bool            // before it was then
}

// Rehearse prepares to judge attempts of the profile had as if it were profile and its keys were those: their counts of
// devices must be those of today, and attempts all that will be judged.
func (s *Service) Rehearse(had, profile *muster.Profile, keys []muster.ProvisionKey, attempts []muster.Attempt) *Rehearsal {
	r := &Rehearsal{
		s: s, had: had, profile: profile, keys: make(map[string]*muster.ProvisionKey, len(keys)),
		allowance: s.allowance.anew(), fates: make(map[string]fate),
	}
	for _, k := range keys {
		r.keys[k.Key] = &k
	}
	for i := range attempts {
		if k := r.keys[attempts[i].Key]; k != nil && counts(&attempts[i]) {
			k.Devices = max(k.Devices-1, 0) // it was less then
		}
	}
	return r
}

// Looked returns how often today's registry was asked.
func (r *Rehearsal) Looked() int { return r.looked }

// counts reports whether a device was let in that its key counts.
func counts(a *muster.Attempt) bool {
	return a.Action == muster.ActionProvision && a.Reason == "" && a.Way != muster.WayRepeated && a.Way != muster.WayProved
}

// Judge says what would have become of an attempt to be let in.
func (r *Rehearsal) Judge(ctx context.Context, a *muster.Attempt) (muster.Hindsight, error) {
	if !ruled(a) {
		return asItWas(a), nil
	}
	key, known := r.keys[a.Key]
	if !known {
		return unjudged("its provision key is gone"), nil
	}
	k := asOf(key, a)
	if err := usable(&k, r.profile, a.At, a.Remote); err != nil {
		r.keepOut(a)
		return refusedFor(err), nil
	}
	if r.fates[a.Name].early && !reachedRegistry(a.Reason) {
		return muster.Hindsight{Detail: "it would have been in already"}, nil
	}
	if waited(a) {
		r.leave(a, key)
		return unjudged("it waited for somebody's approval, and the waiting room is not rehearsed"), nil
	}
	seen, err := r.letIn(ctx, a, key, &k)
	if err != nil {
		return muster.Hindsight{}, err
	}
	switch {
	case seen.Unjudged != "" || a.Way == muster.WayRepeated:
	case seen.Reason != "":
		r.keepOut(a)
	default:
		if a.Name != "" {
			r.fates[a.Name] = fate{muster.StandingEnrolled, a.Reason != ""}
		}
		if a.Way != muster.WayProved {
			key.Devices++
		}
	}
	return seen, nil
}

// keepOut remembers of a device that was let in then that it is not here.
func (r *Rehearsal) keepOut(a *muster.Attempt) {
	if a.Reason == "" && a.Way != muster.WayRepeated && a.Way != muster.WayProved {
		s, _ := r.found(a)
		r.fates[a.Name] = fate{standing: s}
	}
}

// leave leaves what became of an attempt as it was.
func (r *Rehearsal) leave(a *muster.Attempt, key *muster.ProvisionKey) {
	if counts(a) {
		r.fates[a.Name] = fate{standing: muster.StandingEnrolled}
		key.Devices++
	}
}

// letIn is Service.letIn for an attempt: k is key as it was at the time.
func (r *Rehearsal) letIn(ctx context.Context, a *muster.Attempt, key, k *muster.ProvisionKey) (muster.Hindsight, error) {
	switch {
	case a.Reason == muster.ReasonDeviceNameInvalid, a.Reason == muster.ReasonRequestInvalid,
		a.Reason == "" && a.Way == muster.WayRepeated:
		return asItWas(a), nil
	case a.Blurred():
		return unjudged("it was one of many, whose names are not kept"), nil
	}
	if err := admits(k, cmp.Or(a.Name, muster.RandomText(nameLength))); err != nil {
		return r.again(a, err, false), nil
	}
	v := r.allowance.take(k, a.At)
	if v == stolen {
		key.SuspendedAt = a.At
		r.allowance.forget(k.ID)
	}
	if err := r.allowance.refusal(k, v); err != nil {
		return refusedFor(err), nil
	}
	seen, err := r.register(ctx, a)
	if err == nil && (seen.Reason != "" || seen.Unjudged != "") {
		r.allowance.giveBack(k.ID)
	}
	return seen, err
}

// register says what the registry would have answered.
func (r *Rehearsal) register(ctx context.Context, a *muster.Attempt) (muster.Hindsight, error) {
	if a.Reason == "" && a.Way == 0 && r.profile.Strategy != r.had.Strategy {
		return unjudged("it is from before the journal kept how devices were let in"), nil
	}
	standing, known, err := r.standing(ctx, a)
	if err != nil {
		return muster.Hindsight{}, err
	}
	if refusal := standing.Refusal(r.profile.Strategy); refusal != nil {
		return r.again(a, refusal, known.Released), nil
	}
	switch a.Reason {
	case muster.ReasonCredentialInvalid, muster.ReasonCredentialInUse, muster.ReasonCredentialRevoked:
		return asItWas(a), nil
	}
	live := func(c muster.Credential) bool { return c.Live(a.At) == nil }
	if standing == muster.StandingListed && !known.Device.ID.IsZero() && !slices.ContainsFunc(known.Credentials, live) {
		return refusedFor(muster.Refuse(muster.ReasonCredentialRevoked, "")), nil
	}
	return muster.Hindsight{}, nil
}

// standing returns what the registry had under the name of an attempt, as far as the attempts tell, and else what it has
// today.
func (r *Rehearsal) standing(ctx context.Context, a *muster.Attempt) (s muster.Standing, known muster.Enrolled, err error) {
	if f, told := r.fates[a.Name]; told && a.Reason != "" {
		return f.standing, known, nil
	}
	if s, told := r.found(a); told {
		return s, known, nil
	}
	return r.today(ctx, a.Name, a.At)
}

// found returns what the registry had under the name of an attempt, and whether the way that it went tells.
func (r *Rehearsal) found(a *muster.Attempt) (s muster.Standing, told bool) {
	listed := r.profile.Strategy == muster.StrategyCheckPreProvisioned
	switch a.Reason {
	case "":
		switch {
		case a.Way == muster.WayReleased, a.Way == muster.WayProved:
			return muster.StandingEnrolled, true
		case a.Way == muster.WayClaimed, a.Way == 0 && r.had.Strategy == muster.StrategyCheckPreProvisioned:
			return muster.StandingListed, true
		}
		return muster.StandingNone, true
	case muster.ReasonCredentialInvalid, muster.ReasonCredentialInUse:
		return muster.StandingNone, true
	case muster.ReasonCredentialRevoked:
		return muster.StandingListed, true
	case muster.ReasonDeviceProvisioned:
		return muster.StandingEnrolled, true
	case muster.ReasonDeviceSuspended:
		return muster.StandingSuspended, true
	case muster.ReasonDeviceNameTaken:
		return muster.StandingElsewhere, !listed // else it may be one that is listed
	case muster.ReasonDeviceNotListed:
		return muster.StandingNone, listed // else there may be one that is not
	}
	return muster.StandingEnrolled, wrongProof(a.Reason)
}

// today returns what the registry has under a name by now, but for what came later than at.
func (r *Rehearsal) today(ctx context.Context, name string, at time.Time) (s muster.Standing, known muster.Enrolled, err error) {
	if name == "" {
		return muster.StandingNone, known, nil // the server makes it
	}
	r.looked++
	known, err = r.s.store.Enrolled(ctx, name)
	d := &known.Device
	switch {
	case muster.KindOf(err) == muster.NotFound && err != nil, err == nil && d.CreatedAt.After(at):
		return muster.StandingNone, muster.Enrolled{}, nil
	case err != nil:
		return 0, known, fmt.Errorf("look for the device: %w", err)
	}
	if s = muster.StandingOf(d, r.profile.ID); s == muster.StandingListed && !d.ProvisionedAt.IsZero() && !d.ProvisionedAt.After(at) {
		s = muster.StandingEnrolled
	}
	return s, known, nil
}

// again is Service.letInAgain for an attempt.
func (r *Rehearsal) again(a *muster.Attempt, refusal error, released bool) muster.Hindsight {
	asBefore := r.profile.Settings.Reprovision == r.had.Settings.Reprovision && reconsidered(a.Reason)
	switch {
	case !reconsidered(refusal):
	case wrongProof(a.Reason) && hearsProof(r.profile):
		return asItWas(a)
	case released || a.Way == muster.WayReleased, a.Way == muster.WayProved && hearsProof(r.profile):
		return muster.Hindsight{}
	case hearsProof(r.profile) && a.Way == 0 && !asBefore:
		return unjudged("whether it would have proved that it is the device is not kept")
	}
	return refusedFor(refusal)
}

// waited reports whether an attempt came to the waiting room, or by it.
func waited(a *muster.Attempt) bool {
	switch a.Reason {
	case muster.ReasonProvisionPending, muster.ReasonProvisionRejected, muster.ReasonProvisionRoomFull:
		return true
	}
	return a.Way == muster.WayApproved
}

// ruled reports whether an attempt came as far as the rules that a profile and its keys set. Before them come the form of
// the request, the key's name and its secret, and how often the address has failed.
func ruled(a *muster.Attempt) bool {
	switch a.Reason {
	case "", muster.ReasonProvisionDisabled, muster.ReasonProvisionNeedsChain, muster.ReasonProvisionKeyRevoked,
		muster.ReasonProvisionKeySuspended, muster.ReasonProvisionKeyNotYet, muster.ReasonProvisionKeyExpired, muster.ReasonProvisionKeyNetwork,
		muster.ReasonDeviceNamePattern, muster.ReasonProvisionKeyExhausted:
		return true
	case muster.ReasonDeviceNameInvalid:
		return a.Name != "" // else it is refused before the key is looked for
	case muster.ReasonRateLimited, muster.ReasonRequestInvalid:
		return a.Key != ""
	}
	return reachedRegistry(a.Reason) || waited(a)
}

// reachedRegistry reports whether a refusal is the registry's.
func reachedRegistry(reason muster.Reason) bool {
	switch reason {
	case muster.ReasonDeviceNameTaken, muster.ReasonDeviceNotListed, muster.ReasonDeviceProvisioned, muster.ReasonDeviceSuspended,
		muster.ReasonCredentialInvalid, muster.ReasonCredentialInUse, muster.ReasonCredentialRevoked:
		return true
	}
	return wrongProof(reason)
}

// wrongProof reports whether a refusal is of a JWT that a device has signed to prove itself.
func wrongProof(reason muster.Reason) bool {
	switch reason {
	case muster.ReasonJWTMalformed, muster.ReasonJWTExpired, muster.ReasonJWTClockSkew, muster.ReasonJWTLifetimeTooLong,
		muster.ReasonJWTAudienceMismatch, muster.ReasonJWTSubjectMismatch, muster.ReasonJWTReplayed:
		return true
	}
	return false
}

// asOf returns a key as it was when an attempt came: closed if that was why it was refused, and else open if it was closed
// since.
func asOf(key *muster.ProvisionKey, a *muster.Attempt) muster.ProvisionKey {
	k := *key
	switch {
	case a.Reason == muster.ReasonProvisionKeySuspended:
		k.SuspendedAt = a.At
	case k.SuspendedAt.After(a.At):
		k.SuspendedAt = time.Time{}
	}
	return k
}

func asItWas(a *muster.Attempt) muster.Hindsight {
	return muster.Hindsight{Reason: a.Reason, Detail: a.Detail}
}

func refusedFor(err error) muster.Hindsight {
	return muster.Hindsight{Reason: muster.ReasonOf(err), Detail: muster.MessageOf(err)}
}

func unjudged(why string) muster.Hindsight { return muster.Hindsight{Unjudged: why} }
