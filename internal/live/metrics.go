package live

import "github.com/prometheus/client_golang/prometheus"

type metrics struct{ lost prometheus.Counter }

// newMetrics registers the metrics of a feed, of which listeners counts who listens; where r is nil, nobody reads them.
func newMetrics(r prometheus.Registerer, listeners func() float64) *metrics {
	m := &metrics{lost: prometheus.NewCounter(prometheus.CounterOpts{
		Name: "muster_event_gaps_total",
		Help: "Times that a stream of events was told that it has missed some.",
	})}
	if r != nil {
		r.MustRegister(m.lost, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "muster_event_streams",
			Help: "Streams of events that are open.",
		}, listeners))
	}
	return m
}
