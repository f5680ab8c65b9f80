package journal

import (
	"github.com/prometheus/client_golang/prometheus"

	"muster"
)

type metrics struct {
	attempts *prometheus.CounterVec
	lost     prometheus.Counter
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "muster_attempts_total",
			Help: "Attempts to get in or to connect, by action, transport and the reason of the refusal (empty: let in).",
		}, []string{"action", "transport", "reason"}),
		lost: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "muster_journal_lost_total",
			Help: "Attempts that the journal could not keep.",
		}),
	}
	if r != nil {
		r.MustRegister(m.attempts, m.lost)
	}
	return m
}

// count counts an attempt. Its reason comes from the catalogue, so the labels are few.
func (m *metrics) count(a *muster.Attempt) {
	m.attempts.WithLabelValues(a.Action.String(), a.Transport.String(), string(a.Reason)).Add(float64(max(a.Count, 1)))
}
