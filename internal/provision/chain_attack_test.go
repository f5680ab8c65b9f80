package provision_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"net"
	"net/url"
	"slices"
	"testing"
	"time"

	"muster"
	"muster/internal/provision"
)

// A yard is what attackers have to work with: a root that profile "meters" trusts, intermediates of it, and strangers.
type yard struct {
	root, mid, other *pair // other is the authority of another profile
	stranger         *pair // of the root's name, with another key
	good             *pair // an honest leaf of mid
}

func newYard(t testing.TB) *yard {
	t.Helper()
	y := &yard{root: issue(t, authority("Plant root"), nil, nil), stranger: issue(t, authority("Plant root"), nil, nil)}
	y.mid = issue(t, authority("Plant line 1"), y.root, nil)
	y.other = issue(t, authority("Other root"), nil, nil)
	y.good = issue(t, leaf("meter-1"), y.mid, nil)
	return y
}

// forge returns the certificate with its signature algorithm called another one, both times.
func forge(t testing.TB, c *pair, from, to asn1.ObjectIdentifier) *pair {
	t.Helper()
	old, err := asn1.Marshal(from)
	if err != nil {
		t.Fatal(err)
	}
	name, err := asn1.Marshal(to)
	if err != nil || len(old) != len(name) || bytes.Count(c.Raw, old) < 2 {
		t.Fatalf("%v, %d bytes for %d", err, len(name), len(old))
	}
	forged, err := x509.ParseCertificate(bytes.ReplaceAll(c.Raw, old, name))
	if err != nil {
		t.Fatal(err)
	}
	return &pair{forged, c.key}
}

func rsaKey(t testing.TB, bits int) crypto.Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func on(t testing.TB, curve elliptic.Curve) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

var (
	sha256WithRSA = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}
	sha1WithRSA   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 5}
	md5WithRSA    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 4}
	commonName    = asn1.ObjectIdentifier{2, 5, 4, 3}
)

// A badChain is a chain that must not let anybody in.
type badChain struct {
	about  string
	chain  func(t *testing.T, y *yard) []*pair
	reason muster.Reason
}

func dates(from, to time.Time) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.NotBefore, c.NotAfter = from, to }
}

func usage(u x509.KeyUsage) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.KeyUsage = u }
}

func purpose(of ...x509.ExtKeyUsage) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.ExtKeyUsage = of }
}

func names(of ...string) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		c.Subject = pkix.Name{}
		for _, name := range of {
			c.Subject.ExtraNames = append(c.Subject.ExtraNames, pkix.AttributeTypeAndValue{Type: commonName, Value: name})
		}
	}
}

// under returns a leaf of an authority made as wanted under the root, and that authority.
func under(t testing.TB, y *yard, mid *x509.Certificate, device *x509.Certificate) []*pair {
	m := issue(t, mid, y.root, nil)
	return []*pair{issue(t, device, m, nil), m}
}

var badChains = []badChain{
	{"a certificate of nobody's authority", func(t *testing.T, y *yard) []*pair {
		return []*pair{issue(t, leaf("meter-1"), issue(t, authority("Nobody"), nil, nil), nil)}
	}, muster.ReasonCertificateUnknown},
	{"a self-signed certificate", func(t *testing.T, y *yard) []*pair { return []*pair{issue(t, leaf("meter-1"), nil, nil)} }, muster.ReasonCertificateUnknown},
	{"a leaf whose intermediate nobody sends", func(t *testing.T, y *yard) []*pair { return []*pair{y.good} }, muster.ReasonCertificateUnknown},
	{"a leaf whose intermediate is another one's", func(t *testing.T, y *yard) []*pair {
		return []*pair{y.good, issue(t, authority("Plant line 2"), y.root, nil)}
	}, muster.ReasonChainUntrusted},
	{"the name of the root and another key", func(t *testing.T, y *yard) []*pair {
		return []*pair{issue(t, leaf("meter-1"), y.stranger, nil)}
	}, muster.ReasonChainSignatureWrong},
	{"the same, and the false root beside it", func(t *testing.T, y *yard) []*pair {
		return []*pair{issue(t, leaf("meter-1"), y.stranger, nil), y.stranger}
	}, muster.ReasonChainSignatureWrong},
	{"an intermediate of the false root", func(t *testing.T, y *yard) []*pair {
		m := issue(t, authority("Plant line 1"), y.stranger, nil)
		return []*pair{issue(t, leaf("meter-1"), m, nil), m}
	}, muster.ReasonChainSignatureWrong},
	{"one bit of the signature turned", func(t *testing.T, y *yard) []*pair {
		raw := bytes.Clone(y.good.Raw)
		raw[len(raw)-1] ^= 1
		c, err := x509.ParseCertificate(raw)
		if err != nil {
			t.Fatal(err)
		}
		return []*pair{{c, y.good.key}, y.mid}
	}, muster.ReasonChainSignatureWrong},
	{"the name of a device of another profile's authority, signed by that of this one's name", func(t *testing.T, y *yard) []*pair {
		false2 := issue(t, authority("Other root"), nil, nil)
		return []*pair{issue(t, leaf("pump-1"), false2, nil), false2}
	}, muster.ReasonChainSignatureWrong},
	{"eleven certificates", func(t *testing.T, y *yard) []*pair {
		return append([]*pair{y.good, y.mid}, slices.Repeat([]*pair{y.root}, 9)...)
	}, muster.ReasonChainTooLong},
	{"an authority below one that allows none", func(t *testing.T, y *yard) []*pair {
		m := issue(t, authority("M", func(c *x509.Certificate) { c.MaxPathLenZero = true }), y.root, nil)
		n := issue(t, authority("N"), m, nil)
		return []*pair{issue(t, leaf("meter-1"), n, nil), n, m}
	}, muster.ReasonChainTooLong},
	{"two below one that allows one", func(t *testing.T, y *yard) []*pair {
		m := issue(t, authority("M", func(c *x509.Certificate) { c.MaxPathLen = 1 }), y.root, nil)
		n := issue(t, authority("N"), m, nil)
		o := issue(t, authority("O"), n, nil)
		return []*pair{issue(t, leaf("meter-1"), o, nil), m, n, o}
	}, muster.ReasonChainTooLong},
	{"a leaf that expired a second ago", func(t *testing.T, y *yard) []*pair {
		return []*pair{issue(t, leaf("meter-1", dates(clock.AddDate(0, -1, 0), clock.Add(-time.Second))), y.mid, nil), y.mid}
	}, muster.ReasonCertificateExpired},
	{"a leaf of tomorrow", func(t *testing.T, y *yard) []*pair {
		return []*pair{issue(t, leaf("meter-1", dates(clock.AddDate(0, 0, 1), clock.AddDate(1, 0, 0))), y.mid, nil), y.mid}
	}, muster.ReasonCertificateNotYet},
	{"an expired intermediate", func(t *testing.T, y *yard) []*pair {
		return under(t, y, authority("M", dates(clock.AddDate(-1, 0, 0), clock.Add(-time.Second))), leaf("meter-1"))
	}, muster.ReasonChainExpired},
	{"an intermediate of tomorrow", func(t *testing.T, y *yard) []*pair {
		return under(t, y, authority("M", dates(clock.AddDate(0, 0, 1), clock.AddDate(1, 0, 0))), leaf("meter-1"))
	}, muster.ReasonChainNotYet},
	{"a leaf that is an authority", func(t *testing.T, y *yard) []*pair {
		return []*pair{issue(t, authority("meter-1"), y.mid, nil), y.mid}
	}, muster.ReasonCertificateIsAuthority},
	{"a leaf that may sign certificates", func(t *testing.T, y *yard) []*pair {
		return []*pair{issue(t, leaf("meter-1", usage(x509.KeyUsageDigitalSignature|x509.KeyUsageCertSign)), y.mid, nil), y.mid}
	}, muster.ReasonCertificateIsAuthority},
	{"the authority's own certificate", func(t *testing.T, y *yard) []*pair { return []*pair{y.root} }, muster.ReasonCertificateIsAuthority},
	{"the intermediate's own certificate", func(t *testing.T, y *yard) []*pair { return []*pair{y.mid} }, muster.ReasonCertificateIsAuthority},
	{"a device that signs devices", func(t *testing.T, y *yard) []*pair {
		return []*pair{issue(t, leaf("meter-2"), y.good, nil), y.good, y.mid}
	}, muster.ReasonChainNotAuthority},
	{"an intermediate that says that it is none", func(t *testing.T, y *yard) []*pair {
		return under(t, y, authority("M", func(c *x509.Certificate) { c.IsCA = false }), leaf("meter-1"))
	}, muster.ReasonChainNotAuthority},
	{"an intermediate without basic constraints", func(t *testing.T, y *yard) []*pair {
		return under(t, y, authority("M", func(c *x509.Certificate) { c.BasicConstraintsValid, c.IsCA = false, false }), leaf("meter-1"))
	}, muster.ReasonChainNotAuthority},
	{"an intermediate whose key is for encryption", func(t *testing.T, y *yard) []*pair {
		return under(t, y, authority("M", usage(x509.KeyUsageKeyEncipherment)), leaf("meter-1"))
	}, muster.ReasonChainKeyUsage},
	{"a leaf whose key is for encryption", func(t *testing.T, y *yard) []*pair {
		return []*pair{issue(t, leaf("meter-1", usage(x509.KeyUsageKeyEncipherment)), y.mid, nil), y.mid}
	}, muster.ReasonChainKeyUsage},
	{"a server's certificate", func(t *testing.T, y *yard) []*pair {
		return []*pair{issue(t, leaf("meter-1", purpose(x509.ExtKeyUsageServerAuth)), y.mid, nil), y.mid}
	}, muster.ReasonCertificatePurpose},
	{"a certificate for signing code", func(t *testing.T, y *yard) []*pair {
		return []*pair{issue(t, leaf("meter-1", purpose(x509.ExtKeyUsageCodeSigning, x509.ExtKeyUsageTimeStamping)), y.mid, nil), y.mid}
	}, muster.ReasonCertificatePurpose},
	{"an intermediate for servers alone", func(t *testing.T, y *yard) []*pair {
		return under(t, y, authority("M", purpose(x509.ExtKeyUsageServerAuth)), leaf("meter-1"))
	}, muster.ReasonCertificatePurpose},
	{"a DNS name outside what the intermediate may give", func(t *testing.T, y *yard) []*pair {
		m := authority("M", func(c *x509.Certificate) {
			c.PermittedDNSDomainsCritical, c.PermittedDNSDomains = true, []string{"plant-a.example"}
		})
		return under(t, y, m, leaf("meter-1", func(c *x509.Certificate) { c.DNSNames = []string{"meter-1.plant-b.example"} }))
	}, muster.ReasonChainNameConstraint},
	{"a URI that the intermediate must not give", func(t *testing.T, y *yard) []*pair {
		m := authority("M", func(c *x509.Certificate) { c.ExcludedURIDomains = []string{"plant-b.example"} })
		u := &url.URL{Scheme: "urn", Host: "plant-b.example", Path: "/meter-1"}
		return under(t, y, m, leaf("meter-1", func(c *x509.Certificate) { c.URIs = []*url.URL{u} }))
	}, muster.ReasonChainNameConstraint},
	{"an address outside what the intermediate may give", func(t *testing.T, y *yard) []*pair {
		_, network, _ := net.ParseCIDR("10.0.0.0/8")
		m := authority("M", func(c *x509.Certificate) { c.PermittedIPRanges = []*net.IPNet{network} })
		return under(t, y, m, leaf("meter-1", func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(192, 0, 2, 1)} }))
	}, muster.ReasonChainNameConstraint},
	{"a critical extension that nobody knows", func(t *testing.T, y *yard) []*pair {
		return []*pair{issue(t, leaf("meter-1", func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 1}, Critical: true, Value: []byte{5, 0}}}
		}), y.mid, nil), y.mid}
	}, muster.ReasonChainExtension},
	{"a leaf with an RSA key of 1024 bits", func(t *testing.T, y *yard) []*pair {
		return []*pair{issue(t, leaf("meter-1"), y.mid, rsaKey(t, 1024)), y.mid}
	}, muster.ReasonChainKeyWeak},
	{"an intermediate with an RSA key of 1024 bits", func(t *testing.T, y *yard) []*pair {
		m := issue(t, authority("M"), y.root, rsaKey(t, 1024))
		return []*pair{issue(t, leaf("meter-1"), m, nil), m}
	}, muster.ReasonChainKeyWeak},
	{"a leaf with a key on P-224", func(t *testing.T, y *yard) []*pair {
		return []*pair{issue(t, leaf("meter-1"), y.mid, on(t, elliptic.P224())), y.mid}
	}, muster.ReasonChainKeyWeak},
	{"an RSA key of 16384 bits, which would keep the server busy", func(t *testing.T, y *yard) []*pair {
		n := new(big.Int).SetBit(big.NewInt(1), 16383, 1)
		big := &rsa.PublicKey{N: n, E: 65537}
		der, err := x509.CreateCertificate(rand.Reader, leaf("meter-1", func(c *x509.Certificate) { c.SerialNumber = y.root.SerialNumber }), y.mid.Certificate, big, y.mid.key)
		if err != nil {
			t.Fatal(err)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return []*pair{{c, nil}, y.mid}
	}, muster.ReasonChainKeyWeak},
	{"a leaf signed with SHA-1", func(t *testing.T, y *yard) []*pair {
		m := issue(t, authority("M"), y.root, rsaKey(t, 2048))
		return []*pair{forge(t, issue(t, leaf("meter-1"), m, nil), sha256WithRSA, sha1WithRSA), m}
	}, muster.ReasonChainSignatureWeak},
	{"a leaf signed with MD5", func(t *testing.T, y *yard) []*pair {
		m := issue(t, authority("M"), y.root, rsaKey(t, 2048))
		return []*pair{forge(t, issue(t, leaf("meter-1"), m, nil), sha256WithRSA, md5WithRSA), m}
	}, muster.ReasonChainSignatureWeak},
	{"no common name", func(t *testing.T, y *yard) []*pair {
		return []*pair{issue(t, leaf("", names()), y.mid, nil), y.mid}
	}, muster.ReasonCertificateNameUnfit},
	{"an empty common name", func(t *testing.T, y *yard) []*pair {
		return []*pair{issue(t, leaf("", names("")), y.mid, nil), y.mid}
	}, muster.ReasonCertificateNameUnfit},
	{"two common names, of which one is another device's", func(t *testing.T, y *yard) []*pair {
		return []*pair{issue(t, leaf("", names("meter-1", "meter-2")), y.mid, nil), y.mid}
	}, muster.ReasonCertificateNameUnfit},
	{"a common name with a zero byte in it", func(t *testing.T, y *yard) []*pair {
		return []*pair{issue(t, leaf("meter-1\x00.evil"), y.mid, nil), y.mid}
	}, muster.ReasonDeviceNameInvalid},
	{"a common name with markup in it", func(t *testing.T, y *yard) []*pair {
		return []*pair{issue(t, leaf("<script>"), y.mid, nil), y.mid}
	}, muster.ReasonDeviceNameInvalid},
	{"the name of a device of another profile", func(t *testing.T, y *yard) []*pair {
		return []*pair{issue(t, leaf("pump-1"), y.mid, nil), y.mid}
	}, muster.ReasonDeviceNameTaken},
	{"the same, two bytes a letter", func(t *testing.T, y *yard) []*pair {
		wide := asn1.RawValue{Tag: asn1.TagBMPString, Bytes: []byte("\x00p\x00u\x00m\x00p\x00-\x001")}
		return []*pair{issue(t, leaf("", func(c *x509.Certificate) {
			c.Subject = pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{{Type: commonName, Value: wide}}}
		}), y.mid, nil), y.mid}
	}, muster.ReasonDeviceNameTaken},
	{"an e-mail address that the intermediate must not give", func(t *testing.T, y *yard) []*pair {
		m := authority("M", func(c *x509.Certificate) { c.ExcludedEmailAddresses = []string{"plant-b.example"} })
		return under(t, y, m, leaf("meter-1", func(c *x509.Certificate) { c.EmailAddresses = []string{"meter-1@plant-b.example"} }))
	}, muster.ReasonChainNameConstraint},
}

func TestABadChainIsRefusedWithItsReasonAndLeavesNothing(t *testing.T) {
	f, y := newFixture(t, provision.Options{}), newYard(t)
	f.trust(t, "meters", pemOf(y.root))
	others := f.trust(t, "others", pemOf(y.other))
	f.list(t, others, "pump-1", nil)
	for _, c := range badChains {
		t.Run(c.about, func(t *testing.T) {
			chain := chainOf(c.chain(t, y)...)
			_, err := f.Chained(t.Context(), chain)
			refused(t, err, c.reason)
			_, err = f.Judge(t.Context(), chain)
			refused(t, err, c.reason)
			page, err := f.registry.Devices(t.Context(), muster.DeviceQuery{Limit: 10})
			if err != nil || len(page.Devices) != 1 {
				t.Errorf("there are %d devices, %v", len(page.Devices), err)
			}
		})
	}
	t.Run("and the honest one comes in", func(t *testing.T) {
		if grant, err := f.Chained(t.Context(), chainOf(y.good, y.mid)); err != nil || grant.Name != "meter-1" {
			t.Errorf("got %+v, %v", grant, err)
		}
	})
}
