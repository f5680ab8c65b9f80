package node

import (
	"net"
	"net/netip"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"muster"
	"muster/internal/proxy"
)

// proxies returns the networks of ProxyFrom. A single address is a network too.
func (c *Config) proxies() ([]netip.Prefix, error) {
	var networks []netip.Prefix
	for _, text := range c.ProxyFrom {
		text = strings.TrimSpace(text)
		network, err := netip.ParsePrefix(text)
		if a, err2 := netip.ParseAddr(text); err2 == nil && a.Zone() == "" {
			network, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil || network.Addr().Is4In6() {
			return nil, muster.Refuse(muster.ReasonSettingInvalid, "proxyFrom: %q is no network such as 10.0.0.0/8", text)
		}
		networks = append(networks, network.Masked())
	}
	return networks, nil
}

// hearProxies lets the proxies of the configuration say on every port of TCP for whom they connect.
func (n *Node) hearProxies() error {
	networks, err := n.config.proxies()
	if len(networks) == 0 {
		return err
	}
	refused := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "muster_proxy_headers_refused_total", Help: "Connections from proxies that were closed because of their PROXY header.",
	})
	n.metrics.MustRegister(refused)
	for _, port := range []struct {
		transport muster.Transport
		listener  *net.Listener
	}{{muster.HTTP, &n.listeners.http}, {muster.HTTP, &n.listeners.https}, {muster.MQTT, &n.listeners.mqtt}, {muster.MQTT, &n.listeners.mqtts}} {
		if *port.listener == nil {
			continue
		}
		*port.listener = proxy.Listen((*port.listener).(*net.TCPListener), proxy.Options{
			Trusted: networks,
			Refused: func(from netip.Addr, err error) {
				refused.Inc()
				n.dispatcher.Note(muster.Attempt{
					Action: muster.ActionConnect, Transport: port.transport, Remote: from,
					Reason: muster.ReasonOf(err), Detail: muster.MessageOf(err),
				})
			},
		})
	}
	return nil
}
