package main

import (
	"reflect"
	"testing"

	"muster/internal/node"
)

func TestEveryFlagHasItsKey(t *testing.T) {
	keys := map[string]bool{}
	eachSetting("", reflect.ValueOf(node.DefaultConfig()), func(key string, _ any) { keys[key] = true })
	for _, s := range settings() {
		if !keys[s.key()] {
			t.Errorf("--%s stands for %s, and there is no such key", s.name, s.key())
		}
	}
}
