package revocation

import (
	"testing"

	"muster"
)

// BenchmarkCheckWithoutAResponder is what each handshake pays whose profile has nobody asked.
func BenchmarkCheckWithoutAResponder(b *testing.B) {
	root := newRoot(new(testing.T), "Plant")
	s, who := New(&shelf{}, Options{}), &muster.Identity{}
	chain := append(root.device(5), root.cert)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Check(b.Context(), chain, who); err != nil {
			b.Fatal(err)
		}
	}
}
