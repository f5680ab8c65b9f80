package thingsboard

import (
	"testing"

	"muster"
)

func TestTelemetryNeedsNoMemory(t *testing.T) {
	for _, in := range []string{
		`{"temperature":22.5,"humidity":61,"firmware":"1.2.3"}`,
		`{"ts":1451649600512,"values":{"temperature":22.5,"humidity":61}}`,
		`[{"ts":1,"values":{"a":"\u00b0C"}},{"ts":2,"values":{"a":{"b":[1,2.5,null]}}}]`,
	} {
		body := []byte(in)
		message := muster.NewTelemetry() // held, for the pool forgets now and then under the race detector
		if n := testing.AllocsPerRun(100, func() {
			message.Samples, message.Arena = message.Samples[:0], message.Arena[:0]
			if err := scanTelemetry(message, body, 1); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", in, n)
		}
	}
}
