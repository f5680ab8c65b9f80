package pebble

import (
	"encoding/binary"
	"math"

	"muster"
)

// The keys of the database begin with a letter that says what they are:
//
//	v                                              layout version
//	e                                              epoch: how often sequences began anew
//	c class                                        a retention class that has readings
//	l device                                       the newest reading of each key: see latest.go
//	r class day device ms sequence                 a pack of samples: see pack.go
//
// class is the retention in days (2 bytes, 0 for ever), day the day of the first sample's time since 1970 (5 bytes, biased
// so that days before 1970 sort first), ms its time within that day (4 bytes), sequence its place in the order of arrival
// (8 bytes). Everything is big-endian. So a class loses its oldest days with one range deletion, what is written today
// lies together, and a device's packs of one day are neighbours, by time.
const (
	kindVersion = 'v'
	kindEpoch   = 'e'
	kindClass   = 'c'
	kindLatest  = 'l'
	kindReading = 'r'
)

const (
	msPerDay = 24 * 60 * 60 * 1000
	dayBias  = 1 << 39 // more than the days of any int64 of milliseconds

	classEnd   = 1 + 2         // length of a key up to and with its class
	dayEnd     = classEnd + 5  // with its day
	deviceEnd  = dayEnd + 16   // with its device
	msEnd      = deviceEnd + 4 // with its time
	readingLen = msEnd + 8     // the whole key
	latestLen  = 1 + 16
)

const (
	firstDay = math.MinInt64/msPerDay - 1
	lastDay  = math.MaxInt64 / msPerDay
)

// dayOf splits a time into its day and the milliseconds within it.
func dayOf(ts int64) (day int64, ms uint32) {
	day, rest := ts/msPerDay, ts%msPerDay
	if rest < 0 {
		day, rest = day-1, rest+msPerDay
	}
	return day, uint32(rest)
}

// timeOf is the inverse of dayOf.
func timeOf(day int64, ms uint32) int64 {
	if day < 0 { // so that the first day, which int64 holds only in part, does not overflow
		return (day+1)*msPerDay + (int64(ms) - msPerDay)
	}
	return day*msPerDay + int64(ms)
}

func appendClass(k []byte, class uint16) []byte {
	return binary.BigEndian.AppendUint16(append(k, kindReading), class)
}

func appendDay(k []byte, class uint16, day int64) []byte {
	biased := uint64(day + dayBias)
	k = appendClass(k, class)
	return append(k, byte(biased>>32), byte(biased>>24), byte(biased>>16), byte(biased>>8), byte(biased))
}

func appendDevice(k []byte, class uint16, day int64, device muster.DeviceID) []byte {
	return append(appendDay(k, class, day), device[:]...)
}

// putReading writes the key of a sample into k, which is readingLen long.
func putReading(k []byte, class uint16, day int64, device *muster.DeviceID, ms uint32, sequence uint64) {
	biased := uint64(day + dayBias)
	k[0] = kindReading
	binary.BigEndian.PutUint16(k[1:], class)
	k[classEnd] = byte(biased >> 32)
	binary.BigEndian.PutUint32(k[classEnd+1:], uint32(biased))
	copy(k[dayEnd:deviceEnd], device[:])
	binary.BigEndian.PutUint32(k[deviceEnd:], ms)
	binary.BigEndian.PutUint64(k[msEnd:readingLen], sequence)
}

// keyDay reads the day of a sample's key.
func keyDay(k []byte) int64 {
	return int64(uint64(k[classEnd])<<32|uint64(binary.BigEndian.Uint32(k[classEnd+1:]))) - dayBias
}

// keyPosition reads time and sequence of a sample's key.
func keyPosition(k []byte) (ts int64, sequence uint64) {
	return timeOf(keyDay(k), binary.BigEndian.Uint32(k[deviceEnd:])), binary.BigEndian.Uint64(k[msEnd:])
}

func appendLatest(k []byte, device muster.DeviceID) []byte {
	return append(append(k, kindLatest), device[:]...)
}

func classKey(class uint16) []byte {
	return binary.BigEndian.AppendUint16([]byte{kindClass}, class)
}

// after returns the first key behind all that begin with prefix, whose last byte may be anything but all of it 0xff.
func after(prefix []byte) []byte {
	k := append([]byte(nil), prefix...)
	for i := len(k) - 1; i >= 0; i-- {
		if k[i]++; k[i] != 0 {
			return k[:i+1]
		}
	}
	return nil
}
