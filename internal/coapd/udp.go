package coapd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	coapnet "github.com/plgd-dev/go-coap/v3/net"
)

// readPause follows a failure to read that may pass, so that one that does not takes no processor.
const readPause = 20 * time.Millisecond

// ServeUDP serves plain CoAP on conn, which is the server's from now on, until Shutdown. It returns nil then. Requests are
// given up when ctx ends.
func (s *Server) ServeUDP(ctx context.Context, conn *net.UDPConn) error {
	defer conn.Close()
	stopReading := func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) } // fails only on a closed connection
	if !s.serving(stopReading) {
		return net.ErrClosed
	}
	c := coapnet.NewUDPConn("udp", conn)
	buffer := make([]byte, maxDatagram)
	for {
		var local *coapnet.ControlMessage
		var from *net.UDPAddr
		n, err := c.ReadWithOptions(buffer, coapnet.WithGetControlMessage(&local), coapnet.WithGetRemoteAddr(&from))
		switch {
		case s.isStopping():
			<-s.answered // the socket is needed for the answers
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("serve CoAP: %w", err)
		case err != nil:
			s.log.Warn("a datagram could not be read", "error", err)
			time.Sleep(readPause)
			continue
		}
		s.receivePlain(ctx, c, from, local, append([]byte(nil), buffer[:n]...))
	}
}

func (s *Server) receivePlain(ctx context.Context, c *coapnet.UDPConn, from *net.UDPAddr, local *coapnet.ControlMessage, datagram []byte) {
	remote := from.AddrPort()
	remote = netip.AddrPortFrom(remote.Addr().Unmap(), remote.Port())
	p := s.plain.plain(remote, func() *peer {
		p := s.newPeer(remote)
		p.send = func(datagram []byte) {
			// A datagram that cannot be sent is lost like any other.
			_ = c.WriteWithOptions(datagram, coapnet.WithRemoteAddr(from), coapnet.WithControlMessage(p.local.Load()))
		}
		return p
	})
	// The answer leaves from the address that the request was sent to.
	if local != nil && len(local.Dst) > 0 && !local.Dst.IsMulticast() {
		p.local.Store(&coapnet.ControlMessage{Src: local.Dst, IfIndex: local.IfIndex})
	}
	s.receive(ctx, p, remote, datagram)
}
