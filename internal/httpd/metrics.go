package httpd

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	requests *prometheus.CounterVec
	ok       prometheus.Counter // of requests: by far the most
	panics   prometheus.Counter
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "muster_http_requests_total",
			Help: "Requests of devices over HTTP, by the status of the answer.",
		}, []string{"code"}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "muster_http_panics_total",
			Help: "Requests of devices over HTTP that ended in a recovered panic. Anything but 0 is a bug.",
		}),
	}
	m.ok = m.requests.WithLabelValues("200")
	if r != nil {
		r.MustRegister(m.requests, m.panics)
	}
	return m
}

func (m *metrics) count(code int) {
	if code == http.StatusOK {
		m.ok.Inc()
		return
	}
	m.requests.WithLabelValues(strconv.Itoa(code)).Inc()
}
