package mqttd

import (
	"context"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"muster"
	"muster/internal/mqtt"
)

// A committer answers publishes as telemetry does: what gathers while it answers is the next batch.
type committer struct {
	mu    sync.Mutex // guards batch
	batch []pending
	wake  chan struct{}
	stop  chan struct{}
}

type pending struct {
	to  muster.Answerer
	tag uint64
}

func newCommitter(t testing.TB) *committer {
	c := &committer{wake: make(chan struct{}, 1), stop: make(chan struct{})}
	go c.run()
	t.Cleanup(func() { close(c.stop) })
	return c
}

func (c *committer) keep(_ *guest, _, _ string, to muster.Answerer, tag uint64) {
	c.mu.Lock()
	c.batch = append(c.batch, pending{to, tag})
	first := len(c.batch) == 1
	c.mu.Unlock()
	if first {
		select {
		case c.wake <- struct{}{}:
		default:
		}
	}
}

func (c *committer) run() {
	var spare []pending
	for {
		select {
		case <-c.wake:
		case <-c.stop:
			return
		}
		c.mu.Lock()
		batch := c.batch
		c.batch = spare[:0]
		c.mu.Unlock()
		for i, p := range batch {
			p.to.Answer(p.tag, muster.Message{}, nil)
			if i+1 == len(batch) || batch[i+1].to != p.to {
				p.to.Flush()
			}
		}
		spare = batch
	}
}

// silent is a guest that takes what it is handed without a note of it.
type silent struct {
	guest
	to *committer
}

func (g *silent) Handle(_ context.Context, _, _ []byte, to muster.Answerer, tag uint64) {
	g.to.keep(nil, "", "", to, tag)
}

type silentHouse struct {
	house
	to *committer
}

func (h *silentHouse) Connect(context.Context, *muster.Hello) (peer, error) {
	g := &silent{to: h.to}
	g.house = &h.house
	return g, nil
}

// BenchmarkPublish sends QoS 1 publishes through loopback, a window at a time on each of a few connections, and waits for
// their acknowledgements. What it allocates is allocated by the server.
func BenchmarkPublish(b *testing.B) {
	for _, conns := range []int{1, 16} {
		b.Run(fmt.Sprintf("%d connections", conns), func(b *testing.B) {
			h := &silentHouse{to: newCommitter(b)}
			s := newServer(h, Options{})
			l := listen(b)
			go func() { _ = s.Serve(l) }()
			b.Cleanup(func() { _ = s.Shutdown(b.Context()) })
			const batch = 16
			var request []byte
			for id := range uint16(batch) {
				request = append(request, publishPacket(mqtt.V311, "v1/devices/me/telemetry", `{"temperature":22.5,"humidity":61,"firmware":"1.2.3"}`, 1, id+1)...)
			}
			var devices []*device
			for range conns {
				d := enter(b, l.Addr().String(), mqtt.V311)
				_ = d.SetDeadline(time.Time{})
				devices = append(devices, d)
			}
			answers := make([]byte, 4*batch)
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; i < b.N; i += batch * conns {
				for _, d := range devices {
					_, _ = d.Write(request)
				}
				for _, d := range devices {
					_, _ = io.ReadFull(d, answers)
				}
			}
		})
	}
}
