package coapd

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/logging"

	"muster"
)

const (
	handshakeTimeout = 10 * time.Second
	maxHandshakes    = 2 * maxUnproven // at once
	maxChain         = 10              // certificates that a client may show
	maxRecord        = 8 << 10
	connectionID     = 8 // bytes (ThingsBoard device API 5.3)
)

// suites are authenticated encryption with forward secrecy. The last but one is what every CoAP client must know.
var suites = []dtls.CipherSuiteID{
	dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	dtls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	dtls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	dtls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	dtls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	dtls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	dtls.TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8,
	dtls.TLS_ECDHE_ECDSA_WITH_AES_128_CCM,
}

// ListenDTLS opens a UDP port for DTLS 1.2. A client may show a certificate and need not; any that can be read passes the
// handshake, and whether it opens the door is judged at each request. So one that has expired can be renewed, and whoever
// is refused is told why.
func (s *Server) ListenDTLS(address string) (net.Listener, error) {
	if s.o.GetCertificate == nil {
		return nil, errors.New("listen for CoAP over DTLS: no server certificate")
	}
	local, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return nil, muster.Refuse(muster.ReasonSettingInvalid, "%q: %v", address, err)
	}
	conn, err := net.ListenUDP("udp", local)
	if err != nil {
		return nil, fmt.Errorf("listen for CoAP over DTLS: %w", err)
	}
	at := newPortal(conn)
	l, err := dtls.NewListenerWithOptions(at,
		dtls.WithGetCertificate(func(h *dtls.ClientHelloInfo) (*tls.Certificate, error) {
			return s.o.GetCertificate(&tls.ClientHelloInfo{ServerName: h.ServerName})
		}),
		dtls.WithCipherSuites(suites...),
		dtls.WithExtendedMasterSecret(dtls.RequireExtendedMasterSecret),
		dtls.WithClientAuth(dtls.RequestClientCert),
		dtls.WithVerifyPeerCertificate(func(raw [][]byte, _ [][]*x509.Certificate) error {
			_, err := readChain(raw)
			return err
		}),
		dtls.WithConnectionIDGenerator(dtls.RandomCIDGenerator(connectionID)),
		dtls.WithLoggerFactory(&logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}),
	)
	if err != nil {
		_ = at.Close()
		return nil, fmt.Errorf("listen for CoAP over DTLS: %w", err)
	}
	return l, nil
}

// readChain parses what a client shows.
func readChain(raw [][]byte) ([]*x509.Certificate, error) {
	if len(raw) > maxChain {
		return nil, muster.Refuse(muster.ReasonChainUntrusted, "more than %d certificates", maxChain)
	}
	chain := make([]*x509.Certificate, 0, len(raw))
	for _, der := range raw {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, muster.Because(muster.ReasonCertificateInvalid, err)
		}
		chain = append(chain, c)
	}
	return chain, nil
}

// ServeDTLS serves the sessions that l, made by ListenDTLS, accepts, until Shutdown. It returns nil then. Requests are
// given up when ctx ends.
func (s *Server) ServeDTLS(ctx context.Context, l net.Listener) error {
	defer l.Close()
	shaking, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := func() {
		cancel()
		_ = l.Close() // sessions stay until they are hung up
	}
	if !s.serving(stop) {
		return net.ErrClosed
	}
	handshakes := make(chan struct{}, maxHandshakes)
	for {
		handshakes <- struct{}{}
		conn, err := l.Accept()
		switch {
		case s.isStopping():
			if err == nil {
				_ = conn.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("serve CoAP over DTLS: %w", err)
		case err != nil:
			<-handshakes
			s.log.Warn("a DTLS session could not be accepted", "error", err)
			time.Sleep(readPause)
			continue
		}
		if !s.start(func() { s.session(ctx, shaking, conn.(*dtls.Conn), handshakes) }) {
			_ = conn.Close()
			return nil
		}
	}
}

// session serves one session, from the handshake on, for which it holds a place among the handshakes. The handshake is
// given up when shaking ends.
func (s *Server) session(ctx, shaking context.Context, conn *dtls.Conn, handshakes <-chan struct{}) {
	defer conn.Close()
	p, err := s.shake(shaking, conn)
	<-handshakes
	if err != nil {
		s.metrics.handshakes.Inc()
		s.log.Debug("a DTLS handshake failed", "remote", conn.RemoteAddr(), "error", err)
		return
	}
	if silent := s.sessions.session(p); silent != nil {
		silent.hangUp()
	}
	defer s.sessions.leave(p)
	if s.isStopping() {
		return // whoever hangs up at the end may not have seen this session
	}
	s.read(ctx, p, conn)
}

// shake does the handshake and returns the peer behind it.
func (s *Server) shake(ctx context.Context, conn *dtls.Conn) (*peer, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	if err := conn.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	state, ok := conn.ConnectionState()
	if !ok {
		return nil, errors.New("the handshake left no session")
	}
	chain, err := readChain(state.PeerCertificates)
	if err != nil {
		return nil, err
	}
	p := s.newPeer(remoteOf(conn))
	p.secure, p.chain = true, chain
	p.send = func(datagram []byte) { _, _ = conn.Write(datagram) } // lost like any other datagram
	p.hangUp = func() { _ = conn.Close() }
	return p, nil
}

// read takes in what a session sends until it ends.
func (s *Server) read(ctx context.Context, p *peer, conn net.Conn) {
	buffer := make([]byte, maxRecord)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		s.receive(ctx, p, remoteOf(conn), append([]byte(nil), buffer[:n]...))
	}
}

func remoteOf(conn net.Conn) netip.AddrPort {
	a, ok := conn.RemoteAddr().(*net.UDPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(a.AddrPort().Addr().Unmap(), a.AddrPort().Port())
}
