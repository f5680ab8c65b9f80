package admin

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// newRequests counts what people and scripts ask for.
func newRequests(to prometheus.Registerer) *prometheus.CounterVec {
	return promauto.With(to).NewCounterVec(prometheus.CounterOpts{
		Name: "muster_api_requests_total",
		Help: "Requests of the API for people, by operation and status.",
	}, []string{"operation", "status"})
}

func newPanics(to prometheus.Registerer) prometheus.Counter {
	return promauto.With(to).NewCounter(prometheus.CounterOpts{
		Name: "muster_api_panics_total",
		Help: "Requests of the API for people that ended in a recovered panic. Anything but 0 is a bug.",
	})
}
