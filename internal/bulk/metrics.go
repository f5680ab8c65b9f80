package bulk

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"muster"
)

// newRows counts the rows of imports, dry runs left out.
func newRows(to prometheus.Registerer) *prometheus.CounterVec {
	return promauto.With(to).NewCounterVec(prometheus.CounterOpts{
		Name: "muster_import_rows_total",
		Help: "Rows of imported files, by what has become of them.",
	}, []string{"outcome"})
}

// count adds what an import has come to since it was at before.
func (s *Service) count(before, after muster.ImportProgress) {
	for outcome, n := range map[string]int{
		"created": after.Created - before.Created, "updated": after.Updated - before.Updated,
		"unchanged": after.Unchanged - before.Unchanged, "failed": after.Failed - before.Failed,
	} {
		s.rows.WithLabelValues(outcome).Add(float64(n))
	}
}
