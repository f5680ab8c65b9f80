package coapd

import (
	"errors"
	"net"
	"net/netip"
	"testing"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"

	"muster"
)

// FuzzDatagrams has one peer send three datagrams. Whatever they are, what is answered is CoAP, no body is larger than
// allowed, a refusal is at most three times as long as the request, and nothing is held when the peer is forgotten.
func FuzzDatagrams(f *testing.F) {
	block1 := func(number uint32, more bool) message.Options {
		return message.Options{option(message.Block1, blockOf(number, more, 0))}
	}
	post := call{path: telemetry("T"), token: "tok", body: `{"a":1}`}.datagram(1)
	get := call{code: codes.GET, path: []string{"/api/v1/T/attributes"}, options: message.Options{
		{ID: message.URIQuery, Value: []byte("clientKeys=a")}, option(message.Block2, blockOf(1, false, 0)),
	}}
	f.Add(post, post, empty(message.Acknowledgement, 1))
	f.Add(get.datagram(1), get.datagram(2), []byte{0x40, 0, 0, 0})
	f.Add(call{path: telemetry("T"), body: large(16), options: block1(0, true)}.datagram(1),
		call{path: telemetry("T"), body: large(16), options: block1(1, true)}.datagram(2),
		call{path: telemetry("T"), body: "{}", options: block1(2, false)}.datagram(3))
	f.Add(call{path: telemetry("bad"), typ: message.NonConfirmable}.datagram(1), []byte{0x4f, 0xff}, []byte(nil))
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		s := &script{respond: func(r *muster.Request) (muster.Message, error) {
			switch {
			case len(r.Body) > 100:
				t.Errorf("a body of %d bytes", len(r.Body))
			case len(r.Path) == 4 && r.Path[2] == "T":
				return muster.Message{Body: []byte(large(100))}, nil
			case len(r.Path)%2 == 1:
				return muster.Message{}, errors.New("broken")
			}
			return muster.Message{}, muster.Refuse(muster.ReasonTopicUnknown, "")
		}}
		server := newServer(s, Options{MaxBody: 100})
		p, out := fakePeer(server, "192.0.2.1:1000")
		for _, datagram := range [][]byte{a, b, c} {
			sent := len(out.sent)
			server.receive(t.Context(), p, p.remote, datagram)
			server.working.Wait()
			for i, m := range out.messages(t)[sent:] {
				if size := len(out.sent[sent+i]); m.Code>>5 > 2 && size > 3*len(datagram) {
					t.Errorf("%d bytes are refused with %d", len(datagram), size)
				}
			}
		}
		p.forget()
		if held := server.uploading.Load(); held != 0 {
			t.Errorf("%d bytes are held", held)
		}
	})
}

// FuzzPortal has two addresses send datagrams to a portal, of which some are answered as a session would answer them.
// Whatever they are, a portal whose lines are closed remembers nobody.
func FuzzPortal(f *testing.F) {
	proven := []byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 60, 2, 0, 0, 48, 0, 0, 0, 0, 0, 0, 0, 48, 0xfe, 0xfd}
	proven = append(proven, make([]byte, 32)...)
	proven = append(proven, 0, 0xc0, 0x2b, 0, 0, 8, 0, 54, 0, 4, 3, 1, 2, 3) // with a connection id
	withID := append([]byte{25, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1}, make([]byte, 16)...)
	f.Add(hello(1), proven, hello(2), proven, byte(0b1010))
	f.Add(hello(1), hello(1), withID, []byte{20, 0xfe, 0xfd}, byte(0b0101))
	f.Fuzz(func(t *testing.T, a, b, c, d []byte, how byte) {
		conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		p := newPortal(conn)
		nowhere := conn.LocalAddr() // itself, which makes nothing of it
		var lines []*line
		for i, datagram := range [][]byte{a, b, c, d} {
			from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, how >> (4 + i) & 1}), 1)
			if how>>i&1 == 1 && len(lines) > 0 {
				_, _ = lines[len(lines)-1].WriteTo(datagram, nowhere)
			} else if l := p.find(from, datagram); l != nil {
				l.take(from, datagram)
				lines = append(lines, l)
			}
		}
		for _, l := range lines {
			_ = l.Close()
		}
		p.mu.Lock()
		for p.unproven.Len() > 0 { // what the datagrams to itself have begun
			p.drop(p.unproven.Front().Value.(*line))
		}
		if p.lines != 0 || len(p.byID) != 0 || len(p.byRemote) != 0 {
			t.Errorf("%d lines, %d ids, %d addresses are left", p.lines, len(p.byID), len(p.byRemote))
		}
		p.mu.Unlock()
		_ = p.Close()
	})
}
