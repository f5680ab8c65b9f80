package journal

import "muster"

// chainWay is that of a device whose certificate nobody has, into a profile whose authority vouches for it. What has to be
// so of the chain has to be so of each certificate from the device's own to the authority's.
func chainWay() []step {
	return []step{
		{"chain.authority", "a profile knows an authority above the certificate", []muster.Reason{muster.ReasonCertificateUnknown}},
		{"chain.path", "each certificate is signed by the next, up to the authority", []muster.Reason{
			muster.ReasonChainUntrusted, muster.ReasonChainSignatureWrong,
		}},
		{"chain.keys", "every key is strong enough", []muster.Reason{muster.ReasonChainKeyWeak}},
		{"chain.signatures", "every signature is by an algorithm that proves something", []muster.Reason{muster.ReasonChainSignatureWeak}},
		{"chain.extensions", "every critical extension is known", []muster.Reason{muster.ReasonChainExtension}},
		{"chain.dates", "every certificate is valid now", []muster.Reason{
			muster.ReasonCertificateExpired, muster.ReasonCertificateNotYet, muster.ReasonChainExpired, muster.ReasonChainNotYet,
		}},
		{"chain.leaf", "the device's certificate is no authority's", []muster.Reason{muster.ReasonCertificateIsAuthority}},
		{"chain.authorities", "all others are authorities', with no more below them than they allow", []muster.Reason{
			muster.ReasonChainNotAuthority, muster.ReasonChainTooLong,
		}},
		{"chain.usage", "authorities' keys are for signing certificates, the device's for signatures", []muster.Reason{muster.ReasonChainKeyUsage}},
		{"chain.purpose", "the certificates are for clients", []muster.Reason{muster.ReasonCertificatePurpose}},
		{"chain.constraints", "the authorities may give the names in it", []muster.Reason{muster.ReasonChainNameConstraint}},
		revocationStep(),
		{"chain.name", "the profile's pattern finds a device name", []muster.Reason{muster.ReasonCertificateNameUnfit, muster.ReasonDeviceNameInvalid}},
		{"chain.device", "the profile expects the device, or may create it", []muster.Reason{
			muster.ReasonDeviceNotListed, muster.ReasonDeviceNameTaken, muster.ReasonDeviceSuspended, muster.ReasonProfileExhausted,
		}},
		{"chain.credential", "no other device has the certificate, and it was not revoked", []muster.Reason{
			muster.ReasonCredentialInUse, muster.ReasonCredentialRevoked,
		}},
		{"chain.renewal", "the certificate is newer than the device's, and the profile lets it in", []muster.Reason{
			muster.ReasonCertificateOlder, muster.ReasonCertificateRenewal,
		}},
		{"chain.rate", "neither the address nor the profile has asked too often", []muster.Reason{muster.ReasonRateLimited}},
		kept(),
	}
}

func revocationStep() step {
	return step{"certificate.revocation", "neither a list nor a responder says that a certificate is revoked, and where the profile wants it so, one of them says that it is not", []muster.Reason{
		muster.ReasonCertificateRevoked, muster.ReasonRevocationUnknown,
	}}
}
