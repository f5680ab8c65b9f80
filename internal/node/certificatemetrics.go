package node

import (
	"github.com/prometheus/client_golang/prometheus"

	"muster/internal/issuer"
)

// certificateMetrics show when the certificates of the server and of its authority expire, those that count now, and how old the
// authority's CRLs are.
type certificateMetrics struct {
	issuer           *issuer.Issuer
	authority        *issuer.Authority
	expiry           *prometheus.Desc
	listMade, listTo *prometheus.Desc
}

func newCertificateMetrics(i *issuer.Issuer, a *issuer.Authority) *certificateMetrics {
	return &certificateMetrics{
		issuer: i, authority: a,
		expiry: prometheus.NewDesc("muster_certificate_expiry_timestamp_seconds",
			"When the certificates of the server and of its authority expire, in seconds since 1970, by use: server, intermediate or root.",
			[]string{"use"}, nil),
		listMade: prometheus.NewDesc("muster_authority_crl_this_update_timestamp_seconds",
			"When the newest CRL of a key of the authority was made, in seconds since 1970; each is made again after a day.", []string{"authority"}, nil),
		listTo: prometheus.NewDesc("muster_authority_crl_next_update_timestamp_seconds",
			"Until when the newest CRL of a key of the authority is given, in seconds since 1970.", []string{"authority"}, nil),
	}
}

// Describe is prometheus.Collector.Describe.
func (m *certificateMetrics) Describe(to chan<- *prometheus.Desc) {
	to <- m.expiry
	to <- m.listMade
	to <- m.listTo
}

// Collect is prometheus.Collector.Collect.
func (m *certificateMetrics) Collect(to chan<- prometheus.Metric) {
	for _, c := range m.issuer.Certificates() {
		to <- prometheus.MustNewConstMetric(m.expiry, prometheus.GaugeValue, float64(c.NotAfter.Unix()), c.Use)
	}
	for _, l := range m.authority.ListAges() {
		if l.ThisUpdate.IsZero() {
			continue
		}
		to <- prometheus.MustNewConstMetric(m.listMade, prometheus.GaugeValue, float64(l.ThisUpdate.Unix()), l.ID)
		to <- prometheus.MustNewConstMetric(m.listTo, prometheus.GaugeValue, float64(l.NextUpdate.Unix()), l.ID)
	}
}
