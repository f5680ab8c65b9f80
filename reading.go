package muster

import (
	"encoding/binary"
	"iter"
	"sync"
)

// A Reading is one value of one key of one device at one time.
type Reading struct {
	Key   string
	TS    int64 // epoch milliseconds
	Value Value
}

// Bounds of what a device may send at once.
const (
	MaxKeyLength = 255  // bytes in a key
	MaxKeys      = 1000 // keys in one message, all its samples together
)

// Values are the keys and values of one sample in their stored form: for each a key with its length before it (uvarint)
// and the value (Value.Encode). It is what travels from the parser to the disk, copied once.
type Values []byte

// Add appends a key and its value.
func (v Values) Add(key string, value Value) Values {
	return value.Encode(v.AddKey(key))
}

// AddKey appends a key; the caller appends the encoded value right after it.
func (v Values) AddKey(key string) Values {
	return append(binary.AppendUvarint(v, uint64(len(key))), key...)
}

// Cut splits off the first key and its encoded value without copying. It is not ok at the end and at damaged input.
func (v Values) Cut() (key, value []byte, rest Values, ok bool) {
	if len(v) == 0 {
		return nil, nil, nil, false
	}
	size, w := uint64(v[0]), 1
	if size >= 0x80 {
		size, w = binary.Uvarint(v)
	}
	if w <= 0 || size > uint64(len(v)-w) {
		return nil, nil, nil, false
	}
	end := w + int(size)
	n, ok := skipValue(v[end:])
	if !ok {
		return nil, nil, nil, false
	}
	return v[w:end:end], v[end : end+n : end+n], v[end+n:], true
}

// Raw iterates over keys and encoded values without copying. It stops early at damaged input.
func (v Values) Raw() iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		for key, value, rest, ok := v.Cut(); ok; key, value, rest, ok = rest.Cut() {
			if !yield(key, value) {
				return
			}
		}
	}
}

// All iterates over keys and values.
func (v Values) All() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for key, raw := range v.Raw() {
			value, _, _ := DecodeValue(raw)
			if !yield(string(key), value) {
				return
			}
		}
	}
}

// A Sample is what a device measured at one time.
type Sample struct {
	TS      int64 // epoch milliseconds
	Stamped bool  // the device gave the time itself; a later sample of the same key and time then replaces this one
	Values  Values
}

// Telemetry is one message of readings. Its memory is used again after Release.
type Telemetry struct {
	Samples []Sample
	Arena   []byte // where the samples' Values point into, while they are built
}

var telemetryPool = sync.Pool{New: func() any { return new(Telemetry) }}

// NewTelemetry returns an empty message from a pool.
func NewTelemetry() *Telemetry { return telemetryPool.Get().(*Telemetry) }

// Release gives the message back to the pool. Nobody may use it, or the Values in it, afterwards.
func (t *Telemetry) Release() {
	if cap(t.Arena) > 64<<10 || cap(t.Samples) > 1024 {
		return
	}
	clear(t.Samples)
	t.Samples, t.Arena = t.Samples[:0], t.Arena[:0]
	telemetryPool.Put(t)
}

// An Entry is one sample in a Batch, with whose it is and how long it is kept.
type Entry struct {
	Device    DeviceID
	Retention uint16 // days after its time; 0: for ever
	Stamped   bool
	TS        int64
	Values    Values
}

// A Batch gathers samples of many messages that are made durable together. It owns its bytes.
type Batch struct {
	Entries []Entry
	arena   []byte
}

// Add copies a sample into the batch.
func (b *Batch) Add(device DeviceID, retention uint16, s Sample) {
	start := len(b.arena)
	b.arena = append(b.arena, s.Values...)
	// Growing the arena leaves earlier entries pointing into the old one, which lives as long as they do.
	b.Entries = append(b.Entries, Entry{device, retention, s.Stamped, s.TS, Values(b.arena[start:len(b.arena):len(b.arena)])})
}

// Size returns how many bytes of values the batch holds.
func (b *Batch) Size() int { return len(b.arena) }

// Reset empties the batch and keeps its memory, unless it has grown beyond what is worth keeping.
func (b *Batch) Reset() {
	if cap(b.arena) > 4<<20 {
		*b = Batch{}
		return
	}
	clear(b.Entries)
	b.Entries, b.arena = b.Entries[:0], b.arena[:0]
}

// A Range says which readings of a key are wanted.
type Range struct {
	From, To int64 // epoch milliseconds; From inclusive, To exclusive
	Limit    int   // the first so many, oldest first
}

// Bounds of a Range.
const (
	DefaultRangeLimit = 1000
	MaxRangeLimit     = 100_000
)

// A Bucket is what the readings of one key come to within one stretch of time. Numbers alone count towards Min, Max and
// Sum; a boolean is 0 or 1 there.
type Bucket struct {
	TS       int64 // its beginning, epoch milliseconds
	Count    int   // readings of any type
	Numbers  int   // how many of them are numbers
	Min, Max float64
	Sum      float64
}

// Add counts a value in.
func (b *Bucket) Add(v Value) {
	b.Count++
	n, ok := v.Number()
	if !ok {
		return
	}
	if b.Numbers == 0 {
		b.Min, b.Max = n, n
	}
	b.Numbers++
	b.Min, b.Max, b.Sum = min(b.Min, n), max(b.Max, n), b.Sum+n
}

// MaxBuckets bounds the buckets of one answer.
const MaxBuckets = 10_000
