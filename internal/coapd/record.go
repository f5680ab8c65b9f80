package coapd

import (
	"github.com/pion/dtls/v3/pkg/protocol/extension"
	"github.com/pion/dtls/v3/pkg/protocol/handshake"
)

// The parts of a DTLS 1.2 record and of a handshake message in it. [RFC 6347, 4.1 and 4.2.2]
const (
	recordHandshake = 22
	recordWithID    = 25 // [RFC 9146, 4]
	recordHead      = 13
	handshakeHead   = 12
	helloRandomFrom = recordHead + handshakeHead + 2
	helloRandomTo   = helloRandomFrom + 32
)

// recordID returns the connection id of a datagram that has one.
func recordID(datagram []byte) (id string, ok bool) {
	if len(datagram) < 11+connectionID || datagram[0] != recordWithID {
		return "", false
	}
	return string(datagram[11 : 11+connectionID]), true
}

// isHello reports whether a datagram begins with the start of a handshake message of that type, before encryption.
func isHello(datagram []byte, of handshake.Type) bool {
	return len(datagram) >= helloRandomTo && datagram[0] == recordHandshake && datagram[3] == 0 && datagram[4] == 0 &&
		handshake.Type(datagram[recordHead]) == of && [3]byte(datagram[recordHead+6:]) == [3]byte{}
}

// clientRandom returns what tells one handshake of a client from another.
func clientRandom(datagram []byte) (random string, ok bool) {
	if !isHello(datagram, handshake.TypeClientHello) {
		return "", false
	}
	return string(datagram[helloRandomFrom:helloRandomTo]), true
}

// connectionIDOf returns the connection id that a ServerHello gives out; "" if none.
func connectionIDOf(datagram []byte) string {
	var hello handshake.MessageServerHello
	end := recordHead + int(datagram[11])<<8 + int(datagram[12])
	if end < helloRandomTo || end > len(datagram) || hello.Unmarshal(datagram[recordHead+handshakeHead:end]) != nil {
		return ""
	}
	for _, e := range hello.Extensions {
		if id, ok := e.(*extension.ConnectionID); ok {
			return string(id.CID)
		}
	}
	return ""
}
