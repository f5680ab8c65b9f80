package campaign

import (
	"github.com/prometheus/client_golang/prometheus"

	"muster"
)

type metrics struct {
	going   prometheus.Gauge
	devices *prometheus.GaugeVec
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		going: prometheus.NewGauge(prometheus.GaugeOpts{Name: "muster_campaigns", Help: "Campaigns that have not ended."}),
		devices: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "muster_campaign_devices", Help: "Devices of campaigns that have not ended, by how far they are.",
		}, []string{"step"}),
	}
	if r != nil {
		r.MustRegister(m.going, m.devices)
	}
	return m
}

func (m *metrics) show(going int, p *muster.CampaignProgress) {
	m.going.Set(float64(going))
	for step, n := range map[string]int{
		"waiting": p.Selected, "asked": p.Asked, "fetched": p.Fetched, "done": p.Done, "failed": p.Failed, "overdue": p.Overdue,
		"skipped": p.Skipped, "withdrawn": p.Withdrawn,
	} {
		m.devices.WithLabelValues(step).Set(float64(n))
	}
}

// add adds up what is counted of campaigns; Selected is of those that wait.
func add(total *muster.CampaignProgress, c *muster.Campaign) {
	p := &c.Progress
	total.Selected += c.Waiting()
	total.Asked += p.Asked
	total.Fetched += p.Fetched
	total.Done += p.Done
	total.Failed += p.Failed
	total.Overdue += p.Overdue
	total.Skipped += p.Skipped
	total.Withdrawn += p.Withdrawn
}
