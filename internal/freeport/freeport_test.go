package freeport_test

import (
	"net"
	"testing"

	"muster/internal/freeport"
)

func TestNoAddressIsHandedOutTwiceOrWhileSomebodyListens(t *testing.T) {
	var ports freeport.Ports
	seen := make(map[string]bool)
	for range 50 {
		address, err := ports.Address()
		if err != nil {
			t.Fatal(err)
		}
		if seen[address] {
			t.Fatalf("%s comes twice", address)
		}
		seen[address] = true
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
	}
	var others freeport.Ports
	for range 50 {
		address, err := others.Address()
		if err != nil {
			t.Fatal(err)
		}
		if seen[address] {
			t.Fatalf("somebody listens at %s", address)
		}
	}
}
