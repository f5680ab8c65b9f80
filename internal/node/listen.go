package node

import (
	"errors"
	"fmt"
	"net"

	"muster"
)

// Addresses says where a node listens; an address that is off is empty.
type Addresses struct{ HTTP, HTTPS, MQTT, MQTTS, CoAP, CoAPS string }

// listeners are the bound addresses of a node. They are bound before anybody is served, so that a port in use is an error
// of the start and not of the first device.
type listeners struct {
	http, https, mqtt, mqtts, coaps net.Listener
	coap                            *net.UDPConn
}

// bind binds what is not off; dtls makes the listener for CoAP over DTLS.
func (l *listeners) bind(c *Config, dtls func(address string) (net.Listener, error)) error {
	tcp := func(address string) (net.Listener, error) { return net.Listen("tcp", address) }
	for _, s := range []struct {
		key       string
		to        *net.Listener
		listen    func(address string) (net.Listener, error)
		set, port string
		plain     bool
	}{
		{"http", &l.http, tcp, c.HTTP, "8080", true},
		{"https", &l.https, tcp, c.HTTPS, "8443", false},
		{"mqtt", &l.mqtt, tcp, c.MQTT, "1883", true},
		{"mqtts", &l.mqtts, tcp, c.MQTTS, "8883", false},
		{"coaps", &l.coaps, dtls, c.CoAPS, "5684", false},
	} {
		address := c.listen(s.set, s.port, s.plain)
		if address == off {
			continue
		}
		bound, err := s.listen(address)
		if err != nil {
			return cannotListen(s.key, err)
		}
		*s.to = bound
	}
	address := c.listen(c.CoAP, "5683", true)
	if address == off {
		return nil
	}
	udp, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return cannotListen("coap", err)
	}
	if l.coap, err = net.ListenUDP("udp", udp); err != nil {
		return cannotListen("coap", err)
	}
	return nil
}

func cannotListen(key string, err error) error {
	return muster.Refuse(muster.ReasonSettingInvalid, "%s: cannot listen: %v", key, err)
}

func (l *listeners) close() error {
	var errs []error
	for _, c := range []net.Listener{l.http, l.https, l.mqtt, l.mqtts, l.coaps} {
		if c != nil {
			errs = append(errs, c.Close())
		}
	}
	if l.coap != nil {
		errs = append(errs, l.coap.Close())
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

// Addresses returns where the node listens, or listened.
func (n *Node) Addresses() Addresses { return n.bound }

func (l *listeners) addresses() Addresses {
	a := Addresses{HTTP: address(l.http), HTTPS: address(l.https), MQTT: address(l.mqtt), MQTTS: address(l.mqtts), CoAPS: address(l.coaps)}
	if l.coap != nil {
		a.CoAP = l.coap.LocalAddr().String()
	}
	return a
}

func address(l net.Listener) string {
	if l == nil {
		return ""
	}
	return l.Addr().String()
}
