package main

import (
	"io"
	"net"
	"slices"
	"time"
)

// latencies are how long things took.
type latencies []time.Duration

func (l *latencies) add(d time.Duration) { *l = append(*l, d) }

// percentile returns the time within which n of a hundred were done.
func (l latencies) percentile(n int) time.Duration {
	if len(l) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(l))
	return sorted[min(len(sorted)*n/100, len(sorted)-1)]
}

func readFull(c net.Conn, b []byte) (int, error) {
	n, err := io.ReadFull(c, b)
	return n, noEOF(err)
}
