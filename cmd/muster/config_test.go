package main

import (
	"testing"

	"muster/internal/node"
)

func TestEveryFlagHasItsKey(t *testing.T) {
	keys := map[string]bool{}
	c := node.DefaultConfig()
	for key := range c.All() {
		keys[key] = true
	}
	for _, s := range settings() {
		if !keys[s.key()] {
			t.Errorf("--%s stands for %s, and there is no such key", s.name, s.key())
		}
	}
}
