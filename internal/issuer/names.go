package issuer

import (
	"crypto/x509"
	"net"
	"net/netip"
	"slices"
	"strings"

	"muster"
)

// maxNames bounds the names of a certificate.
const maxNames = 100

// names are what a server certificate is for; both lists are sorted, except that localhost is the first name.
type names struct {
	dns       []string
	addresses []net.IP
}

// wantedNames returns the names that every server certificate has and those asked for. A host name that cannot be in a
// certificate is left out; one that was asked for is refused.
func wantedNames(hostname string, asked []string) (names, error) {
	if len(asked) > maxNames {
		return names{}, muster.Refuse(muster.ReasonSettingInvalid, "a certificate for %d names; at most %d", len(asked), maxNames)
	}
	var dns []string
	addresses := []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()}
	if name, ok := dnsName(hostname); ok {
		dns = append(dns, name)
	}
	for _, text := range asked {
		if a, err := netip.ParseAddr(strings.TrimSpace(text)); err == nil {
			addresses = append(addresses, a.Unmap().WithZone(""))
			continue
		}
		name, ok := dnsName(text)
		if !ok {
			return names{}, muster.Refuse(muster.ReasonSettingInvalid, "%q is neither a DNS name nor an address", text)
		}
		dns = append(dns, name)
	}
	slices.Sort(dns)
	slices.SortFunc(addresses, netip.Addr.Compare)
	n := names{dns: []string{"localhost"}}
	for _, name := range slices.Compact(dns) {
		if name != "localhost" {
			n.dns = append(n.dns, name)
		}
	}
	for _, a := range slices.Compact(addresses) {
		n.addresses = append(n.addresses, a.AsSlice())
	}
	return n, nil
}

// dnsName returns text as a certificate carries it; ok is false if it is no DNS name. A leading wildcard label is one.
func dnsName(text string) (name string, ok bool) {
	text = strings.TrimSuffix(strings.TrimSpace(text), ".")
	rest, wild := strings.CutPrefix(text, "*.")
	name, ok = muster.DNSName(rest)
	if !ok || len(text) > 253 {
		return "", false
	}
	if wild {
		name = "*." + name
	}
	return name, true
}

// are reports whether c is for exactly these names.
func (n names) are(c *x509.Certificate) bool {
	return slices.Equal(n.dns, c.DNSNames) && slices.EqualFunc(n.addresses, c.IPAddresses, net.IP.Equal)
}

// cover reports whether whoever serves as that name could pass for a server of these names. A wildcard could pass for any.
func (n names) cover(text string) bool {
	if a, err := netip.ParseAddr(strings.TrimSpace(text)); err == nil {
		return slices.ContainsFunc(n.addresses, net.IP(a.Unmap().WithZone("").AsSlice()).Equal)
	}
	name, ok := dnsName(text)
	_, parent, _ := strings.Cut(name, ".")
	return ok && (strings.HasPrefix(name, "*.") || slices.Contains(n.dns, name) || slices.Contains(n.dns, "*."+parent))
}

// String lists the names for people.
func (n names) String() string {
	all := slices.Clone(n.dns)
	for _, a := range n.addresses {
		all = append(all, a.String())
	}
	return strings.Join(all, ", ")
}
