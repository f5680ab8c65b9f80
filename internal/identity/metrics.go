package identity

import "github.com/prometheus/client_golang/prometheus"

// metrics count where answers came from; who was refused and why is counted by the journal.
type metrics struct {
	remembered, asked prometheus.Counter
}

func newMetrics(r prometheus.Registerer) *metrics {
	answers := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "muster_identity_lookups_total",
		Help: "Credentials looked up, by where the answer came from: memory or store.",
	}, []string{"from"})
	if r != nil {
		r.MustRegister(answers)
	}
	return &metrics{remembered: answers.WithLabelValues("memory"), asked: answers.WithLabelValues("store")}
}
