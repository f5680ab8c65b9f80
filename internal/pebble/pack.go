package pebble

import (
	"encoding/binary"

	"muster"
)

// A pack is what is stored under one reading key: samples that one device sent in a row, of one class and one day, each
// not older than the one before. The key holds time and sequence of the first, the others count on from there. Each
// sample is its length in bytes times two, plus one if the device stamped it (uvarint), the milliseconds since the first
// (uvarint) and its muster.Values. Packs may overlap in time, but not by more than maxPackSpan.
const (
	maxPackSpan  = 60_000 // milliseconds from the first sample to the last
	maxPackBytes = 4 << 10
)

// packable reports whether a sample goes into the pack that begins with first, whose last sample is of ts so far.
func packable(first, e *muster.Entry, ts int64, size int) bool {
	if e.Retention != first.Retention || e.TS < ts || size+len(e.Values) > maxPackBytes {
		return false
	}
	if uint64(e.TS)-uint64(first.TS) > maxPackSpan { // not negative, and unsigned it cannot overflow
		return false
	}
	firstDay, _ := dayOf(first.TS)
	day, _ := dayOf(e.TS)
	return day == firstDay
}

func packedHead(e *muster.Entry) uint64 {
	head := uint64(len(e.Values)) << 1
	if e.Stamped {
		head |= 1
	}
	return head
}

// packedLen is the number of bytes that appendPacked appends.
func packedLen(e *muster.Entry, first int64) int {
	return uvarintLen(packedHead(e)) + uvarintLen(uint64(e.TS)-uint64(first)) + len(e.Values)
}

func appendPacked(b []byte, e *muster.Entry, first int64) []byte {
	b = binary.AppendUvarint(b, packedHead(e))
	b = binary.AppendUvarint(b, uint64(e.TS)-uint64(first))
	return append(b, e.Values...)
}

// cutPacked splits off the first sample of a pack. It is not ok at the end and at damaged input.
func cutPacked(b []byte) (since int64, stamped bool, v muster.Values, rest []byte, ok bool) {
	head, n := binary.Uvarint(b)
	if n <= 0 {
		return 0, false, nil, nil, false
	}
	ms, w := binary.Uvarint(b[n:])
	if w <= 0 || ms > maxPackSpan || head>>1 > uint64(len(b)-n-w) {
		return 0, false, nil, nil, false
	}
	b = b[n+w:]
	size := int(head >> 1)
	return int64(ms), head&1 != 0, muster.Values(b[:size]), b[size:], true
}

func uvarintLen(n uint64) int {
	w := 1
	for ; n >= 0x80; n >>= 7 {
		w++
	}
	return w
}
