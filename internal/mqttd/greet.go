package mqttd

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"os"
	"time"

	"muster"
	"muster/internal/mqtt"
)

// greet takes a connection from its first byte to CONNACK, and starts the session or ends the connection. It runs in one
// of the greeters, because its stack grows deep. With a config the client is to speak TLS; below is the TLS that the
// connection has come by already, nil if by none.
func (c *conn) greet(ctx context.Context, config *tls.Config, below *tls.ConnectionState) {
	session := false
	defer func() {
		if !session {
			c.release()
		}
	}()
	defer c.rescue()
	c.stream = &c.wire
	if config != nil && !c.handshake(config) {
		return
	}
	connect, ok := c.introduction()
	if !ok {
		return
	}
	if !c.judge(ctx, &connect, c.hello(&connect, below)) {
		return
	}
	if !c.welcome(&connect) || c.catchUp(ctx) {
		return
	}
	session = true
	go c.run(ctx)
}

// handshake puts TLS over the wire. What the client shows is not judged here.
func (c *conn) handshake(config *tls.Config) bool {
	_ = c.wire.SetReadDeadline(time.Now().Add(handshakePatience * c.s.tick))
	t := tls.Server(&c.wire, config)
	c.stream = t
	c.wire.turn.of = c.s.turns
	err := t.Handshake()
	c.wire.turn.end(&c.wire)
	if err != nil {
		c.s.metrics.handshakes.Inc()
		c.s.log.Debug("a TLS handshake failed", "remote", c.wire.RemoteAddr(), "error", err)
		c.linger()
		return false
	}
	return true
}

// introduction waits for the CONNECT. What the client has sent after it stays in the read buffer.
func (c *conn) introduction() (connect mqtt.Connect, ok bool) {
	_ = c.wire.SetReadDeadline(time.Now().Add(connectPatience * c.s.tick))
	p, err := c.firstPacket()
	if err == nil {
		connect, err = p.Connect()
		c.version, c.maxPacket = connect.Version, connect.MaximumPacket
	}
	if err != nil {
		c.refuseStranger(err)
	}
	return connect, err == nil
}

// firstPacket reads until the first packet is whole and returns a copy of it; what follows stays in the read buffer.
func (c *conn) firstPacket() (mqtt.Packet, error) {
	if c.stream == net.Conn(&c.wire) {
		if err := c.wire.await(); err != nil {
			return mqtt.Packet{}, err
		}
	}
	c.in = c.s.buffers.get(smallBuffer)
	for {
		n, err := c.stream.Read(c.in.b[c.filled:])
		if err != nil {
			return mqtt.Packet{}, err
		}
		c.filled += n
		p, size, err := mqtt.Next(c.in.b[:c.filled], mqtt.V311, connectLimit)
		switch {
		case err != nil:
			return p, err
		case p.Type != 0 && p.Type != mqtt.TypeConnect:
			return p, &mqtt.Error{Code: mqtt.ProtocolError, Why: "the first packet is not CONNECT"} // [MQTT-3.1.0-1]
		case size > 0 && size <= c.filled:
			p.Body = bytes.Clone(p.Body)
			c.keep(c.in.b[size:c.filled], 0)
			c.giveBack()
			return p, nil
		}
		c.keep(c.in.b[:c.filled], size)
	}
}

// refuseStranger refuses a connection on which no CONNECT came. A client that just goes away is no attempt.
func (c *conn) refuseStranger(err error) {
	var packet []byte
	switch wrong, ok := errors.AsType[*mqtt.Error](err); {
	case ok:
		var code mqtt.Code
		if code, err = packetError(err); c.version == mqtt.V5 {
			packet = mqtt.AppendConnack(nil, &mqtt.Connack{Code: code, Reason: c.reason(err)}) // [MQTT-3.1.4-1]
		} else if wrong.Code == mqtt.UnsupportedVersion {
			packet = mqtt.AppendReturn(nil, mqtt.UnacceptableVersion) // [MQTT-3.1.2-2]
		}
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = muster.Refuse(muster.ReasonConnectTimeout, "")
	case !isRefusal(err):
		return
	}
	c.note("", err)
	c.refuse(packet, err)
}

// note writes into the journal why the transport itself refuses the client.
func (c *conn) note(clientID string, err error) {
	c.s.front.Note(muster.Attempt{
		Action: muster.ActionConnect, Transport: muster.MQTT, Remote: c.remote(),
		Name: clientID, Reason: muster.ReasonOf(err), Detail: muster.MessageOf(err),
	})
}

// refuse sends a client that may not come in the packet that says so.
func (c *conn) refuse(packet []byte, err error) {
	c.s.metrics.refused(muster.ReasonOf(err))
	if c.maxPacket == 0 || len(packet) <= int(c.maxPacket) { // [MQTT-3.1.2-24]
		_, _ = c.stream.Write(packet)
	}
	c.linger()
}

// linger finishes a connection that is no session, and gives the client a moment to take the last words.
func (c *conn) linger() {
	c.finish()
	c.wire.discard()
}

func (c *conn) remote() netip.Addr {
	if a, ok := c.wire.RemoteAddr().(*net.TCPAddr); ok {
		return a.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

// hello puts the CONNECT into words.
func (c *conn) hello(connect *mqtt.Connect, below *tls.ConnectionState) *muster.Hello {
	h := &muster.Hello{
		Transport: muster.MQTT,
		Remote:    c.remote(),
		ClientID:  string(connect.ClientID),
		Username:  string(connect.Username),
		Password:  muster.Secret(connect.Password),
	}
	if t, ok := c.stream.(*tls.Conn); ok {
		h.Secure = true
		h.Chain = t.ConnectionState().PeerCertificates // of a resumed session too
	} else if below != nil {
		h.Secure, h.Chain = true, below.PeerCertificates
	}
	return h
}

// judge asks dispatch whether the client may come in, and refuses it if not.
func (c *conn) judge(ctx context.Context, connect *mqtt.Connect, h *muster.Hello) bool {
	no, err := unserved(connect)
	if err != nil {
		c.note(h.ClientID, err)
	} else if err = c.enter(ctx, h); err != nil {
		c.s.logInternal("a connection attempt failed", err)
		no = connectRefusal(h, err)
	} else {
		return true
	}
	c.refuse(no.packet(c.version, c.reason(err)), err)
	return false
}

// enter makes the client a peer that can be hung up. Why that happens, and why it fails, dispatch writes into the journal.
func (c *conn) enter(ctx context.Context, h *muster.Hello) error {
	ctx, cancel := context.WithTimeout(ctx, connectPatience*c.s.tick)
	defer cancel()
	p, err := c.s.front.Connect(ctx, h)
	if err != nil {
		return err
	}
	c.leave, err = p.Listen(func(err error) { c.end(disconnectCode(err), err) })
	if err == nil {
		c.peer = p
	}
	return err
}

// welcome settles the terms of the session and sends CONNACK. It is false if the session has been hung up already.
func (c *conn) welcome(connect *mqtt.Connect) bool {
	connack := c.settleTerms(connect)
	_ = c.wire.SetDeadline(time.Time{})
	c.wire.live = c.wire.raw != nil

	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase.Load() == over {
		return false
	}
	c.greeted = true
	c.s.metrics.sessions.Inc()
	out := c.outgoing()
	if c.version == mqtt.V5 {
		out.b = mqtt.AppendConnack(out.b, &connack)
	} else {
		out.b = mqtt.AppendReturn(out.b, mqtt.Accepted)
	}
	c.write()
	return true
}

// timedPacket is how large a CONNACK may be that says what time it is.
const timedPacket = 96

// settleTerms fixes what holds for the session, and returns what an MQTT 5 client is told of it.
func (c *conn) settleTerms(connect *mqtt.Connect) mqtt.Connack {
	now, who, keepAlive := c.s.clock.Load(), c.peer.Identity(), connect.KeepAlive
	c.joining, c.quiet, c.problems = c.peer.Provisioning(), who.Quiet, connect.WantProblems
	c.limit, c.maxSend, c.expires = c.s.maxPacket, min(connect.ReceiveMaximum, window), connect.SessionExpiry > 0
	switch {
	case c.joining:
		c.limit = min(c.limit, provisionLimit)
		c.until = now + provisionLinger
	case !who.Until.IsZero():
		c.until = now + 1 + c.s.ticks(time.Until(who.Until)) // the clock is up to a tick behind: not before its time
	}
	terms := mqtt.Connack{
		ReceiveMaximum: window,
		MaximumPacket:  uint32(c.limit + packetHeader),
		TopicAliases:   topicAliases,
		EndSession:     c.expires,
	}
	if c.version == mqtt.V5 && (c.maxPacket == 0 || c.maxPacket >= timedPacket) { // [MQTT-3.2.2-20]
		terms.Time = time.Now().UnixMilli()
	}
	if c.version == mqtt.V5 && c.s.keepAlive > 0 && (keepAlive == 0 || keepAlive > c.s.keepAlive) {
		keepAlive = c.s.keepAlive // [MQTT-3.1.2-21]
		terms.KeepAlive = keepAlive
	}
	if c.version == mqtt.V5 && len(connect.ClientID) == 0 {
		terms.AssignedClientID = muster.RandomText(20) // [MQTT-3.1.3-6]
	}
	c.keepAlive = uint32(keepAlive) * second * 3 / 2 // [MQTT-3.1.2-24] of 3.1.1, [MQTT-3.1.2-22] of 5
	c.seen.Store(now)
	return terms
}
