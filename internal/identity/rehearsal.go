package identity

import "muster"

// Rehearse says what would have become of an attempt to connect if its profile's rule for JWTs had been this one. Nothing
// else of a profile is asked for when a device connects: what showed no JWT ends as it did.
func (s *Service) Rehearse(a *muster.Attempt, rule *muster.JWTRule) muster.Hindsight {
	same := muster.Hindsight{Reason: a.Reason, Detail: a.Detail}
	switch {
	case a.Claims == nil && claimed(a.Reason) && a.Reason != muster.ReasonJWTAudienceMismatch:
		return muster.Hindsight{Unjudged: "it is from before the journal kept what a JWT says"}
	case a.Claims == nil:
		return same
	}
	if err := checkClaims(a.Claims, rule, a.Name, *s.names.Load(), a.At); err != nil {
		return muster.Hindsight{Reason: muster.ReasonOf(err), Detail: muster.MessageOf(err)}
	}
	if claimed(a.Reason) {
		return muster.Hindsight{Detail: "if its credential was live and the device not suspended, which was not asked then"}
	}
	return same
}

// claimed reports whether a refusal is checkClaims's.
func claimed(reason muster.Reason) bool {
	switch reason {
	case muster.ReasonJWTExpired, muster.ReasonJWTClockSkew, muster.ReasonJWTLifetimeTooLong, muster.ReasonJWTAudienceMismatch,
		muster.ReasonJWTSubjectMismatch:
		return true
	}
	return false
}
