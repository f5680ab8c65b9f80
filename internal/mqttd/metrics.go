package mqttd

import (
	"github.com/prometheus/client_golang/prometheus"

	"muster"
)

// metrics are the figures of the server. None has a label that grows with the fleet.
type metrics struct {
	sessions   prometheus.Gauge
	packets    prometheus.Counter
	publishes  prometheus.Counter
	acks       prometheus.Counter
	messages   prometheus.Counter
	handshakes prometheus.Counter
	panics     prometheus.Counter
	refusals   *prometheus.CounterVec
	endings    *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "muster_mqtt_" + name, Help: help})
	}
	byReason := func(name, help string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "muster_mqtt_" + name, Help: help}, []string{"reason"})
	}
	m := &metrics{
		sessions:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "muster_mqtt_sessions", Help: "MQTT sessions that are open."}),
		packets:    counter("packets_received_total", "MQTT packets received after CONNECT."),
		publishes:  counter("publishes_received_total", "PUBLISH packets received."),
		acks:       counter("acknowledgements_sent_total", "PUBACK and PUBREC packets sent."),
		messages:   counter("publishes_sent_total", "PUBLISH packets sent."),
		handshakes: counter("tls_handshakes_failed_total", "TLS handshakes that failed."),
		panics:     counter("panics_total", "Connections that ended in a panic of the server."),
		refusals:   byReason("connects_refused_total", "Connections refused before they became a session, by reason."),
		endings:    byReason("sessions_ended_total", "Sessions that the server ended, by reason."),
	}
	if r != nil {
		r.MustRegister(m.sessions, m.packets, m.publishes, m.acks, m.messages, m.handshakes, m.panics, m.refusals, m.endings)
	}
	return m
}

func (m *metrics) refused(r muster.Reason) { m.refusals.WithLabelValues(string(r)).Inc() }

func (m *metrics) ended(r muster.Reason) { m.endings.WithLabelValues(string(r)).Inc() }
