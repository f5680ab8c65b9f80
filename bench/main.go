// Command bench measures Muster and its anchors side by side on this machine, and fails when a floor is not met.
//
// Every figure stands beside one that was measured in the same run, on the same cores, by the same client: absolute
// figures move from machine to machine, the ratios are what counts. It starts bin/muster and Debian's mosquitto on
// loopback ports, ends both, and takes less than three minutes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// A plan says how much is measured.
type plan struct {
	binary      string
	dir         string
	rounds      int
	connections int // publishing
	window      int // publishes in flight on each
	idle        int // connections that hold still
	clients     int // that provision
	measure     time.Duration
	settle      time.Duration
}

func main() {
	p := plan{}
	flag.StringVar(&p.binary, "muster", "bin/muster", "the server to measure")
	flag.StringVar(&p.dir, "dir", ".cache", "where the data goes; on a real disk, or durable means nothing")
	flag.IntVar(&p.rounds, "rounds", 3, "rounds of each measurement; the median counts")
	flag.IntVar(&p.connections, "connections", 100, "publishing connections")
	flag.IntVar(&p.window, "window", 16, "publishes in flight on each connection")
	flag.IntVar(&p.idle, "idle", 18000, "idle connections, as far as file descriptors reach")
	flag.IntVar(&p.clients, "clients", 64, "clients that provision over HTTP")
	flag.DurationVar(&p.measure, "measure", 4*time.Second, "length of one measurement")
	flag.DurationVar(&p.settle, "settle", 5*time.Second, "rest before memory is read")
	record := flag.Bool("record", false, "append the table to bench/RESULTS.md")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()

	results, err := p.run(ctx)
	if err == nil {
		fmt.Print("\n" + table(results))
		err = floors(results)
	}
	if *record && len(results) > 0 {
		err = errors.Join(err, appendRecord("bench/RESULTS.md", results))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures everything on one data directory, which is gone afterwards.
func (p plan) run(ctx context.Context) (results []result, err error) {
	if p.rounds < 1 || p.connections < 1 || p.window < 1 || p.window > 1000 || p.idle < 1 || p.clients < 1 {
		return nil, errors.New("a count is below one, or the window above a thousand")
	}
	if p.idle, err = affordable(p.idle); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(p.dir, 0o755); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(p.dir, "bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	h, err := furnish(ctx, p.binary, dir)
	if err != nil {
		return nil, err
	}

	for _, part := range []func(context.Context, *house) ([]result, error){p.provisioning, p.publishing, p.idling} {
		more, err := part(ctx, h)
		if err != nil {
			return results, err
		}
		results = append(results, more...)
	}
	return results, nil
}
