// Package freeport finds ports for tests that have to know where a server will listen before it does.
package freeport

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync/atomic"
)

// The ports lie below those that Linux gives to who connects: a server that is started again wants its own.
const lowest, highest = 20000, 32767

// Ports hands out ports. The zero Ports is ready, and safe for concurrent use.
type Ports struct{ last atomic.Int64 }

// Address returns an address of this machine on which nobody listens, over TCP or UDP, and that was not handed out before.
func (p *Ports) Address() (string, error) {
	p.last.CompareAndSwap(0, 1+rand.Int64N(highest-lowest)) // other processes may do the same, and begin elsewhere
	for range highest - lowest {
		address := fmt.Sprintf("127.0.0.1:%d", lowest+p.last.Add(1)%(highest-lowest))
		if isFree(address) {
			return address, nil
		}
	}
	return "", errors.New("no port is free")
}

func isFree(address string) bool {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return false
	}
	defer l.Close()
	c, err := net.ListenPacket("udp", address)
	if err != nil {
		return false
	}
	c.Close()
	return true
}
