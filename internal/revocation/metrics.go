package revocation

import (
	"github.com/prometheus/client_golang/prometheus"
)

// metrics show how lists are, when somebody asks.
type metrics struct {
	s                   *Service
	next, entries, fail *prometheus.Desc
	answers, failing    *prometheus.Desc
	asked               *prometheus.CounterVec
}

func newMetrics(s *Service) *metrics {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("muster_revocation_list_"+name, help, []string{"list"}, nil)
	}
	return &metrics{
		s: s,
		asked: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "muster_ocsp_questions_total", Help: "Questions to OCSP responders of other authorities, by what they were answered: good, revoked, unknown, or none.",
		}, []string{"answer"}),
		answers: prometheus.NewDesc("muster_ocsp_answers", "Certificates of which it is remembered what an OCSP responder has said.", nil, nil),
		failing: prometheus.NewDesc("muster_ocsp_responder_failing", "Whether the OCSP responder gave no answer that could be used: 1, else 0.", []string{"responder"}, nil),
		next:    desc("next_update_timestamp_seconds", "When the next CRL should have come, in seconds since 1970, by list."),
		entries: desc("entries", "Certificates that are revoked, by list."),
		fail:    desc("failing", "Whether the last fetch of the list failed, or it is not believed: 1, else 0."),
	}
}

// Describe is prometheus.Collector.Describe.
func (m *metrics) Describe(to chan<- *prometheus.Desc) {
	to <- m.next
	to <- m.entries
	to <- m.fail
	to <- m.answers
	to <- m.failing
	m.asked.Describe(to)
}

// Collect is prometheus.Collector.Collect.
func (m *metrics) Collect(to chan<- prometheus.Metric) {
	for _, l := range m.s.Lists() {
		gauge := func(about *prometheus.Desc, v float64) {
			to <- prometheus.MustNewConstMetric(about, prometheus.GaugeValue, v, l.Name)
		}
		failing := 0.0
		if l.Failure != "" {
			failing = 1
		}
		gauge(m.fail, failing)
		gauge(m.entries, float64(l.Entries))
		if !l.NextUpdate.IsZero() {
			gauge(m.next, float64(l.NextUpdate.Unix()))
		}
	}
	to <- prometheus.MustNewConstMetric(m.answers, prometheus.GaugeValue, float64(m.s.answers.size()))
	for _, r := range m.s.Responders() {
		failing := 0.0
		if r.Failure != "" {
			failing = 1
		}
		to <- prometheus.MustNewConstMetric(m.failing, prometheus.GaugeValue, failing, r.URL)
	}
	m.asked.Collect(to)
}
