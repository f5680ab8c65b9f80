package journal

import (
	"slices"
	"strings"

	"muster"
)

// A Check is one that an attempt had to pass, and how it went.
type Check struct {
	Code   string // stable, and no other check's
	Name   string // the end of the code, which checks of other ways may have, too
	Asks   string // what has to be so, in one sentence without a full stop
	Result Result
}

// A Result is what became of a check.
type Result uint8

// The results.
const (
	NotReached Result = iota
	Passed
	Failed
)

var resultNames = [...]string{"not reached", "passed", "failed"}

// String returns the result's name.
func (r Result) String() string { return resultNames[min(int(r), len(resultNames)-1)] }

// Story returns the checks that an attempt had to pass, in the order in which they are made: passed up to the one that its
// reason names, and not reached from there on. It is nil where the reason names none, and for the end of a session.
func Story(a muster.Attempt) []Check {
	for _, way := range waysOf(&a) {
		at := slices.IndexFunc(way, func(s step) bool { return slices.Contains(s.fails, a.Reason) })
		if a.Reason == "" {
			at = len(way)
		}
		if at < 0 {
			continue
		}
		checks := make([]Check, len(way))
		for i, s := range way {
			checks[i] = Check{Code: s.code, Name: s.code[strings.IndexByte(s.code, '.')+1:], Asks: s.asks}
			switch {
			case i < at:
				checks[i].Result = Passed
			case i == at:
				checks[i].Result = Failed
			}
		}
		return checks
	}
	return nil
}

// A step is a check and the reasons with which it fails.
type step struct {
	code, asks string
	fails      []muster.Reason
}

// CheckCodes returns the codes of all checks, in their order.
func CheckCodes() []string {
	var codes []string
	for _, way := range [][]step{
		provisionWay(), chainWay(), renewalWay(), provenWay(), secretWay(), certificateWay(), jwtWay(), rotationWay(), messageWay(), lapsedWay(),
	} {
		for _, s := range way {
			codes = append(codes, s.code)
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// waysOf returns the ways that an attempt may have gone, the likeliest first.
func waysOf(a *muster.Attempt) [][]step {
	switch a.Action {
	case muster.ActionProvision:
		switch {
		case strings.HasPrefix(a.Shown, "certificate "):
			return [][]step{chainWay()}
		case strings.HasPrefix(a.Shown, "for a certificate, "):
			return [][]step{renewalWay()}
		}
		return [][]step{provisionWay()}
	case muster.ActionConnect:
		switch {
		case strings.HasPrefix(a.Shown, "certificate "):
			return [][]step{certificateWay()}
		case strings.HasPrefix(string(a.Reason), "jwt-"), strings.HasPrefix(a.Shown, "JWT"):
			return [][]step{jwtWay()}
		case a.Reason == "":
			return [][]step{provenWay()}
		}
		return [][]step{secretWay(), certificateWay()}
	case muster.ActionMessage:
		return [][]step{messageWay(), lapsedWay()}
	case muster.ActionRotate:
		return [][]step{rotationWay()}
	case muster.ActionDisconnect:
	}
	return nil
}

func provisionWay() []step {
	return []step{
		{"provision.request", "the request can be read", []muster.Reason{
			muster.ReasonPayloadInvalid, muster.ReasonPayloadTooLarge, muster.ReasonTopicUnknown,
			muster.ReasonMethodNotAllowed, muster.ReasonPacketTooLarge, muster.ReasonPacketMalformed,
		}},
		{"provision.rate", "neither the address nor the key has asked too often", []muster.Reason{muster.ReasonRateLimited}},
		{"provision.key", "there is a provision key of that name", []muster.Reason{muster.ReasonProvisionKeyUnknown, muster.ReasonProvisionDataNotFound}},
		{"provision.secret", "the secret is the key's", []muster.Reason{muster.ReasonProvisionSecretWrong}},
		{"provision.profile", "the profile lets devices in this way", []muster.Reason{
			muster.ReasonProvisionDisabled, muster.ReasonProvisionNeedsChain, muster.ReasonProfileMismatch,
		}},
		{"provision.validity", "the key is live", []muster.Reason{
			muster.ReasonProvisionKeyRevoked, muster.ReasonProvisionKeySuspended, muster.ReasonProvisionKeyNotYet, muster.ReasonProvisionKeyExpired,
		}},
		{"provision.network", "the key may be used from this address", []muster.Reason{muster.ReasonProvisionKeyNetwork}},
		{"provision.name", "the name may be used with the key", []muster.Reason{muster.ReasonDeviceNameInvalid, muster.ReasonDeviceNamePattern}},
		{"provision.maximum", "the key may let in one more", []muster.Reason{muster.ReasonProvisionKeyExhausted}},
		{"provision.device", "the profile expects the device, or nobody has its name", []muster.Reason{
			muster.ReasonDeviceNotListed, muster.ReasonDeviceNameTaken, muster.ReasonDeviceProvisioned, muster.ReasonDeviceSuspended,
		}},
		{"provision.proof", "the JWT that it proves itself by, if it does so, is right and new", []muster.Reason{
			muster.ReasonJWTMalformed, muster.ReasonJWTExpired, muster.ReasonJWTClockSkew, muster.ReasonJWTLifetimeTooLong,
			muster.ReasonJWTAudienceMismatch, muster.ReasonJWTSubjectMismatch, muster.ReasonJWTReplayed,
		}},
		{"provision.approval", "nobody has to approve it, or somebody has", []muster.Reason{
			muster.ReasonProvisionPending, muster.ReasonProvisionRejected, muster.ReasonProvisionRoomFull,
		}},
		{"provision.credential", "the credential can be used", []muster.Reason{
			muster.ReasonCredentialInvalid, muster.ReasonCredentialInUse, muster.ReasonCredentialRevoked,
			muster.ReasonCSRInvalid, muster.ReasonCSRSignatureWrong, muster.ReasonCSRKeyWeak, muster.ReasonCSRDigestWeak,
		}},
		kept(),
	}
}

// renewalWay is that of a device that shows who it is and asks for a certificate.
func renewalWay() []step {
	return []step{
		{"renewal.proof", "what was shown is a device's, valid now, and live", []muster.Reason{
			muster.ReasonCredentialsMissing, muster.ReasonTokenUnknown, muster.ReasonCertificateUnknown, muster.ReasonCertificateExpired,
			muster.ReasonCertificateNotYet, muster.ReasonCredentialRevoked, muster.ReasonCredentialNotYet, muster.ReasonCredentialExpired,
			muster.ReasonCredentialChanged,
		}},
		{"renewal.device", "the device may come in", []muster.Reason{muster.ReasonDeviceSuspended, muster.ReasonDeviceDeleted}},
		{"renewal.profile", "it is of the profile in the path", []muster.Reason{muster.ReasonProfileMismatch}},
		{"renewal.name", "it asks for its own name, and for the same names when it renews a certificate", []muster.Reason{muster.ReasonCSRSubjectMismatch}},
		{"renewal.rate", "neither the address nor the device has asked too often", []muster.Reason{muster.ReasonRateLimited}},
		{"renewal.request", "the signing request can be answered", []muster.Reason{
			muster.ReasonCSRInvalid, muster.ReasonCSRSignatureWrong, muster.ReasonCSRKeyWeak, muster.ReasonCSRDigestWeak,
			muster.ReasonDeviceNameInvalid,
		}},
		kept(),
	}
}

// Whichever way it was proved, who is let in has passed these.
func provenWay() []step {
	return append([]step{
		{"connect.proof", "what was shown is a device's", nil},
	}, doorWay()...)
}

func secretWay() []step {
	return append([]step{
		greeting(),
		{"secret.shown", "a credential was shown", []muster.Reason{muster.ReasonCredentialsMissing}},
		{"secret.known", "a device has this token, user name or client id", []muster.Reason{
			muster.ReasonTokenUnknown, muster.ReasonClientIDUnknown, muster.ReasonClientIDMismatch,
		}},
		{"secret.password", "the password is the credential's", []muster.Reason{muster.ReasonPasswordWrong}},
	}, doorWay()...)
}

func certificateWay() []step {
	door := slices.Insert(doorWay(), 2, revocationStep())
	return append([]step{
		greeting(),
		{"certificate.known", "a device has this certificate", []muster.Reason{
			muster.ReasonCertificateUnknown, muster.ReasonChainUntrusted,
		}},
		{"certificate.dates", "the certificate is valid now", []muster.Reason{muster.ReasonCertificateNotYet, muster.ReasonCertificateExpired}},
	}, door...)
}

func jwtWay() []step {
	return append([]step{
		greeting(),
		{"jwt.form", "the JWT can be read", []muster.Reason{muster.ReasonJWTMalformed}},
		{"jwt.key", "the device has a live key that the JWT may be signed with", []muster.Reason{muster.ReasonJWTKeyUnknown}},
		{"jwt.algorithm", "the JWT's algorithm is the key's", []muster.Reason{muster.ReasonJWTAlgorithmMismatch}},
		{"jwt.signature", "the signature is by that key", []muster.Reason{muster.ReasonJWTSignatureWrong}},
		{"jwt.expiry", "the JWT has not expired", []muster.Reason{muster.ReasonJWTExpired}},
		{"jwt.clock", "the JWT is not from the future", []muster.Reason{muster.ReasonJWTClockSkew}},
		{"jwt.lifetime", "the JWT is not valid for longer than the profile allows", []muster.Reason{muster.ReasonJWTLifetimeTooLong}},
		{"jwt.audience", "the JWT is for this server", []muster.Reason{muster.ReasonJWTAudienceMismatch}},
		{"jwt.subject", "the JWT is by this device", []muster.Reason{muster.ReasonJWTSubjectMismatch}},
	}, doorWay()...)
}

func greeting() step {
	return step{"connect.greeting", "the connection says hello properly, and its address has not failed too often", []muster.Reason{
		muster.ReasonRateLimited, muster.ReasonConnectTimeout, muster.ReasonPacketMalformed, muster.ReasonProtocolError,
		muster.ReasonPacketTooLarge, muster.ReasonOriginRefused, muster.ReasonProxyHeaderInvalid, muster.ReasonTopicUnknown,
	}}
}

// doorWay is asked of whoever has proved who it is.
func doorWay() []step {
	return []step{
		{"connect.credential", "the credential is live", []muster.Reason{
			muster.ReasonCredentialRevoked, muster.ReasonCredentialNotYet, muster.ReasonCredentialExpired, muster.ReasonCredentialChanged,
		}},
		{"connect.device", "the device may come in", []muster.Reason{muster.ReasonDeviceSuspended, muster.ReasonDeviceDeleted}},
		{"connect.session", "no other device shares the credential", []muster.Reason{muster.ReasonCredentialShared}},
		kept(),
	}
}

// rotationWay is asked of a device that has been recognised.
func rotationWay() []step {
	return []step{
		{"rotation.request", "the request can be read, and is for the device itself", []muster.Reason{muster.ReasonPayloadInvalid, muster.ReasonRequestInvalid}},
		{"rotation.present", "the credential that it has is live", []muster.Reason{
			muster.ReasonCredentialRevoked, muster.ReasonCredentialNotYet, muster.ReasonCredentialExpired,
		}},
		{"rotation.device", "the device may come in", []muster.Reason{muster.ReasonDeviceSuspended, muster.ReasonDeviceDeleted}},
		{"rotation.profile", "the profile lets the device ask", []muster.Reason{muster.ReasonRotationRefused}},
		{"rotation.type", "the profile lets it have one of that type", []muster.Reason{muster.ReasonRotationKind}},
		{"rotation.rate", "it has not asked too often", []muster.Reason{muster.ReasonRateLimited}},
		{"rotation.credential", "the credential can be used", []muster.Reason{
			muster.ReasonCredentialInvalid, muster.ReasonCredentialInUse, muster.ReasonCertificateExpired, muster.ReasonCertificateNameUnfit,
			muster.ReasonCSRInvalid, muster.ReasonCSRSignatureWrong, muster.ReasonCSRKeyWeak, muster.ReasonCSRDigestWeak,
		}},
		{"rotation.successor", "no other credential waits to be used", []muster.Reason{muster.ReasonRotationWaits}},
		kept(),
	}
}

func messageWay() []step {
	return []step{
		{"message.address", "something is served under the topic or path", []muster.Reason{muster.ReasonTopicUnknown, muster.ReasonMethodNotAllowed}},
		{"message.packet", "the packet is a proper one", []muster.Reason{muster.ReasonPacketMalformed, muster.ReasonProtocolError}},
		{"message.size", "the message is not too large", []muster.Reason{muster.ReasonPayloadTooLarge, muster.ReasonPacketTooLarge}},
		{"message.payload", "the payload can be read", []muster.Reason{muster.ReasonPayloadInvalid}},
		kept(),
	}
}

// lapsedWay is that of a device whose certificate has expired and which may do nothing but renew it.
func lapsedWay() []step {
	return []step{{"lapsed.credential", "the certificate has not expired", []muster.Reason{muster.ReasonCredentialExpired}}}
}

func kept() step {
	return step{"server", "the server has room for it", []muster.Reason{
		muster.ReasonStorageUnavailable, muster.ReasonStorageFull, muster.ReasonServerBusy, muster.ReasonStopping,
		muster.ReasonQueueFull, muster.ReasonInternal,
	}}
}
