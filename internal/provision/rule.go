package provision

import (
	"net/netip"
	"time"

	"muster"
)

// The rule who gets in is pure: it asks nobody and changes nothing, so it can be rehearsed. Its first half is about the
// key, after its secret was right, and its second about the device's name.

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
