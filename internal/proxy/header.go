// Package proxy lets proxies say, by version 2 of the PROXY protocol, on whose behalf they connect.
package proxy

import (
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"os"

	"muster"
)

// signature begins every header of version 2, and no message of the protocols that are served here.
const signature = "\r\n\r\n\x00\r\nQUIT\n"

// The parts of a header, in bytes.
const (
	fixedSize = 16      // signature, version and command, family, size of the rest
	sizeIPv4  = 2*4 + 4 // two addresses and two ports
	sizeIPv6  = 2*16 + 4
	maxRest   = 4096 // addresses, and what proxies tell besides, which nobody reads here
)

// readHeader reads the header that begins a connection, and not a byte of what follows it. It returns on whose behalf the
// proxy speaks; the zero AddrPort if on its own. The error is io.EOF if nothing came at all.
func readHeader(r io.Reader) (netip.AddrPort, error) {
	var b [fixedSize]byte
	if err := readFixed(r, &b); err != nil {
		return netip.AddrPort{}, err
	}
	family, rest := b[13], int(binary.BigEndian.Uint16(b[14:]))
	switch {
	case b[12]>>4 != 2:
		return netip.AddrPort{}, invalid("the version of the PROXY header is not 2")
	case rest > maxRest:
		return netip.AddrPort{}, invalid("the PROXY header is too long")
	case b[12] == 0x20: // LOCAL: the proxy looks whether anybody is there; the family does not count
		return netip.AddrPort{}, discard(r, rest)
	case b[12] != 0x21:
		return netip.AddrPort{}, invalid("the command of the PROXY header is unknown")
	case family == 0x11 && rest >= sizeIPv4:
		return readAddresses(r, rest, make([]byte, sizeIPv4))
	case family == 0x21 && rest >= sizeIPv6:
		return readAddresses(r, rest, make([]byte, sizeIPv6))
	}
	return netip.AddrPort{}, invalid("the PROXY header has no TCP address")
}

// readFixed reads the part of the header that all have. What is no header is refused with its first byte that is wrong.
func readFixed(r io.Reader, b *[fixedSize]byte) error {
	for n := 0; n < len(b); {
		m, err := r.Read(b[n:])
		n += m
		known := min(n, len(signature))
		switch {
		case string(b[:known]) != signature[:known]:
			return invalid("the connection does not begin with a PROXY header of version 2")
		case err == io.EOF && n == 0:
			return io.EOF
		case err != nil && n < len(b):
			return cutOff(err)
		}
	}
	return nil
}

// readAddresses reads both addresses into b, of which the first is the one that counts, and throws away what else there is
// of the rest.
func readAddresses(r io.Reader, rest int, b []byte) (netip.AddrPort, error) {
	if _, err := io.ReadFull(r, b); err != nil {
		return netip.AddrPort{}, cutOff(err)
	}
	size := (len(b) - 4) / 2
	from, _ := netip.AddrFromSlice(b[:size])
	port := binary.BigEndian.Uint16(b[2*size:])
	if err := discard(r, rest-len(b)); err != nil {
		return netip.AddrPort{}, err
	}
	return netip.AddrPortFrom(from.Unmap(), port), nil
}

func discard(r io.Reader, n int) error {
	if _, err := io.CopyN(io.Discard, r, int64(n)); err != nil {
		return cutOff(err)
	}
	return nil
}

func invalid(why string) error { return muster.Refuse(muster.ReasonProxyHeaderInvalid, "%s", why) }

func cutOff(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return invalid("the PROXY header did not come in time")
	}
	return invalid("the connection ended within the PROXY header")
}
