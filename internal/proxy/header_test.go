package proxy

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"muster"
)

// header makes one whose rest is as long as it says.
func header(versionAndCommand, family byte, rest ...byte) []byte {
	return slices.Concat([]byte(signature), []byte{versionAndCommand, family, byte(len(rest) >> 8), byte(len(rest))}, rest)
}

var (
	restIPv4 = []byte{203, 0, 113, 7, 10, 0, 0, 1, 0x12, 0x34, 0x07, 0x5b}
	restIPv6 = slices.Concat(netip.MustParseAddr("2001:db8::7").AsSlice(), netip.MustParseAddr("2001:db8::1").AsSlice(), []byte{0x12, 0x34, 0x07, 0x5b})
	mapped   = slices.Concat(netip.MustParseAddr("::ffff:203.0.113.7").AsSlice(), netip.MustParseAddr("::ffff:10.0.0.1").AsSlice(), []byte{0x12, 0x34, 0x07, 0x5b})
	besides  = []byte{0x03, 0, 4, 1, 2, 3, 4, 0x04, 0, 1, 0} // a checksum, and padding
)

func TestOnWhoseBehalfAProxySpeaks(t *testing.T) {
	for name, c := range map[string]struct {
		in   []byte
		want string
	}{
		"over IPv4":                    {header(0x21, 0x11, restIPv4...), "203.0.113.7:4660"},
		"over IPv6":                    {header(0x21, 0x21, restIPv6...), "[2001:db8::7]:4660"},
		"over IPv4 in IPv6":            {header(0x21, 0x21, mapped...), "203.0.113.7:4660"},
		"with more that it tells":      {header(0x21, 0x11, slices.Concat(restIPv4, besides)...), "203.0.113.7:4660"},
		"with as much as there may be": {header(0x21, 0x11, slices.Concat(restIPv4, make([]byte, maxRest-len(restIPv4)))...), "203.0.113.7:4660"},
		"on its own":                   {header(0x20, 0x00), "invalid AddrPort"},
		"on its own, with an address":  {header(0x20, 0x11, restIPv4...), "invalid AddrPort"},
		"on its own, with a family that does not exist": {header(0x20, 0xff, besides...), "invalid AddrPort"},
	} {
		t.Run(name, func(t *testing.T) {
			for way, r := range map[string]func(io.Reader) io.Reader{"at once": nil, "byte by byte": iotest.OneByteReader} {
				after := bytes.NewReader(append(slices.Clone(c.in), "CONNECT"...))
				var in io.Reader = after
				if r != nil {
					in = r(after)
				}
				from, err := readHeader(in)
				if err != nil || from.String() != c.want {
					t.Errorf("%s: %v, %v", way, from, err)
				}
				if left, _ := io.ReadAll(after); string(left) != "CONNECT" {
					t.Errorf("%s: %q is left", way, left)
				}
			}
		})
	}
}

func TestAHeaderThatIsNoneIsRefused(t *testing.T) {
	long := header(0x21, 0x11, restIPv4...)
	long[14], long[15] = 0x10, 0x01
	for name, c := range map[string]struct {
		in  []byte
		why string
	}{
		"MQTT":                                  {[]byte{0x10, 12, 0, 4, 'M', 'Q', 'T', 'T'}, "does not begin"},
		"TLS":                                   {[]byte{0x16, 3, 1}, "does not begin"},
		"HTTP":                                  {[]byte("GET / HTTP/1.1\r\n"), "does not begin"},
		"version 1":                             {[]byte("PROXY TCP4 203.0.113.7 10.0.0.1 4660 1883\r\n"), "does not begin"},
		"a signature that ends wrong":           {[]byte("\r\n\r\n\x00\r\nQUIT\r"), "does not begin"},
		"version 3":                             {header(0x31, 0x11, restIPv4...), "version"},
		"version 1 in the form of 2":            {header(0x11, 0x11, restIPv4...), "version"},
		"a command that does not exist":         {header(0x22, 0x11, restIPv4...), "command"},
		"an address of UDP":                     {header(0x21, 0x12, restIPv4...), "no TCP address"},
		"an address of a Unix socket":           {header(0x21, 0x31, make([]byte, 216)...), "no TCP address"},
		"no address":                            {header(0x21, 0x00), "no TCP address"},
		"half an address":                       {header(0x21, 0x11, restIPv4[:11]...), "no TCP address"},
		"an address of IPv4 that is to be IPv6": {header(0x21, 0x21, restIPv4...), "no TCP address"},
		"more than there may be":                {long, "too long"},
		"an end within the signature":           {[]byte("\r\n\r\n"), "ended within"},
		"an end within the addresses":           {header(0x21, 0x11, restIPv4...)[:20], "ended within"},
		"an end within what follows them":       {header(0x21, 0x11, slices.Concat(restIPv4, besides)...)[:30], "ended within"},
		"an end of a proxy on its own":          {header(0x20, 0x11, restIPv4...)[:20], "ended within"},
	} {
		t.Run(name, func(t *testing.T) {
			from, err := readHeader(bytes.NewReader(c.in))
			if !errors.Is(err, muster.ReasonProxyHeaderInvalid) || !strings.Contains(err.Error(), c.why) {
				t.Errorf("%v, %v", from, err)
			}
		})
	}
	if _, err := readHeader(bytes.NewReader(nil)); err != io.EOF {
		t.Errorf("of nothing: %v", err)
	}
}

// FuzzHeader asks that a header is read the same in whatever pieces it comes, that no byte of what follows is read, and
// that what is refused is refused for a reason.
func FuzzHeader(f *testing.F) {
	for _, seed := range [][]byte{
		header(0x21, 0x11, restIPv4...), header(0x21, 0x21, restIPv6...), header(0x20, 0), header(0x21, 0x11, slices.Concat(restIPv4, besides)...),
		[]byte(signature),
		{},
		header(0x21, 0x31, make([]byte, 216)...),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		whole, pieces := bytes.NewReader(in), bytes.NewReader(in)
		from, err := readHeader(whole)
		again, errAgain := readHeader(iotest.OneByteReader(pieces))
		if from != again || (err == nil) != (errAgain == nil) || err == nil && whole.Len() != pieces.Len() {
			t.Fatalf("%v, %v at once, and %v, %v in pieces", from, err, again, errAgain)
		}
		switch {
		case err == nil:
			if size := fixedSize + int(in[14])<<8 + int(in[15]); len(in)-whole.Len() != size {
				t.Errorf("%d bytes read of a header of %d", len(in)-whole.Len(), size)
			}
		case from.IsValid() || err != io.EOF && !errors.Is(err, muster.ReasonProxyHeaderInvalid):
			t.Errorf("%v, %v", from, err)
		}
	})
}
