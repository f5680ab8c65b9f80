package mqttd

import (
	"slices"
	"testing"

	"muster"
	"muster/internal/mqtt"
)

// The codes that the standard lets a server put into a packet. [MQTT 5, 2.4]
var (
	connackCodes = []mqtt.Code{
		0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9f,
	}
	pubackCodes     = []mqtt.Code{0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99}
	disconnectCodes = []mqtt.Code{
		0x00, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0x9b,
		0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2,
	}
)

func TestEveryReasonHasACodeOfItsPacket(t *testing.T) {
	holds := func(what string, err error, code mqtt.Code, of []mqtt.Code) {
		t.Helper()
		if !slices.Contains(of, code) {
			t.Errorf("%s has no code %#x for %v", what, code, err)
		}
	}
	hellos := []muster.Hello{{}, {ClientID: "c"}, {Username: "u"}}
	for _, reason := range muster.Reasons() {
		err := muster.Refuse(reason, "")
		for _, h := range hellos {
			holds("CONNACK", err, connectRefusal(&h, err).code, connackCodes)
		}
		holds("DISCONNECT", err, disconnectCode(err), disconnectCodes)
		for _, qos := range []byte{0, 1, 2} {
			for _, joining := range []bool{false, true} {
				v := judgePublish(err, mqtt.V5, qos, joining)
				if v.ack {
					holds("PUBACK", err, v.code, pubackCodes)
				}
				if v.end {
					holds("DISCONNECT", err, v.farewell, disconnectCodes)
				}
			}
		}
	}
}
