package mqtt

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConnectIsReadAsItWasWritten(t *testing.T) {
	tests := []struct {
		name  string
		c     Connect
		props []byte
	}{
		{"MQTT 3.1", Connect{Version: V31, Clean: true, ClientID: []byte("c"), ReceiveMaximum: 65535, WantProblems: true}, nil},
		{"MQTT 3.1.1 with a token", Connect{Version: V311, Clean: true, KeepAlive: 60, ClientID: []byte{}, Username: []byte("token"), ReceiveMaximum: 65535, WantProblems: true}, nil},
		{"MQTT 3.1.1 with a password alone", Connect{Version: V311, ClientID: []byte("c"), Password: []byte("p"), ReceiveMaximum: 65535, WantProblems: true}, nil},
		{"MQTT 3.1.1 with an empty user name", Connect{Version: V311, ClientID: []byte("c"), Username: []byte{}, ReceiveMaximum: 65535, WantProblems: true}, nil},
		{"MQTT 3.1.1 with a will", Connect{Version: V311, Will: true, ClientID: []byte("c"), Username: []byte("u"), Password: []byte{0, 255}, ReceiveMaximum: 65535, WantProblems: true}, nil},
		{"MQTT 5", Connect{Version: V5, Clean: true, Will: true, ClientID: []byte("c"), ReceiveMaximum: 65535, WantProblems: true}, nil},
		{
			"MQTT 5 with properties",
			Connect{Version: V5, ClientID: []byte("c"), SessionExpiry: 300, ReceiveMaximum: 7, MaximumPacket: 99},
			[]byte{0x17, 0, 0x27, 0, 0, 0, 99, 0x21, 0, 7, 0x11, 0, 0, 1, 44, 0x26, 0, 1, 'a', 0, 1, 'b', 0x26, 0, 1, 'a', 0, 0},
		},
		{
			"MQTT 5 with enhanced authentication",
			Connect{Version: V5, ClientID: []byte("c"), ReceiveMaximum: 65535, WantProblems: true, AuthMethod: true},
			[]byte{0x15, 0, 1, 'x', 0x16, 0, 1, 0},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := packet(t, appendConnect(nil, &test.c, test.props), V311)
			got, err := p.Connect()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.c, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestConnectIsRefused(t *testing.T) {
	v4 := func(flags byte, rest ...byte) []byte {
		return append([]byte{0, 4, 'M', 'Q', 'T', 'T', 4, flags, 0, 60}, rest...)
	}
	v5 := func(props ...byte) []byte {
		b := append([]byte{0, 4, 'M', 'Q', 'T', 'T', 5, 2, 0, 60, byte(len(props))}, props...)
		return append(b, 0, 0)
	}
	tests := []struct {
		name string
		body []byte
		code Code
	}{
		{"when it is empty", nil, MalformedPacket},
		{"when the protocol is not MQTT [MQTT-3.1.2-1]", []byte{0, 4, 'M', 'Q', 'T', 'X', 4, 2, 0, 60, 0, 0}, MalformedPacket},
		{"when the level is unknown [MQTT-3.1.2-2]", []byte{0, 4, 'M', 'Q', 'T', 'T', 6, 2, 0, 60, 0, 0}, UnsupportedVersion},
		{"when name and level do not belong together", []byte{0, 6, 'M', 'Q', 'I', 's', 'd', 'p', 4, 2, 0, 60, 0, 0}, UnsupportedVersion},
		{"when the reserved flag is set [MQTT-3.1.2-3]", v4(0x03, 0, 0), MalformedPacket},
		{"when the will has QoS 3 [MQTT-3.1.2-12]", v4(0x1e, 0, 0, 0, 1, 't', 0, 0), MalformedPacket},
		{"when there is no will but its QoS [MQTT-3.1.2-11]", v4(0x0a, 0, 0), MalformedPacket},
		{"when there is no will but its retain flag [MQTT-3.1.2-13]", v4(0x22, 0, 0), MalformedPacket},
		{"when the will's topic has a wildcard [MQTT-4.7.1-1]", v4(0x06, 0, 0, 0, 1, '#', 0, 0), ProtocolError},
		{"when the will is missing [MQTT-3.1.3-1]", v4(0x06, 0, 0), MalformedPacket},
		{"when the user name is missing [MQTT-3.1.3-1]", v4(0x82, 0, 0), MalformedPacket},
		{"when the client id is not UTF-8 [MQTT-1.5.4-1]", v4(0x02, 0, 2, 0xed, 0xa0), MalformedPacket},
		{"when the client id has a U+0000 in it [MQTT-1.5.4-2]", v4(0x02, 0, 1, 0), MalformedPacket},
		{"when something follows", v4(0x02, 0, 0, 0), MalformedPacket},
		{"when a property is unknown", v5(0x7e, 0), MalformedPacket},
		{"when a property has no place", v5(0x23, 0, 1), MalformedPacket},
		{"when a property is there twice", v5(0x21, 0, 1, 0x21, 0, 1), ProtocolError},
		{"when the Receive Maximum is zero", v5(0x21, 0, 0), ProtocolError},
		{"when the Maximum Packet Size is zero", v5(0x27, 0, 0, 0, 0), ProtocolError},
		{"when a flag property is 2", v5(0x17, 2), ProtocolError},
		{"when there is authentication data without a method", v5(0x16, 0, 1, 0), ProtocolError},
		{"when a property ends too soon", v5(0x27, 0, 0, 0), MalformedPacket},
		{"when a user property is not UTF-8", v5(0x26, 0, 1, 0xff, 0, 0), MalformedPacket},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Packet{Type: TypeConnect, Body: test.body}.Connect()
			if codeOf(err) != test.code {
				t.Errorf("got %v, want code %#x", err, test.code)
			}
		})
	}
}
