package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"muster"
)

type metrics struct {
	messages, samples, bytes prometheus.Counter
	failed                   *prometheus.CounterVec
	seconds, size            prometheus.Histogram
}

func newMetrics(r prometheus.Registerer, in *Intake) *metrics {
	m := &metrics{
		messages: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "muster_telemetry_messages_total", Help: "Messages whose readings were made durable.",
		}),
		samples: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "muster_telemetry_samples_total", Help: "Samples that were made durable; a sample is what a device measured at one time.",
		}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "muster_telemetry_bytes_total", Help: "Bytes of keys and values that were made durable, before compression.",
		}),
		failed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "muster_telemetry_commits_failed_total", Help: "Commits that failed, by reason. Nothing in them was acknowledged.",
		}, []string{"reason"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "muster_telemetry_commit_seconds", Help: "How long commits took.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 2, 16),
		}),
		size: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "muster_telemetry_commit_messages", Help: "How many messages went into one commit.",
			Buckets: prometheus.ExponentialBuckets(1, 4, 9),
		}),
	}
	if r != nil {
		r.MustRegister(m.messages, m.samples, m.bytes, m.failed, m.seconds, m.size, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "muster_telemetry_queued_bytes", Help: "Bytes of samples that wait for the next commit.",
		}, func() float64 {
			bytes, _ := in.Queued()
			return float64(bytes)
		}))
	}
	return m
}

func (m *metrics) committed(l *load, took time.Duration, err error) {
	m.seconds.Observe(took.Seconds())
	if err != nil {
		m.failed.WithLabelValues(string(muster.ReasonOf(err))).Inc()
		return
	}
	m.messages.Add(float64(len(l.senders)))
	m.samples.Add(float64(len(l.batch.Entries)))
	m.bytes.Add(float64(l.batch.Size()))
	m.size.Observe(float64(len(l.senders)))
}
