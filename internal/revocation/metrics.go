package revocation

import (
	"github.com/prometheus/client_golang/prometheus"
)

// metrics show how lists are, when somebody asks.
type metrics struct {
	s                   *Service
	next, entries, fail *prometheus.Desc
}

func newMetrics(s *Service) *metrics {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("muster_revocation_list_"+name, help, []string{"list"}, nil)
	}
	return &metrics{
		s:       s,
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
}
