package node

import (
	"github.com/prometheus/client_golang/prometheus"

	"muster/internal/issuer"
)

// certificateMetrics show when the certificates of the server and of its authority expire, those that count now.
type certificateMetrics struct {
	issuer *issuer.Issuer
	expiry *prometheus.Desc
}

func newCertificateMetrics(i *issuer.Issuer) *certificateMetrics {
	return &certificateMetrics{i, prometheus.NewDesc("muster_certificate_expiry_timestamp_seconds",
		"When the certificates of the server and of its authority expire, in seconds since 1970, by use: server, intermediate or root.",
		[]string{"use"}, nil)}
}

// Describe is prometheus.Collector.Describe.
func (m *certificateMetrics) Describe(to chan<- *prometheus.Desc) { to <- m.expiry }

// Collect is prometheus.Collector.Collect.
func (m *certificateMetrics) Collect(to chan<- prometheus.Metric) {
	for _, c := range m.issuer.Certificates() {
		to <- prometheus.MustNewConstMetric(m.expiry, prometheus.GaugeValue, float64(c.NotAfter.Unix()), c.Use)
	}
}
