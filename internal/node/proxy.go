package node

import (
	"net"
	"net/netip"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"muster"
	"muster/internal/proxy"
)

// networks reads the networks of a setting. A single address is a network too.
func networks(key string, texts []string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, text := range texts {
		text = strings.TrimSpace(text)
		network, err := netip.ParsePrefix(text)
		if a, err2 := netip.ParseAddr(text); err2 == nil && a.Zone() == "" {
			network, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil || network.Addr().Is4In6() {
			return nil, muster.Refuse(muster.ReasonSettingInvalid, "%s: %q is no network such as 10.0.0.0/8", key, text)
		}
		all = append(all, network.Masked())
	}
	return all, nil
}

// hearProxies lets the proxies of the configuration say on every port of TCP for whom they connect.
func (n *Node) hearProxies() error {
	from, err := networks("proxyFrom", n.config.ProxyFrom)
	if len(from) == 0 {
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
			Trusted: from,
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
