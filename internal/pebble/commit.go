package pebble

import (
	"bytes"
	"encoding/binary"
	"slices"

	cockroach "github.com/cockroachdb/pebble/v2"

	"muster"
)

const (
	// counterBits of a sequence count samples, the rest of it is the epoch.
	counterBits = 40
	// collapseAfter is how many merge operands of one device are written until they are replaced by their sum, which
	// bounds what a reader of its latest values must merge.
	collapseAfter = 512
	// maxDevices is how many devices a writer remembers from commit to commit.
	maxDevices = 1 << 16
	// keepBatch is the largest batch whose memory is used again.
	keepBatch = 16 << 20
)

// Commit makes the batch durable. An empty batch only asks whether one would be taken. When Commit fails, the batch may be
// kept all the same, once the disk takes what it refuses now.
func (r *Readings) Commit(b *muster.Batch) error {
	if err := r.Healthy(); err != nil || len(b.Entries) == 0 {
		return err
	}
	batch := r.batch()
	r.mu.Lock()
	r.writer.write(batch, b.Entries, *r.classes.Load())
	if err := r.apply("commit readings", batch); err != nil {
		return err
	}
	batch.Reset()
	select {
	case r.batches <- batch:
	default:
		_ = batch.Close() // it was committed
	}
	return nil
}

// apply makes a batch durable, and lets go of mu, which is held, once its place in the log is settled. When it fails, the
// batch may be in use still: the disk refuses it, and nobody knows for how long.
func (r *Readings) apply(doing string, batch *cockroach.Batch) error {
	done := make(chan error, 1)
	go func() {
		err := r.db.ApplyNoSyncWait(batch, cockroach.Sync)
		if err == nil {
			r.addClasses(r.writer.classes)
		}
		r.mu.Unlock()
		if err == nil {
			err = batch.SyncWait()
		}
		done <- err
	}()
	select {
	case err := <-done:
		if err != nil {
			return broken(doing, err)
		}
		return nil
	case <-r.patience.halted():
		return r.patience.refusal(doing)
	}
}

func (r *Readings) batch() *cockroach.Batch {
	select {
	case b := <-r.batches:
		return b
	default:
		return r.db.NewBatch(cockroach.WithInitialSizeBytes(64<<10), cockroach.WithMaxRetainedSizeBytes(keepBatch))
	}
}

// A writer turns entries into a Pebble batch. It writes the samples of one device together, which makes them cheap to
// insert, and one merge operand for their latest values.
type writer struct {
	db       *cockroach.DB
	sequence uint64 // the next
	round    uint64
	classes  []uint16 // that the batch made

	devices map[muster.DeviceID]int // place in slots
	slots   []slot
	present []int // slots that the batch has entries of, in the order they came
	next    []int // for each entry the next of its device; 0 ends

	kept   []int    // entries whose samples make the operand
	keys   [][]byte // of the last of them
	key    []byte
	merged []byte
}

// A slot is what a writer knows about a device.
type slot struct {
	round       uint64 // the last in which it had entries
	first, last int    // of them
	operands    int    // since the last sum
}

func newWriter(db *cockroach.DB, epoch uint64) writer {
	return writer{db: db, sequence: epoch << counterBits, devices: make(map[muster.DeviceID]int)}
}

// write fills the batch. known are the classes that are filed already.
func (w *writer) write(batch *cockroach.Batch, entries []muster.Entry, known []uint16) {
	w.round++
	w.reserve(batch, len(entries))
	w.group(entries)
	w.fileClasses(batch, entries, known)
	// In the order of their keys: the path to a key in memory is then mostly the path to the one before.
	slices.SortFunc(w.present, func(a, b int) int {
		return bytes.Compare(entries[w.slots[a].first].Device[:], entries[w.slots[b].first].Device[:])
	})
	for _, i := range w.present {
		w.writeHistory(batch, entries, &w.slots[i])
	}
	for _, i := range w.present {
		w.writeLatest(batch, entries, &w.slots[i])
	}
}

// reserve begins a new epoch if the counter would run over within the batch.
func (w *writer) reserve(batch *cockroach.Batch, n int) {
	if epoch := w.sequence >> counterBits; (w.sequence+uint64(n))>>counterBits != epoch {
		w.sequence = (epoch + 1) << counterBits
		_ = batch.Set([]byte{kindEpoch}, binary.BigEndian.AppendUint64(nil, epoch+1), nil) // never fails before the commit
	}
}

// group links the entries of each device.
func (w *writer) group(entries []muster.Entry) {
	if len(w.slots) > maxDevices {
		clear(w.devices)
		w.slots = w.slots[:0]
	}
	w.present = w.present[:0]
	if cap(w.next) < len(entries) {
		w.next = make([]int, len(entries)+len(entries)/2)
	}
	w.next = w.next[:len(entries)]
	for e := range entries {
		w.next[e] = 0
		i, ok := w.devices[entries[e].Device]
		if !ok {
			i = len(w.slots)
			w.devices[entries[e].Device] = i
			w.slots = append(w.slots, slot{})
		}
		s := &w.slots[i]
		if s.round == w.round {
			w.next[s.last] = e
			s.last = e
			continue
		}
		s.round, s.first, s.last = w.round, e, e
		w.present = append(w.present, i)
	}
}

// fileClasses files the retention classes that have no readings yet.
func (w *writer) fileClasses(batch *cockroach.Batch, entries []muster.Entry, known []uint16) {
	w.classes = w.classes[:0]
	last := -1
	for e := range entries {
		class := entries[e].Retention
		if int(class) == last {
			continue
		}
		last = int(class)
		if !slices.Contains(known, class) && !slices.Contains(w.classes, class) {
			w.classes = append(w.classes, class)
			_ = batch.Set(classKey(class), nil, nil) // never fails before the commit
		}
	}
}

// writeHistory writes the samples of one device, in as few packs as they go into. The device's samples get sequences in
// the order they came.
func (w *writer) writeHistory(batch *cockroach.Batch, entries []muster.Entry, s *slot) {
	for e, more := s.first, true; more; {
		first := &entries[e]
		day, ms := dayOf(first.TS)
		begin, size, n := e, 0, 0
		for ts := first.TS; ; {
			entry := &entries[e]
			if n > 0 && !packable(first, entry, ts, size) {
				break
			}
			ts = entry.TS
			size += packedLen(entry, first.TS)
			n++
			if more = e != s.last; !more {
				break
			}
			e = w.next[e]
		}
		op := batch.SetDeferred(readingLen, size)
		putReading(op.Key, first.Retention, day, &first.Device, ms, w.sequence)
		pack := op.Value[:0]
		for e := begin; n > 0; e, n = w.next[e], n-1 {
			pack = appendPacked(pack, &entries[e], first.TS)
			w.sequence++
		}
		_ = op.Finish() // never fails without an index
	}
}

// writeLatest writes the operand of one device: of its samples those that no later one replaces whole.
func (w *writer) writeLatest(batch *cockroach.Batch, entries []muster.Entry, s *slot) {
	w.kept, w.keys = w.kept[:0], w.keys[:0]
	size := 0
	for e := s.first; ; e = w.next[e] {
		if i := w.replaced(entries, &entries[e]); i >= 0 {
			size -= sampleLen(&entries[w.kept[i]])
			w.kept = slices.Delete(w.kept, i, i+1)
		}
		w.kept = append(w.kept, e)
		size += sampleLen(&entries[e])
		if e == s.last {
			break
		}
	}
	device := entries[s.first].Device
	if s.operands++; s.operands >= collapseAfter && w.sum(batch, entries, device) {
		s.operands = 0
		return
	}
	op := batch.MergeDeferred(latestLen, size)
	op.Key[0] = kindLatest
	copy(op.Key[1:], device[:])
	w.appendKept(op.Value[:0], entries)
	_ = op.Finish() // never fails without an index
}

// replaced returns the place of a kept sample that the new one replaces whole, or -1, and remembers the new one's keys. It
// looks at the last few only: what it misses is merged later.
func (w *writer) replaced(entries []muster.Entry, e *muster.Entry) int {
	last := len(w.kept) - 1
	if last >= 0 && sameKeys(w.keys, e.Values) {
		if e.TS >= entries[w.kept[last]].TS {
			return last
		}
		return -1
	}
	w.keys = appendKeys(w.keys[:0], e.Values)
	for i := last - 1; i >= max(0, last-3); i-- {
		if old := &entries[w.kept[i]]; e.TS >= old.TS && sameKeys(w.keys, old.Values) {
			return i
		}
	}
	return -1
}

// appendKeys appends the keys of a sample, which stay where they are.
func appendKeys(keys [][]byte, v muster.Values) [][]byte {
	for key, _, rest, ok := v.Cut(); ok; key, _, rest, ok = rest.Cut() {
		keys = append(keys, key)
	}
	return keys
}

// sameKeys reports whether a sample names exactly these keys in this order.
func sameKeys(keys [][]byte, v muster.Values) bool {
	for _, want := range keys {
		key, _, rest, ok := v.Cut()
		if !ok || string(key) != string(want) {
			return false
		}
		v = rest
	}
	return len(v) == 0
}

func (w *writer) appendKept(b []byte, entries []muster.Entry) []byte {
	for _, e := range w.kept {
		b = appendSample(b, entries[e].TS, entries[e].Values)
	}
	return b
}

// sum replaces all operands of a device by what they come to, the new one among them.
func (w *writer) sum(batch *cockroach.Batch, entries []muster.Entry, device muster.DeviceID) bool {
	w.key = appendLatest(w.key[:0], device)
	value, closer, err := w.db.Get(w.key)
	if err != nil {
		return false // nothing there, or a fault that a reader will meet; an operand is right in any case
	}
	defer closer.Close()
	n := newestPool.Get().(*newest)
	defer n.Close()
	n.take(value, true)
	w.merged = w.appendKept(w.merged[:0], entries)
	n.take(w.merged, true)
	w.merged = n.append(w.merged[:0])
	_ = batch.Set(w.key, w.merged, nil) // never fails before the commit
	return true
}

func sampleLen(e *muster.Entry) int {
	return 8 + uvarintLen(uint64(len(e.Values))) + len(e.Values)
}
