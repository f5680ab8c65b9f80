package mqttd

import (
	"bytes"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"muster"
	"muster/internal/mqtt"
)

func TestConnectIsAccepted(t *testing.T) {
	h := &house{}
	_, address := open(t, h, Options{MaxKeepAlive: 10 * time.Minute}, time.Second)
	small := []byte{0x27, 0, 0, 0, 64} // the time has no room [MQTT-3.2.2-20]
	limits := []byte{0x21, 0, 100, 0x27, 0, 1, 0, 4}
	tail := []byte{0x22, 0, 8, 0x29, 0, 0x2a, 0}
	tests := []struct {
		name    string
		connect []byte
		want    []byte
	}{
		{"in MQTT 3.1", connectPacket(mqtt.V31, "c", "u", 60), []byte{0x20, 2, 0, 0}},
		{"in MQTT 3.1.1", connectPacket(mqtt.V311, "c", "u", 60), []byte{0x20, 2, 0, 0}},
		{"in MQTT 3.1.1 without a client id [MQTT-3.1.3-6]", connectPacket(mqtt.V311, "", "u", 60), []byte{0x20, 2, 0, 0}},
		{"in MQTT 5, with the limits", connectPacket(mqtt.V5, "c", "u", 60, small...), frame(0x20, []byte{0, 0, 15}, limits, tail)},
		{"in MQTT 5, and its session ends with it", connectPacket(mqtt.V5, "c", "u", 60, append(small, 0x11, 0, 0, 0, 9)...), frame(0x20, []byte{0, 0, 20, 0x11, 0, 0, 0, 0}, limits, tail)},
		{"in MQTT 5, and it shall not be silent for longer [MQTT-3.1.2-21]", connectPacket(mqtt.V5, "c", "u", 0, small...), frame(0x20, []byte{0, 0, 18}, limits, tail, []byte{0x13, 2, 0x58})},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := dial(t, address)
			d.send(test.connect)
			d.expect(test.want)
		})
	}
	t.Run("in MQTT 5, with the time", func(t *testing.T) {
		d := dial(t, address)
		d.send(connectPacket(mqtt.V5, "c", "u", 60))
		_, told, ok := bytes.Cut(d.packet(), append([]byte{0x26}, append(text("time"), 0, 13)...))
		ms, err := strconv.ParseInt(string(told[:min(len(told), 13)]), 10, 64)
		if off := time.Since(time.UnixMilli(ms)); !ok || err != nil || off < 0 || off > time.Minute {
			t.Errorf("the time is %q", told)
		}
	})
	t.Run("in MQTT 5 with a client id of the server's [MQTT-3.2.2-16]", func(t *testing.T) {
		d := dial(t, address)
		d.send(connectPacket(mqtt.V5, "", "u", 60))
		got := d.packet()
		if i := bytes.IndexByte(got, 0x12); i < 0 || !bytes.Equal(got[i+1:i+3], []byte{0, 20}) {
			t.Errorf("no assigned client identifier in % x", got)
		}
	})
	t.Run("and dispatch hears what was said", func(t *testing.T) {
		d := dial(t, address)
		d.send(frame(0x10, text("MQTT"), []byte{4, 0xc2, 0, 60}, text("me"), text("name"), text("secret")))
		d.expect([]byte{0x20, 2, 0, 0})
		hello := h.hellos[len(h.hellos)-1]
		if hello.Transport != muster.MQTT || hello.Secure || hello.ClientID != "me" || hello.Username != "name" ||
			hello.Password.Reveal() != "secret" || !hello.Remote.IsLoopback() {
			t.Errorf("%+v", hello)
		}
	})
}

func TestARefusalFitsIntoWhatTheClientTakes(t *testing.T) { // [MQTT-3.2.2-19]
	h := &house{judge: func(*muster.Hello) (*guest, error) { return nil, muster.Refuse(muster.ReasonServerBusy, "") }}
	_, address := open(t, h, Options{}, time.Second)
	d := dial(t, address)
	d.send(connectPacket(mqtt.V5, "c", "u", 60, 0x27, 0, 0, 0, 64))
	d.expect([]byte{0x20, 3, 0, 0x88, 0})
}

func TestConnectIsRefused(t *testing.T) {
	var refuse error
	h := &house{judge: func(*muster.Hello) (*guest, error) { return nil, refuse }}
	_, address := open(t, h, Options{}, time.Second)
	anonymous := func(v mqtt.Version, id string) []byte { return connectPacket(v, id, "", 60) }
	tests := []struct {
		name     string
		err      error
		connect  func(v mqtt.Version) []byte
		v3       byte
		v5       mqtt.Code
		farewell mqtt.Code
		reason   string
	}{
		{"a wrong token", muster.Refuse(muster.ReasonTokenUnknown, ""), func(v mqtt.Version) []byte { return connectPacket(v, "c", "u", 1) }, 5, 0x86, 0x86, "token-unknown: no device has this access token"},
		{"a wrong password looks like a wrong token", muster.Refuse(muster.ReasonPasswordWrong, ""), func(v mqtt.Version) []byte { return connectPacket(v, "c", "u", 1) }, 5, 0x86, 0x86, "token-unknown: no device has this access token"},
		{"an unknown client id", muster.Refuse(muster.ReasonClientIDUnknown, ""), func(v mqtt.Version) []byte { return anonymous(v, "c") }, 2, 0x85, 0x85, "client-id-unknown: no device has this client id"},
		{"nothing at all", muster.Refuse(muster.ReasonCredentialsMissing, ""), func(v mqtt.Version) []byte { return anonymous(v, "") }, 5, 0x87, 0x87, "credentials-missing: no credential was shown"},
		{"too many failures", muster.Refuse(muster.ReasonRateLimited, "slow down"), func(v mqtt.Version) []byte { return anonymous(v, "c") }, 3, 0x9f, 0x96, "rate-limited: slow down"},
		{"a registry that is away", muster.Because(muster.ReasonStorageUnavailable, refuse), func(v mqtt.Version) []byte { return anonymous(v, "c") }, 3, 0x88, 0x89, "storage-unavailable: storage is unavailable; nothing was kept"},
		{"an error of our own", muster.Internal, func(v mqtt.Version) []byte { return anonymous(v, "c") }, 3, 0x88, 0x89, "internal: something went wrong in the server"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			refuse = test.err
			old := dial(t, address)
			old.send(test.connect(mqtt.V311))
			old.expect([]byte{0x20, 2, 0, test.v3})
			old.expectClosed()

			d := dial(t, address)
			d.send(test.connect(mqtt.V5))
			d.expect(mqtt.AppendConnack(nil, &mqtt.Connack{Code: test.v5, Reason: test.reason}), []byte{0xe0, 1, byte(test.farewell)})
			d.expectClosed()
		})
	}
}

func TestConnectIsNotUnderstood(t *testing.T) {
	tests := []struct {
		name   string
		in     []byte
		want   []byte
		reason muster.Reason
	}{
		{"another packet comes first [MQTT-3.1.0-1]", []byte{0xc0, 0}, nil, muster.ReasonProtocolError},
		{"HTTP comes in its place", []byte("GET / HTTP/1.1\r\n\r\n"), nil, muster.ReasonPacketMalformed},
		{"TLS comes in its place", []byte{0x16, 3, 1, 0, 100}, nil, muster.ReasonPacketMalformed},
		{"it is larger than a CONNECT may be", []byte{0x10, 0xff, 0xff, 0x7f}, nil, muster.ReasonPacketTooLarge},
		{"the protocol has another name", frame(0x10, text("MQTX"), []byte{4, 2, 0, 60, 0, 0}), nil, muster.ReasonPacketMalformed},
		{"the level is unknown [MQTT-3.1.2-2]", frame(0x10, text("MQTT"), []byte{9, 2, 0, 60, 0, 0}), []byte{0x20, 2, 0, 1}, muster.ReasonProtocolError},
		{"a reserved flag is set [MQTT-3.1.2-3]", frame(0x10, text("MQTT"), []byte{4, 3, 0, 60, 0, 0}), nil, muster.ReasonPacketMalformed},
		{"it is malformed in MQTT 5", frame(0x10, text("MQTT"), []byte{5, 0x1e, 0, 60, 0, 0, 0}), nil, muster.ReasonPacketMalformed},
		{
			"a property is malformed in MQTT 5", connectPacket(mqtt.V5, "c", "u", 60, 0x21, 0, 0),
			mqtt.AppendConnack(nil, &mqtt.Connack{Code: mqtt.ProtocolError, Reason: "protocol-error: a property is zero that must not be"}), muster.ReasonProtocolError,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := &house{}
			_, address := open(t, h, Options{}, time.Second)
			d := dial(t, address)
			d.send(test.in)
			if test.want != nil {
				d.expect(test.want)
			}
			if test.want == nil && test.in[0] == 0x10 && bytes.Contains(test.in, []byte{'T', 5}) {
				d.packet() // an MQTT 5 client is told
			}
			d.expectClosed()
			eventually(t, "it is in the journal", func() bool {
				h.mu.Lock()
				defer h.mu.Unlock()
				return len(h.attempts) == 1 && h.attempts[0].Reason == test.reason && h.attempts[0].Remote.IsLoopback()
			})
		})
	}
}

func TestWhatIsNotServedIsRefusedAndInTheJournal(t *testing.T) {
	tests := []struct {
		name    string
		connect []byte
		want    []byte
		called  string
	}{
		{
			"a session to keep for a client without an id [MQTT-3.1.3-8]",
			frame(0x10, text("MQTT"), []byte{4, 0x00, 0, 60}, text("")),
			[]byte{0x20, 2, 0, 2},
			"",
		},
		{
			"enhanced authentication [MQTT-4.12.0-1]",
			connectPacket(mqtt.V5, "c", "u", 60, 0x15, 0, 1, 'x'),
			mqtt.AppendConnack(nil, &mqtt.Connack{Code: mqtt.BadAuthMethod, Reason: "protocol-error: enhanced authentication is not served"}),
			"c",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := &house{}
			_, address := open(t, h, Options{}, time.Second)
			d := dial(t, address)
			d.send(test.connect)
			d.expect(test.want)
			d.expectClosed()
			h.mu.Lock()
			defer h.mu.Unlock()
			if len(h.hellos) > 0 || len(h.attempts) != 1 || h.attempts[0].Reason != muster.ReasonProtocolError || h.attempts[0].Name != test.called {
				t.Errorf("dispatch hears %v, the journal %+v", h.hellos, h.attempts)
			}
		})
	}
}

func TestWhoeverWaitsWithTheConnectIsLetGo(t *testing.T) {
	for name, first := range map[string][]byte{"with nothing": nil, "in the middle of it": {0x10, 20, 0, 4, 'M'}} {
		t.Run(name, func(t *testing.T) {
			h := &house{}
			_, address := open(t, h, Options{}, 20*time.Millisecond)
			d := dial(t, address)
			d.send(first)
			d.expectClosed()
			eventually(t, "it is in the journal", func() bool {
				h.mu.Lock()
				defer h.mu.Unlock()
				return len(h.attempts) == 1 && h.attempts[0].Reason == muster.ReasonConnectTimeout
			})
		})
	}
}

func TestWhoeverWasPutOutMeanwhileIsRefused(t *testing.T) {
	h := &house{judge: func(*muster.Hello) (*guest, error) {
		return &guest{out: muster.Refuse(muster.ReasonDeviceSuspended, "")}, nil
	}}
	_, address := open(t, h, Options{}, time.Second)
	d := dial(t, address)
	d.send(connectPacket(mqtt.V311, "c", "u", 60))
	d.expect([]byte{0x20, 2, 0, 5})
	d.expectClosed()
}

func TestOneConnectionMoreThanAllowedIsClosed(t *testing.T) {
	_, address := open(t, &house{}, Options{MaxConns: 1}, time.Second)
	first := enter(t, address, mqtt.V311)
	dial(t, address).expectClosed()
	first.send([]byte{0xc0, 0})
	first.expect([]byte{0xd0, 0})
}

func TestAnErrorOfTheServerIsLoggedAndARefusalIsNot(t *testing.T) {
	log, fails := make(logged, 10), true
	h := &house{
		judge: func(hello *muster.Hello) (*guest, error) {
			if fails {
				return nil, errors.New("a credential that does not open")
			}
			if hello.Username == "stranger" {
				return nil, muster.Refuse(muster.ReasonTokenUnknown, "")
			}
			return &guest{}, nil
		},
		answer: answering(muster.Message{}, errors.New("a row that cannot be read")),
	}
	_, address := open(t, h, Options{Logger: slog.New(slog.NewTextHandler(log, nil))}, time.Second)
	d := dial(t, address)
	d.send(connectPacket(mqtt.V311, "c", "u", 60))
	d.expect([]byte{0x20, 2, 0, 3})
	d.expectClosed()
	fails = false
	d = dial(t, address)
	d.send(connectPacket(mqtt.V311, "c", "stranger", 60))
	d.expect([]byte{0x20, 2, 0, 5})
	d.expectClosed()
	d = enter(t, address, mqtt.V311)
	d.send(publishPacket(mqtt.V311, "t", "x", 1, 1))
	d.expectClosed()
	for _, want := range []string{"a credential that does not open", "a row that cannot be read"} {
		if line := <-log; !strings.Contains(line, want) {
			t.Errorf("the log says %s instead of %q", line, want)
		}
	}
}

// A logged keeps lines for a test.
type logged chan string

func (l logged) Write(line []byte) (int, error) {
	l <- string(line)
	return len(line), nil
}
