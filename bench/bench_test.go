package main

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// serve acknowledges every publish that comes in on c, by answer.
func serve(c net.Conn, answer func(id []byte) []byte) {
	size := len(publishPacket(1))
	at := size - len(reading) - 2
	in := make([]byte, size)
	for {
		if _, err := io.ReadFull(c, in); err != nil {
			return
		}
		if _, err := c.Write(answer(in[at : at+2])); err != nil {
			return
		}
	}
}

func loopback(t *testing.T) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); server.Close() })
	return client, server
}

func TestAPublisherCountsWhatIsAcknowledgedInOrder(t *testing.T) {
	client, server := loopback(t)
	go serve(server, func(id []byte) []byte { return []byte{0x40, 2, id[0], id[1]} })
	p := publisher{conn: client}
	if err := client.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if err := p.run(300); err != nil {
		t.Fatal(err)
	}
	if p.acked.Load() < 300 {
		t.Errorf("%d acknowledged", p.acked.Load())
	}
}

func TestAPublisherRefusesAnAcknowledgementOutOfOrder(t *testing.T) {
	client, server := loopback(t)
	go serve(server, func(id []byte) []byte { return []byte{0x40, 2, id[0], id[1] + 1} })
	p := publisher{conn: client}
	if err := p.run(4); err == nil || !strings.Contains(err.Error(), "got 40 02 00 02") {
		t.Error(err)
	}
}

func TestAPublisherNoticesThatItLostItsServer(t *testing.T) {
	client, server := loopback(t)
	server.Close()
	p := publisher{conn: client}
	if err := p.run(4); err == nil || errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

func TestAFigureIsTheMedianOfItsRounds(t *testing.T) {
	for _, tc := range []struct {
		name   string
		rounds []float64
		want   float64
	}{
		{"no round is nothing", nil, 0},
		{"an outlier does not count", []float64{3, 900, 1}, 3},
		{"an even number takes the mean of the middle", []float64{4, 1, 2, 3}, 2.5},
	} {
		f := figure{rounds: tc.rounds}
		if got := f.median(); got != tc.want {
			t.Errorf("%s: %v, not %v", tc.name, got, tc.want)
		}
	}
}

func TestAMissedFloorIsAnError(t *testing.T) {
	slow := pairOf("speed", "", 2, ratioAtLeast)
	slow.muster.add(199)
	slow.anchor.add(100)
	large := pairOf("memory", "kB", 6, atMost)
	large.muster.add(5.9)
	large.anchor.add(1)
	err := floors([]result{slow, large})
	if err == nil || err.Error() != "speed: ratio ≥ 2: MISSED" {
		t.Error(err)
	}
	slow.muster.rounds[0] = 200
	if err := floors([]result{slow, large}); err != nil {
		t.Error(err)
	}
}

func TestAFloorMayBeMetInsteadOfAnother(t *testing.T) {
	rate, cpu := pairOf("rate", "", 8000, atLeast), pairOf("CPU", "µs", 120, atMost)
	rate.muster.add(7000)
	cpu.muster.add(100)
	if floors([]result{rate}) == nil {
		t.Error("7000 is as good as 8000")
	}
	rate.instead = &cpu
	if err := floors([]result{rate}); err != nil {
		t.Error(err)
	}
	cpu.muster.rounds[0] = 121
	if floors([]result{rate}) == nil {
		t.Error("neither floor is met")
	}
}

func TestTheTableLinesUp(t *testing.T) {
	r := pairOf("messages a second", "", 2, ratioAtLeast)
	r.muster = figure{rounds: []float64{1234567}, note: "durable"}
	r.anchor = figure{rounds: []float64{98.5}}
	lines := strings.Split(strings.TrimSpace(table([]result{r})), "\n")
	if len(lines) != 3 || !strings.Contains(lines[2], "| 1,234,567 durable | 98.50  | 12533.68 | ratio ≥ 2: met |") {
		t.Errorf("%s", strings.Join(lines, "\n"))
	}
	for _, l := range lines {
		if len([]rune(l)) != len([]rune(lines[0])) {
			t.Errorf("%q is longer or shorter than the head", l)
		}
	}
}
