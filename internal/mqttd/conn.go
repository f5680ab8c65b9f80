package mqttd

import (
	"context"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"muster/internal/mqtt"
)

// A conn is one connection: first greeted, then a session whose goroutine is parked until bytes arrive and holds no
// buffer meanwhile.
type conn struct {
	s      *Server
	stream net.Conn // the wire, or TLS over it
	peer   peer
	leave  func()
	wire   wire

	// Of the roster.
	next, prev  *conn
	shard, slot uint8

	// Set by the greeting, then only read.
	version   mqtt.Version
	joining   bool   // a provisioning session
	problems  bool   // reason strings are welcome on every packet
	quiet     bool   // no reason strings at all
	expires   bool   // the client asked for a session that lasts
	maxSend   uint16 // publishes that the client takes at once
	limit     int    // remaining length of what it may send
	keepAlive uint32 // ticks of silence that end the session; 0: none do
	maxPacket uint32 // largest packet that the client takes; 0: any

	phase atomic.Uint32
	seen  atomic.Uint32 // tick at which something was last heard

	// Of the session's goroutine alone.
	in      *buffer // nil while nothing is left over
	filled  int     // bytes of in that are not handled yet
	aliases *[topicAliases][]byte

	mu       sync.Mutex      // guards what follows; never held while anything waits
	greeted  bool            // CONNACK is on its way
	stopping bool            // the server stops: the session ends once all is answered
	sending  bool            // somebody is in write
	silent   bool            // the last word is encoded
	finished bool            // the wire has been told to finish or to drop
	dropped  error           // why it was dropped, if that ended the session
	out      *buffer         // packets to be written; nil if there are none
	ring     *ring           // publishes that are not answered; nil if there are none
	room     chan struct{}   // closed when ring has room again; nil if nobody waits for that
	progress uint32          // tick of the last answer, or of the first publish since all were answered
	until    uint32          // tick at which the session ends; 0: never
	withheld error           // why the oldest publish is never acknowledged
	received map[uint16]bool // QoS 2 publishes before PUBREL; true once PUBREC is sent
	inflight int             // publishes with QoS 1 and 2 whose exchange is not over
	down     *downstream     // nil until something is subscribed to or sent
}

// catchUp serves what came from a socket along with the CONNECT, and reports whether the session is over with it. It belongs
// to the greeting, whose stack is deep already: what TLS has read, only reading tells.
func (c *conn) catchUp(ctx context.Context) (done bool) {
	switch {
	case c.wire.raw == nil:
		return false
	case c.handleAll(ctx):
		return true
	case c.stream != net.Conn(&c.wire):
		_ = c.wire.raw.Read(func(fd uintptr) bool {
			done = c.readable(ctx, fd)
			return true
		})
	}
	return done
}

// run is the session, until its end. It starts in a fresh goroutine, whose stack stays small until the client says something.
func (c *conn) run(ctx context.Context) {
	defer c.release()
	defer c.rescue()
	if c.wire.raw == nil {
		c.attend(ctx)
		return
	}
	heard := false
	_ = c.wire.raw.Read(func(fd uintptr) bool {
		heard = heard || arrived(fd)
		return heard && c.readable(ctx, fd)
	})
}

// readable is called when bytes may have arrived. It handles all there are and reports whether the session is over;
// if not, its goroutine is parked until there are more.
func (c *conn) readable(ctx context.Context, fd uintptr) (done bool) {
	c.wire.fd = int(fd)
	for c.phase.Load() == live {
		if c.in == nil {
			c.in = c.s.buffers.get(smallBuffer)
		}
		n, err := c.stream.Read(c.in.b[c.filled:])
		if n > 0 {
			c.seen.Store(c.s.clock.Load())
			c.filled += n
			if c.handleAll(ctx) {
				return true
			}
		} else if err != nil {
			c.giveBack()
			return err != error(wouldBlock{})
		}
	}
	c.filled = 0
	c.giveBack()
	return c.phase.Load() == over && c.wire.discard()
}

// giveBack returns the read buffer if no part of a packet is left in it.
func (c *conn) giveBack() {
	if c.filled == 0 && c.in != nil {
		c.s.buffers.put(c.in)
		c.in = nil
	}
}

// handleAll handles every packet that is whole and reports whether the client has said goodbye.
func (c *conn) handleAll(ctx context.Context) (goodbye bool) {
	if c.in == nil {
		return false
	}
	rest, size := c.in.b[:c.filled], 0
	packets, publishes := 0, 0
	var err error
	for c.phase.Load() == live && err == nil && !goodbye {
		var p mqtt.Packet
		p, size, err = mqtt.Next(rest, c.version, c.limit)
		if err != nil || size == 0 || size > len(rest) {
			break
		}
		rest = rest[size:]
		packets++
		if p.Type == mqtt.TypePublish {
			publishes++
		}
		goodbye, err = c.handle(ctx, p)
	}
	c.keep(rest, size)
	c.s.metrics.packets.Add(float64(packets))
	c.s.metrics.publishes.Add(float64(publishes))
	if err != nil {
		c.endAndNote(packetError(err))
	} else {
		c.flush()
	}
	return goodbye
}

// keep moves the rest to the front of a buffer that has room for size bytes.
func (c *conn) keep(rest []byte, size int) {
	from := c.in
	if size > len(from.b) {
		c.in = c.s.buffers.get(size)
		defer c.s.buffers.put(from)
	}
	c.filled = copy(c.in.b, rest)
}

// handle handles one packet. An error ends the session.
func (c *conn) handle(ctx context.Context, p mqtt.Packet) (goodbye bool, err error) {
	switch p.Type {
	case mqtt.TypePublish:
		return false, c.publish(ctx, p)
	case mqtt.TypePubrel:
		return false, c.pubrel(p)
	case mqtt.TypePuback, mqtt.TypePubrec, mqtt.TypePubcomp:
		return false, c.puback(p)
	case mqtt.TypeSubscribe:
		return false, c.subscribe(p)
	case mqtt.TypeUnsubscribe:
		return false, c.unsubscribe(p)
	case mqtt.TypePingreq:
		return false, c.pingreq(p)
	case mqtt.TypeDisconnect:
		err := c.disconnect(p)
		return err == nil, err
	case mqtt.TypeConnect:
		return false, &mqtt.Error{Code: mqtt.ProtocolError, Why: "a second CONNECT"} // [MQTT-3.1.0-2]
	case mqtt.TypeAuth:
		return false, &mqtt.Error{Code: mqtt.ProtocolError, Why: "AUTH without an authentication method"} // [MQTT-4.12.0-7]
	}
	return false, &mqtt.Error{Code: mqtt.ProtocolError, Why: "a packet that only servers send"}
}

// disconnect takes a DISCONNECT.
func (c *conn) disconnect(p mqtt.Packet) error {
	if c.version != mqtt.V5 {
		return p.Empty()
	}
	d, err := p.Disconnect()
	if err == nil && d.SessionExpiry > 0 && !c.expires { // [MQTT 5, 3.14.2.2.2]
		return &mqtt.Error{Code: mqtt.ProtocolError, Why: "a session that ends with its connection is asked to last"}
	}
	return err
}

func (c *conn) pingreq(p mqtt.Packet) error {
	if err := p.Empty(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.outgoing()
	out.b = mqtt.AppendPingresp(out.b) // [MQTT-3.12.4-1]
	return nil
}

// rescue keeps a panic from ending more than the connection.
func (c *conn) rescue() {
	if r := recover(); r != nil {
		c.s.metrics.panics.Inc()
		c.s.log.Error("connection panicked", "panic", r, "stack", string(debug.Stack()))
	}
}
