package main

import (
	"strings"
	"testing"
)

func TestExamplesAreCommandLines(t *testing.T) {
	for line := range strings.Lines(examples) {
		words := strings.Fields(line)
		check(t, "example.txt", words[1:])
		cmd, _, err := newRoot().Find(words[1:])
		if err != nil || !cmd.Runnable() || !strings.Contains(cmd.Example, strings.TrimSpace(line)) {
			t.Errorf("%s: it is no example of %q, %v", strings.TrimSpace(line), cmd.CommandPath(), err)
		}
	}
}
