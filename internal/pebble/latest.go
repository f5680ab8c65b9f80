package pebble

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"

	cockroach "github.com/cockroachdb/pebble/v2"

	"muster"
)

// Bounds of what is kept as a device's latest readings. Beyond them those with the oldest times fall out.
const (
	maxLatestKeys  = 10_000
	maxLatestBytes = 4 << 20
)

// indexFrom is the number of keys from which on they are looked up in a map.
const indexFrom = 24

// mergerName is written into the database. It names what the bytes of a latest value mean and never changes for them.
const mergerName = "muster.latest.1"

// The value under kindLatest is a list of samples, each a time (8 bytes), a length (uvarint) and that many bytes of
// muster.Values. It holds for each key the reading with the greatest time, of equal times the later one; where it names a
// key twice, that rule applies from front to back. Merging is associative up to the bounds above. Damaged input counts up
// to where it is damaged.

// appendSample appends one sample to a latest value.
func appendSample(b []byte, ts int64, v muster.Values) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(ts))
	b = binary.AppendUvarint(b, uint64(len(v)))
	return append(b, v...)
}

// cutSample splits off the first sample of a latest value.
func cutSample(b []byte) (ts int64, v muster.Values, rest []byte, ok bool) {
	if len(b) < 9 {
		return 0, nil, nil, false
	}
	ts = int64(binary.BigEndian.Uint64(b))
	size, w := binary.Uvarint(b[8:])
	if w <= 0 || size > uint64(len(b)-8-w) {
		return 0, nil, nil, false
	}
	b = b[8+w:]
	return ts, muster.Values(b[:size]), b[size:], true
}

// A newest gathers the newest reading of each key out of any number of latest values.
type newest struct {
	held  []heldReading
	index map[string]int // key to its place in held; empty below indexFrom keys
	arena []byte
	live  int    // bytes of keys and values held
	round int    // counts the values taken in
	out   []byte // the result, kept for its memory
}

type heldReading struct {
	key, value []byte
	ts         int64
	round      int // of the value it came with
}

var newestPool = sync.Pool{New: func() any { return &newest{index: make(map[string]int)} }}

// merger tells Pebble how latest values of one device become one.
func merger() *cockroach.Merger {
	return &cockroach.Merger{
		Name: mergerName,
		Merge: func(_, value []byte) (cockroach.ValueMerger, error) {
			n := newestPool.Get().(*newest)
			n.take(value, true)
			return n, nil
		},
	}
}

// MergeNewer takes in a value that was written after all so far.
func (n *newest) MergeNewer(value []byte) error {
	n.take(value, true)
	return nil
}

// MergeOlder takes in a value that was written before all so far.
func (n *newest) MergeOlder(value []byte) error {
	n.take(value, false)
	return nil
}

// Finish returns the merged value, which is valid until the closer is closed.
func (n *newest) Finish(bool) ([]byte, io.Closer, error) {
	n.out = n.append(n.out[:0])
	return n.out, n, nil
}

// Close gives the memory back.
func (n *newest) Close() error {
	if cap(n.arena) <= 256<<10 && cap(n.out) <= 256<<10 && cap(n.held) <= 1024 {
		n.reset()
		newestPool.Put(n)
	}
	return nil
}

func (n *newest) reset() {
	clear(n.held)
	clear(n.index)
	n.held, n.arena, n.live, n.round = n.held[:0], n.arena[:0], 0, 0
}

// take merges one latest value that was written after (or before) all taken so far.
func (n *newest) take(value []byte, later bool) {
	n.round++
	expect := 0 // devices name their keys in the same order each time
	for ts, sample, rest, ok := cutSample(value); ok; ts, sample, rest, ok = cutSample(rest) {
		for key, v, more, ok := sample.Cut(); ok; key, v, more, ok = more.Cut() {
			i := n.find(key, expect)
			if i < 0 {
				i = n.add(key, v, ts)
			} else if h := &n.held[i]; ts > h.ts || ts == h.ts && (later || h.round == n.round) {
				n.replace(h, v, ts)
			}
			expect = i + 1
		}
	}
	if len(n.held) > 2*maxLatestKeys || n.live > 2*maxLatestBytes {
		n.trim()
	}
	if len(n.arena) > 64<<10+4*n.live {
		n.compact()
	}
}

// find returns the place of a key, or -1. It looks at the expected place first.
func (n *newest) find(key []byte, expect int) int {
	if expect < len(n.held) && bytes.Equal(n.held[expect].key, key) {
		return expect
	}
	if len(n.held) > indexFrom {
		if i, ok := n.index[string(key)]; ok {
			return i
		}
		return -1
	}
	for i := range n.held {
		if bytes.Equal(n.held[i].key, key) {
			return i
		}
	}
	return -1
}

func (n *newest) add(key, value []byte, ts int64) int {
	i := len(n.held)
	n.held = append(n.held, heldReading{n.keep(key), n.keep(value), ts, n.round})
	n.live += len(key) + len(value)
	switch {
	case i == indexFrom:
		n.reindex()
	case i > indexFrom:
		n.index[string(key)] = i
	}
	return i
}

func (n *newest) reindex() {
	clear(n.index)
	if len(n.held) > indexFrom {
		for i, h := range n.held {
			n.index[string(h.key)] = i
		}
	}
}

func (n *newest) replace(h *heldReading, value []byte, ts int64) {
	n.live += len(value) - len(h.value)
	h.ts, h.round = ts, n.round
	if len(value) <= cap(h.value) {
		h.value = append(h.value[:0], value...)
	} else {
		h.value = n.keep(value)
	}
}

func (n *newest) keep(b []byte) []byte {
	start := len(n.arena)
	n.arena = append(n.arena, b...)
	return n.arena[start:len(n.arena):len(n.arena)]
}

// trim drops the readings with the oldest times until the bounds hold; of equal times the greater keys go first.
func (n *newest) trim() {
	slices.SortFunc(n.held, func(a, b heldReading) int {
		return cmp.Or(cmp.Compare(b.ts, a.ts), bytes.Compare(a.key, b.key))
	})
	keep := 0
	for n.live = 0; keep < min(len(n.held), maxLatestKeys); keep++ {
		size := len(n.held[keep].key) + len(n.held[keep].value)
		if n.live+size > maxLatestBytes {
			break
		}
		n.live += size
	}
	clear(n.held[keep:])
	n.held = n.held[:keep]
	n.reindex()
}

// compact moves what is held into fresh memory.
func (n *newest) compact() {
	n.arena = make([]byte, 0, 2*n.live)
	for i := range n.held {
		h := &n.held[i]
		h.key, h.value = n.keep(h.key), n.keep(h.value)
	}
}

// append appends what is held as a latest value: neighbours of equal time share a sample.
func (n *newest) append(b []byte) []byte {
	if len(n.held) > maxLatestKeys || n.live > maxLatestBytes {
		n.trim()
	}
	var head [8 + binary.MaxVarintLen64]byte
	for i := 0; i < len(n.held); {
		ts, first, size := n.held[i].ts, i, 0
		for ; i < len(n.held) && n.held[i].ts == ts; i++ {
			key := len(n.held[i].key)
			size += uvarintLen(uint64(key)) + key + len(n.held[i].value)
		}
		b = append(b, appendHead(head[:0], ts, size)...)
		for _, h := range n.held[first:i] {
			b = binary.AppendUvarint(b, uint64(len(h.key)))
			b = append(append(b, h.key...), h.value...)
		}
	}
	return b
}

func appendHead(b []byte, ts int64, size int) []byte {
	return binary.AppendUvarint(binary.BigEndian.AppendUint64(b, uint64(ts)), uint64(size))
}

// Latest returns the newest reading of each key of the device, by key.
func (r *Readings) Latest(_ context.Context, device muster.DeviceID) ([]muster.Reading, error) {
	value, closer, err := r.db.Get(appendLatest(nil, device))
	if errors.Is(err, cockroach.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, broken("read latest readings", err)
	}
	defer closer.Close()
	n := newestPool.Get().(*newest)
	defer n.Close()
	n.take(value, true)
	readings := make([]muster.Reading, 0, len(n.held))
	for _, h := range n.held {
		if v, _, ok := muster.DecodeValue(h.value); ok {
			readings = append(readings, muster.Reading{Key: string(h.key), TS: h.ts, Value: v})
		}
	}
	slices.SortFunc(readings, func(a, b muster.Reading) int { return strings.Compare(a.Key, b.Key) })
	return readings, nil
}
