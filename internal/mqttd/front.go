package mqttd

import (
	"context"
	"iter"

	"muster"
	"muster/internal/dispatch"
)

// Limits that devices may ask dispatch for, and this transport holds.
const (
	packetLimit = dispatch.DefaultMaxPayload // remaining length, unless Options say otherwise
	window      = dispatch.MaxInflight       // publishes that wait for their answer
)

// front is where connections are judged: the dispatch.
type front interface {
	Connect(ctx context.Context, h *muster.Hello) (peer, error)
	Note(a muster.Attempt)
}

// peer is a *dispatch.Peer.
type peer interface {
	Provisioning() bool
	Identity() *muster.Identity
	Grants(filter string) bool
	Subscribed(filters iter.Seq[string], to dispatch.Client)
	Handle(ctx context.Context, address, body []byte, to muster.Answerer, tag uint64)
	Listen(hangup func(error)) (leave func(), err error)
	Note(action muster.Action, err error)
}

type dispatchFront struct{ *dispatch.Dispatcher }

func (f dispatchFront) Connect(ctx context.Context, h *muster.Hello) (peer, error) {
	p, err := f.Dispatcher.Connect(ctx, h)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// New returns a Server whose connections d judges. It serves nothing until Serve or ServeTLS is called.
func New(d *dispatch.Dispatcher, o Options) *Server { return newServer(dispatchFront{d}, o) }
