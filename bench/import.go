package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// importing measures how long a file of devices with tokens takes, what the server then weighs, how long devices wait that
// provision meanwhile, and how long all of them take to be exported. The anchors are SQLite itself with the same rows in the same
// tables, the server before, and the wait without an import. There is one round: a file this large tells enough.
func (p plan) importing(ctx context.Context, h *house) ([]result, error) {
	rows := number(float64(p.devices))
	took := pairOf("import of "+rows+" rows with tokens", "s", 60, atMost)
	weighs := pairOf("memory of the server while it imports them", "MB", 300, atMost)
	wait := pairOf("provisioning meanwhile, 99 of 100 within", "ms", 500, atMost)
	out := pairOf("export of as many", "s", 0, noFloor)
	out.anchor.note = "SQLite alone"
	took.anchor.note, weighs.anchor.note, wait.anchor.note = "SQLite alone", "before", "no import"
	other, err := h.another(ctx, "imported", 0)
	if err != nil {
		return nil, err
	}
	file := other.file("devices.csv")
	if err := writeDevices(file, p.devices); err != nil {
		return nil, err
	}
	s, err := other.startMuster(ctx)
	if err != nil {
		return nil, err
	}
	err = p.importInto(ctx, other, s, file, &took, &weighs, &wait)
	if err == nil {
		err = other.exportAll(ctx, s, &out.muster)
	}
	if err = errors.Join(err, s.stop()); err != nil {
		return nil, err
	}
	written, read, err := bareRows(ctx, other.file("bare.db"), p.devices)
	if err != nil {
		return nil, err
	}
	took.anchor.add(written.Seconds())
	out.anchor.add(read.Seconds())
	return []result{took, weighs, wait, out}, os.RemoveAll(other.dir)
}

// writeDevices writes a file of devices, each with a token.
func writeDevices(name string, devices int) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	out := bufio.NewWriter(f)
	_, _ = out.WriteString("name,token\n") // the error stays until Flush
	for i := range devices {
		_, _ = fmt.Fprintf(out, "%s,%s\n", deviceName(i), token(i))
	}
	return out.Flush()
}

func (p plan) importInto(ctx context.Context, h *house, s *server, file string, took, weighs, wait *result) error {
	before, err := h.waits(ctx, s, "before", p.measure)
	if err != nil {
		return err
	}
	light, err := peakOf(s.pid())
	if err != nil {
		return err
	}
	began := time.Now()
	id, err := h.handIn(ctx, s, file)
	if err != nil {
		return err
	}
	ended, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	go func() { stop(h.awaitImport(ctx, s, id, p.devices)) }()
	during, err := h.waits(ended, s, "during", time.Hour)
	if err != nil {
		return err
	}
	if err := context.Cause(ended); !errors.Is(err, errImported) {
		return err
	}
	took.muster.add(time.Since(began).Seconds())
	heavy, err := peakOf(s.pid())
	if err != nil {
		return err
	}
	weighs.muster.add(heavy)
	weighs.anchor.add(light)
	wait.muster.add(float64(during.percentile(99)) / float64(time.Millisecond))
	wait.anchor.add(float64(before.percentile(99)) / float64(time.Millisecond))
	return nil
}

// between is the time between two devices that provision.
const between = 20 * time.Millisecond

// waits returns how long devices wait that provision one after the other, until ctx ends or time is up.
func (h *house) waits(ctx context.Context, s *server, name string, until time.Duration) (all latencies, err error) {
	c, err := call(s.http)
	if err != nil {
		return nil, err
	}
	defer c.conn.Close()
	end := time.After(until)
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return all, nil
		case <-end:
			return all, nil
		case <-time.After(between):
		}
		start := time.Now()
		if err := h.provision(c, map[string]string{"deviceName": fmt.Sprintf("%s-%d", name, n)}); err != nil {
			return all, err
		}
		all.add(time.Since(start))
	}
}

// handIn hands in a file and returns the id of its import.
func (h *house) handIn(ctx context.Context, s *server, file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	var i struct{ ID string }
	return i.ID, h.api(ctx, s, http.MethodPost, "/v1/imports", f, &i)
}

// errImported ends a wait as it should end.
var errImported = errors.New("the import is done")

// awaitImport returns errImported when every row was filed.
func (h *house) awaitImport(ctx context.Context, s *server, id string, rows int) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
		var i struct {
			State   string
			Created int
		}
		if err := h.api(ctx, s, http.MethodGet, "/v1/imports/"+id, nil, &i); err != nil {
			return err
		}
		switch {
		case i.State == "done" && i.Created == rows:
			return errImported
		case i.State != "waiting" && i.State != "running":
			return fmt.Errorf("the import is %s with %d devices", i.State, i.Created)
		}
	}
}

// exportAll reads every device as CSV.
func (h *house) exportAll(ctx context.Context, s *server, took *figure) error {
	began := time.Now()
	answer, err := h.ask(ctx, s, http.MethodGet, "/v1/export", nil)
	if err != nil {
		return err
	}
	defer answer.Close()
	if _, err := io.Copy(io.Discard, answer); err != nil {
		return err
	}
	took.add(time.Since(began).Seconds())
	return nil
}

// api asks the API for people, and reads its answer into out.
func (h *house) api(ctx context.Context, s *server, method, path string, body io.Reader, out any) error {
	answer, err := h.ask(ctx, s, method, path, body)
	if err != nil {
		return err
	}
	defer answer.Close()
	return json.NewDecoder(answer).Decode(out)
}

// ask asks the API for people, and returns its answer, which the caller closes.
func (h *house) ask(ctx context.Context, s *server, method, path string, body io.Reader) (io.ReadCloser, error) {
	token, err := h.apiToken()
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+s.http+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode/100 != 2 {
		defer answer.Body.Close()
		text, _ := io.ReadAll(answer.Body) // what there is of it
		return nil, fmt.Errorf("%s %s: %s %s", method, path, answer.Status, text)
	}
	return answer.Body, nil
}

func (h *house) apiToken() (string, error) {
	token, err := os.ReadFile(filepath.Join(h.file("muster"), "api-token"))
	return string(bytes.TrimSpace(token)), err
}

// peakOf returns how much memory the process has had at most, in megabytes.
func peakOf(pid int) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kilobytes, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 64)
			return kilobytes / 1000, err
		}
	}
	return 0, fmt.Errorf("/proc/%d/status does not say how much memory there was", pid)
}
