package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/mux"
	coapnet "github.com/plgd-dev/go-coap/v3/net"
	"github.com/plgd-dev/go-coap/v3/options"
	"github.com/plgd-dev/go-coap/v3/udp"
)

// anchorCommand is the first argument with which this program becomes one of the anchors: a server that does the least
// that its protocol allows, in a process of its own so that its CPU time can be told apart.
const anchorCommand = "anchor"

// serveAnchor prints where it listens and serves until it is ended.
func serveAnchor(kind string) error {
	switch kind {
	case "http":
		return serveHTTP()
	case "coap":
		return serveCoAP()
	case "tls":
		return serveTLS()
	}
	return fmt.Errorf("there is no anchor called %q", kind)
}

// startAnchor starts this program once more, as an anchor, and returns its address.
func (h *house) startAnchor(ctx context.Context, kind string) (*server, string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	log := h.file("anchor.log")
	s := &server{command: exec.Command(self, anchorCommand, kind)}
	s.command.Dir = h.dir
	var address string
	err = s.start(ctx, log, func() bool {
		text, _ := os.ReadFile(log)
		line, _, whole := strings.Cut(string(text), "\n")
		address = line
		return whole
	})
	return s, address, err
}

func listen() (net.Listener, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err == nil {
		fmt.Println(l.Addr())
	}
	return l, err
}

// serveHTTP is net/http with an empty handler.
func serveHTTP() error {
	l, err := listen()
	if err != nil {
		return err
	}
	return http.Serve(l, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
}

// serveCoAP is go-coap with an empty handler.
func serveCoAP() error {
	l, err := coapnet.NewListenUDP("udp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.LocalAddr())
	router := mux.NewRouter()
	router.DefaultHandleFunc(func(w mux.ResponseWriter, _ *mux.Message) {
		_ = w.SetResponse(codes.Changed, 0, nil)
	})
	return udp.NewServer(options.WithMux(router)).Serve(l)
}

// serveTLS asks for a client certificate in the handshake, accepts every CONNECT, and does nothing more.
func serveTLS() error {
	certFile, keyFile := "anchor.crt", "anchor.key"
	if _, err := selfSigned(certFile, keyFile); err != nil {
		return err
	}
	own, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return err
	}
	l, err := listen()
	if err != nil {
		return err
	}
	config := &tls.Config{Certificates: []tls.Certificate{own}, ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS12}
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go welcome(tls.Server(c, config))
	}
}

func welcome(c net.Conn) {
	defer c.Close()
	var in [1024]byte
	if _, err := c.Read(in[:]); err != nil {
		return
	}
	if _, err := c.Write([]byte{0x20, 2, 0, 0}); err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, c)
}

// kill ends an anchor, which has nothing to put in order.
func (s *server) kill() error {
	err := s.command.Process.Kill()
	if _, waited := errors.AsType[*exec.ExitError](s.command.Wait()); waited {
		return err
	}
	return errors.Join(err, fmt.Errorf("%s ended by itself", filepath.Base(s.command.Path)))
}
