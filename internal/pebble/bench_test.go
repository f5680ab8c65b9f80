package pebble

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"muster"
)

// BenchmarkCommit tells the cost of a message of three values, with everything that Pebble does for it later. A device
// sends run messages in a row, as those do that send without waiting for each answer.
func BenchmarkCommit(b *testing.B) {
	for _, c := range []struct{ devices, run, size int }{
		{100, 8, 100}, {100, 8, 500}, {100, 8, 2000}, {1000, 1, 500}, {100_000, 1, 100}, {100_000, 1, 500}, {100_000, 1, 2000},
	} {
		b.Run(fmt.Sprintf("devices=%d/run=%d/batch=%d", c.devices, c.run, c.size), func(b *testing.B) {
			benchmarkCommit(b, c.devices, c.run, c.size)
		})
	}
}

func benchmarkCommit(b *testing.B, devices, run, size int) {
	dir := b.TempDir()
	r := opened(b, dir, Options{})
	ids := make([]muster.DeviceID, devices)
	for i := range ids {
		ids[i] = muster.NewID[muster.Device]()
	}
	var batch muster.Batch
	ts := time.Now().UnixMilli()
	values := muster.Values(nil).Add("temperature", muster.DoubleValue(21.5)).Add("humidity", muster.LongValue(40)).Add("ok", muster.BoolValue(true))
	written, sender := 0, 0
	cpu := cpuTime(b)
	b.ResetTimer()
	for range b.N {
		batch.Reset()
		for i := range size {
			values[20]++ // in the temperature
			if i%run == 0 {
				sender = rand.IntN(devices)
			}
			batch.Add(ids[sender], 30, muster.Sample{TS: ts + int64(written/600), Values: values})
			written++
		}
		if err := r.Commit(&batch); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(cpuTime(b)-cpu)/float64(written), "cpu-ns/msg")
	b.ReportMetric(float64(written)/b.Elapsed().Seconds(), "msg/s")
	m := r.db.Metrics()
	total := m.Total()
	b.ReportMetric(float64(total.TableBytesFlushed+total.TableBytesCompacted+m.WAL.BytesWritten)/float64(written), "written-B/msg")
	if testing.Verbose() {
		b.Log(m)
	}
	if err := r.Close(); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(diskUse(b, dir))/float64(written), "disk-B/msg")
}

func cpuTime(b *testing.B) time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

func diskUse(b *testing.B, dir string) (size int64) {
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil {
			b.Fatal(err)
		}
		size += info.Size()
	}
	return size
}

// BenchmarkRead tells what readers wait for: a device's latest values, and a day of one key at one a minute.
func BenchmarkRead(b *testing.B) {
	r := opened(b, b.TempDir(), Options{})
	defer r.Close()
	ids := make([]muster.DeviceID, 1000)
	for i := range ids {
		ids[i] = muster.NewID[muster.Device]()
	}
	values := muster.Values(nil).Add("temperature", muster.DoubleValue(21.5)).Add("humidity", muster.LongValue(40)).Add("ok", muster.BoolValue(true))
	for minute := range 2 * 1440 {
		var batch muster.Batch
		for _, d := range ids {
			batch.Add(d, 30, muster.Sample{TS: int64(minute) * 60_000, Values: values})
		}
		if err := r.Commit(&batch); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("latest", func(b *testing.B) {
		for i := range b.N {
			if got, err := r.Latest(b.Context(), ids[i%len(ids)]); err != nil || len(got) != 3 {
				b.Fatal(len(got), err)
			}
		}
	})
	b.Run("history of a day", func(b *testing.B) {
		for i := range b.N {
			got, err := r.History(b.Context(), ids[i%len(ids)], "humidity", muster.Range{From: msPerDay / 2, To: 3 * msPerDay / 2, Limit: 2000})
			if err != nil || len(got) != 1440 {
				b.Fatal(len(got), err)
			}
		}
	})
}
