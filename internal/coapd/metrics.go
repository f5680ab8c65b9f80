package coapd

import (
	"fmt"

	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	requests   *prometheus.CounterVec
	panics     prometheus.Counter
	malformed  prometheus.Counter
	handshakes prometheus.Counter // that failed
}

func newMetrics(r prometheus.Registerer, peers, sessions func() int) *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	gauge := func(name, help string, of func() int) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return float64(of()) })
	}
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "muster_coap_requests_total",
			Help: "Requests of devices over CoAP, by the code of the answer.",
		}, []string{"code"}),
		panics:     counter("muster_coap_panics_total", "Requests of devices over CoAP that ended in a recovered panic. Anything but 0 is a bug."),
		malformed:  counter("muster_coap_datagrams_malformed_total", "Datagrams that are not CoAP."),
		handshakes: counter("muster_coap_dtls_handshakes_failed_total", "DTLS handshakes that came to nothing."),
	}
	if r != nil {
		r.MustRegister(m.requests, m.panics, m.malformed, m.handshakes,
			gauge("muster_coap_peers", "Peers over plain UDP that are remembered.", peers),
			gauge("muster_coap_sessions", "DTLS sessions.", sessions))
	}
	return m
}

func (m *metrics) count(code codes.Code) {
	m.requests.WithLabelValues(fmt.Sprintf("%d.%02d", code>>5, code&0x1f)).Inc()
}
