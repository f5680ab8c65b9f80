package sqlite

import (
	"sync"

	"muster"
)

// maxKnown bounds the profiles that are remembered.
const maxKnown = 1000

// knownProfiles are profiles that were read since the last write that changed one. Nearly everything that devices wait
// for needs the profile, which is the same for many of them and changes seldom.
//
// Whoever reads takes the Registry's knownProfiles first and looks at the database then. A write that changes a profile
// replaces them by none, after its commit and before its answer. So a read that begins after that answer finds the
// change, and an older one that is still under way files what it has read where nobody looks any more.
type knownProfiles struct {
	mu   sync.RWMutex // guards byID
	byID map[muster.ProfileID]muster.Profile
}

func newKnownProfiles() *knownProfiles {
	return &knownProfiles{byID: make(map[muster.ProfileID]muster.Profile)}
}

// of returns the profile of that id, which a column of r refers to. Nobody may change what it points to.
func (k *knownProfiles) of(r *row, id muster.ProfileID) muster.Profile {
	k.mu.RLock()
	p, ok := k.byID[id]
	k.mu.RUnlock()
	if ok {
		return p
	}
	p, err := one(r.conn, readProfile, profileByID, blob(id[:]))
	if err != nil {
		r.fail(err)
		return p
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.byID) < maxKnown {
		k.byID[id] = p
	}
	return p
}

// forgetProfiles is called by whoever has changed a profile.
func (r *Registry) forgetProfiles() { r.known.Store(newKnownProfiles()) }
