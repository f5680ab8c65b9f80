package provision

import (
	"net/netip"
	"time"

	"muster"
)

// The rule who gets in is pure: it asks nobody and changes nothing, so it can be rehearsed. It begins when the key's secret
// was right, with the key, and goes on with the device's name; what the registry has under the name is judged by
// muster.Standing.

// usable refuses the use of a key at now from the given address: its profile lets nobody in this way, or the key is
// revoked, outside its dates or outside its networks.
func usable(key *muster.ProvisionKey, profile *muster.Profile, now time.Time, from netip.Addr) error {
	switch profile.Strategy {
	case muster.StrategyAllowCreate, muster.StrategyCheckPreProvisioned:
		return key.Live(now, from)
	case muster.StrategyX509Chain:
		return muster.Refuse(muster.ReasonProvisionNeedsChain, "")
	}
	return muster.Refuse(muster.ReasonProvisionDisabled, "")
}

// admits refuses a device name that cannot be used at all or not with this key, and every name once the key has let in as
// many devices as it may.
func admits(key *muster.ProvisionKey, name string) error {
	if err := muster.CheckDeviceName(name); err != nil {
		return err
	}
	return key.Admits(name)
}

// reconsidered reports whether a device that is refused so may have been let in before, and be let in again.
func reconsidered(refusal error) bool {
	switch muster.ReasonOf(refusal) {
	case muster.ReasonDeviceNameTaken, muster.ReasonDeviceProvisioned, muster.ReasonCredentialRevoked, muster.ReasonProvisionKeyExhausted:
		return true
	default:
		return false
	}
}

// hearsProof reports whether a device of the profile that is in may prove that it is, to be let in again.
func hearsProof(profile *muster.Profile) bool {
	return profile.Settings.Reprovision == muster.ReprovisionSameProof
}
