package sqlite

import (
	"sync"

	"muster"
)

// maxKnown bounds the profiles, and the provision keys, that are remembered.
const maxKnown = 1000

// A known is what was read of profiles and provision keys since the last write that changed one. Nearly everything that
// devices wait for needs them; they are the same for many devices and change seldom.
//
// Whoever reads takes the Registry's known first and looks at the database then. A write that changes one of them replaces
// known by an empty one, after its commit and before its answer. So a read that begins after that answer finds the change,
// and an older one that is still under way files what it has read where nobody looks any more. Nobody may change what a
// remembered profile or key points to.
type known struct {
	mu       sync.RWMutex // guards the maps
	profiles map[muster.ProfileID]muster.Profile
	keys     map[string]keyed // those without a maximum, whose count of devices is of no consequence
}

// keyed is a provision key together with its profile.
type keyed struct {
	key     muster.ProvisionKey
	profile muster.Profile
}

func newKnown() *known {
	return &known{profiles: make(map[muster.ProfileID]muster.Profile), keys: make(map[string]keyed)}
}

// profile returns the profile of that id, which a column of r refers to.
func (k *known) profile(r *row, id muster.ProfileID) muster.Profile {
	k.mu.RLock()
	p, ok := k.profiles[id]
	k.mu.RUnlock()
	if ok {
		return p
	}
	p, err := one(r.conn, readProfile, profileByID, blob(id[:]))
	if err != nil {
		r.fail(err)
		return p
	}
	remember(k, k.profiles, id, p)
	return p
}

// key returns the key called name if it is remembered.
func (k *known) key(name string) (found keyed, ok bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	found, ok = k.keys[name]
	return found, ok
}

// readKeyed reads a provision key, with its profile, and remembers it.
func (k *known) readKeyed(r *row) keyed {
	key := readProvisionKey(r)
	found := keyed{key, k.profile(r, key.Profile)}
	if key.MaxDevices == 0 && r.err == nil {
		remember(k, k.keys, key.Key, found)
	}
	return found
}

// remember files v in a map of k, unless it is full.
func remember[K comparable, V any](k *known, in map[K]V, key K, v V) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(in) < maxKnown {
		in[key] = v
	}
}

// forget is called by whoever has changed a profile or a provision key.
func (r *Registry) forget() { r.known.Store(newKnown()) }
