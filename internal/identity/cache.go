package identity

import (
	"sync"
	"sync/atomic"
	"time"

	"muster"
)

// forgotten knows which answers of the store are out of date. Every answer remembers the generation in which the store
// was asked for it; forgetting a device begins a new generation, and answers about that device from before it count no
// more. So an answer that is under way while its device is forgotten is never believed.
type forgotten struct {
	generation atomic.Uint64

	mu    sync.RWMutex               // guards since and all
	since map[muster.DeviceID]uint64 // answers of earlier generations about the device are out of date
	all   uint64                     // answers of earlier generations are out of date
}

// maxForgotten bounds the list of devices. When it is full, everything is forgotten instead.
const maxForgotten = 4096

func (f *forgotten) add(device muster.DeviceID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	g := f.generation.Load() + 1
	if len(f.since) >= maxForgotten {
		clear(f.since)
		f.all = g
	}
	if f.since == nil {
		f.since = make(map[muster.DeviceID]uint64)
	}
	f.since[device] = g
	f.generation.Store(g)
}

// outdated reports whether an answer about the device, asked for in the given generation, counts no more.
func (f *forgotten) outdated(device muster.DeviceID, generation uint64) bool {
	if generation == f.generation.Load() {
		return false
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	return generation < f.all || generation < f.since[device]
}

const cacheShards = 16

// A cache remembers records: those that are not too old, not forgotten, and never more than its size.
type cache struct {
	forgotten *forgotten
	age       time.Duration
	size      int // of one shard
	shards    [cacheShards]cacheShard
}

type cacheShard struct {
	mu      sync.RWMutex // guards entries
	entries map[muster.LookupKey]entry
}

type entry struct {
	*record
	generation uint64
	at         time.Time
}

func newCache(f *forgotten, age time.Duration, size int) *cache {
	c := &cache{forgotten: f, age: age, size: max(size/cacheShards, 1)}
	for i := range c.shards {
		c.shards[i].entries = make(map[muster.LookupKey]entry)
	}
	return c
}

// shard returns where key is filed: a key is a keyed digest, which nobody outside can choose.
func (c *cache) shard(key muster.LookupKey) *cacheShard { return &c.shards[key[0]%cacheShards] }

// get returns what is remembered under key and still counts at now, else nil.
func (c *cache) get(key muster.LookupKey, now time.Time) *record {
	sh := c.shard(key)
	sh.mu.RLock()
	e, ok := sh.entries[key]
	sh.mu.RUnlock()
	if !ok || !c.counts(&e, now) {
		return nil
	}
	return e.record
}

func (c *cache) counts(e *entry, now time.Time) bool {
	return now.Sub(e.at) < c.age && !c.forgotten.outdated(e.who.Device, e.generation)
}

// put remembers a record that the store was asked for in that generation, at that time. When the cache is full, another
// makes room.
func (c *cache) put(key muster.LookupKey, r *record, generation uint64, at time.Time) {
	sh := c.shard(key)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if _, ok := sh.entries[key]; !ok && len(sh.entries) >= c.size {
		for other := range sh.entries { // in no order
			delete(sh.entries, other)
			break
		}
	}
	sh.entries[key] = entry{r, generation, at}
}

// sweep drops what no longer counts.
func (c *cache) sweep(now time.Time) {
	for i := range c.shards {
		sh := &c.shards[i]
		sh.mu.Lock()
		for key, e := range sh.entries {
			if !c.counts(&e, now) {
				delete(sh.entries, key)
			}
		}
		sh.mu.Unlock()
	}
}
