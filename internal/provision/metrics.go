package provision

import (
	"github.com/prometheus/client_golang/prometheus"

	"muster"
)

// metrics count the devices that were let in; who was refused and why is counted by the journal.
type metrics struct {
	created, claimed, repeated, readmitted prometheus.Counter
	renewed, added, rotated                prometheus.Counter
	suspended, held                        prometheus.Counter
}

func newMetrics(r prometheus.Registerer) *metrics {
	grants := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "muster_provision_grants_total",
		Help: "Devices let in, by how: created, claimed (listed before), renewed or added (the certificate of a device), repeated (the answer was asked for again), readmitted (let in before), rotated (in, and given another credential).",
	}, []string{"how"})
	suspended := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "muster_provision_keys_suspended_total",
		Help: "Provision keys that were suspended because they were asked for far more devices than their rate allows.",
	})
	held := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "muster_provision_pending_total",
		Help: "Requests that were filed to wait for somebody's approval.",
	})
	if r != nil {
		r.MustRegister(grants, suspended, held)
	}
	return &metrics{
		created:  grants.WithLabelValues("created"),
		claimed:  grants.WithLabelValues("claimed"),
		renewed:  grants.WithLabelValues("renewed"),
		added:    grants.WithLabelValues("added"),
		rotated:  grants.WithLabelValues("rotated"),
		repeated: grants.WithLabelValues("repeated"), readmitted: grants.WithLabelValues("readmitted"), suspended: suspended,
		held: held,
	}
}

// certified counts a device that was let in by its certificate.
func (m *metrics) certified(way muster.Way) {
	switch way {
	case muster.WayCreated:
		m.created.Inc()
	case muster.WayClaimed:
		m.claimed.Inc()
	case muster.WayRenewed:
		m.renewed.Inc()
	case muster.WayAdded:
		m.added.Inc()
	case muster.WayRepeated, muster.WayReleased, muster.WayProved, muster.WayApproved, muster.WayRotated:
	}
}
