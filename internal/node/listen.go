package node

import (
	"errors"
	"fmt"
	"net"

	"muster"
)

// Addresses says where a node listens; an address that is off is empty.
type Addresses struct{ HTTP, MQTT, MQTTS, CoAP, CoAPS string }

// listeners are the bound addresses of a node. They are bound before anybody is served, so that a port in use is an error
// of the start and not of the first device.
type listeners struct {
	http, mqtt, mqtts net.Listener
	coap, coaps       *net.UDPConn
}

func (l *listeners) bind(c *Config) error {
	for _, s := range []struct {
		to        *net.Listener
		set, port string
		plain     bool
	}{
		{&l.http, c.HTTP, "8080", true}, {&l.mqtt, c.MQTT, "1883", true}, {&l.mqtts, c.MQTTS, "8883", false},
	} {
		address := c.listen(s.set, s.port, s.plain)
		if address == off {
			continue
		}
		bound, err := net.Listen("tcp", address)
		if err != nil {
			return cannotListen(err)
		}
		*s.to = bound
	}
	for _, s := range []struct {
		to        **net.UDPConn
		set, port string
		plain     bool
	}{
		{&l.coap, c.CoAP, "5683", true}, {&l.coaps, c.CoAPS, "5684", false},
	} {
		address := c.listen(s.set, s.port, s.plain)
		if address == off {
			continue
		}
		udp, err := net.ResolveUDPAddr("udp", address)
		if err != nil {
			return cannotListen(err)
		}
		if *s.to, err = net.ListenUDP("udp", udp); err != nil {
			return cannotListen(err)
		}
	}
	return nil
}

func cannotListen(err error) error {
	return muster.Refuse(muster.ReasonSettingInvalid, "cannot listen: %v", err)
}

func (l *listeners) close() error {
	var errs []error
	for _, c := range []net.Listener{l.http, l.mqtt, l.mqtts} {
		if c != nil {
			errs = append(errs, c.Close())
		}
	}
	for _, c := range []*net.UDPConn{l.coap, l.coaps} {
		if c != nil {
			errs = append(errs, c.Close())
		}
	}
	*l = listeners{}
	for i, err := range errs {
		if errors.Is(err, net.ErrClosed) { // its server was shut down
			errs[i] = nil
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close listeners: %w", err)
	}
	return nil
}

// Addresses returns where the node listens.
func (n *Node) Addresses() Addresses {
	var a Addresses
	for _, s := range []struct {
		to *string
		l  net.Listener
	}{{&a.HTTP, n.listeners.http}, {&a.MQTT, n.listeners.mqtt}, {&a.MQTTS, n.listeners.mqtts}} {
		if s.l != nil {
			*s.to = s.l.Addr().String()
		}
	}
	for _, s := range []struct {
		to *string
		c  *net.UDPConn
	}{{&a.CoAP, n.listeners.coap}, {&a.CoAPS, n.listeners.coaps}} {
		if s.c != nil {
			*s.to = s.c.LocalAddr().String()
		}
	}
	return a
}
