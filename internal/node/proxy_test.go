package node

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"muster"
)

func TestTheNetworksOfProxies(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.0/8":          "[10.0.0.0/8]",
		"10.1.2.3/8":          "[10.0.0.0/8]",
		"192.0.2.7, fd00::/8": "[192.0.2.7/32 fd00::/8]",
		"2001:db8::7":         "[2001:db8::7/128]",
		"0.0.0.0/0,::/0":      "[0.0.0.0/0 ::/0]",
		"":                    "",
		"10.0.0.0/33":         "",
		"proxy.example":       "",
		"::ffff:10.0.0.0/104": "",
		"fe80::1%eth0":        "",
	} {
		c := DefaultConfig()
		c.ProxyFrom = strings.Split(text, ",")
		err := c.Check()
		if want == "" {
			if !errors.Is(err, muster.ReasonSettingInvalid) || !strings.HasPrefix(muster.MessageOf(err), "proxyFrom: ") {
				t.Errorf("%q: %v", text, err)
			}
			continue
		}
		if networks, err := networks("proxyFrom", c.ProxyFrom); err != nil || fmt.Sprint(networks) != want {
			t.Errorf("%q: %v, %v", text, networks, err)
		}
	}
}
