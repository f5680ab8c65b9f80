// Command bench measures Muster and its anchors side by side on this machine, and fails when a floor is not met.
//
// Every figure stands beside one that was measured in the same run, on the same cores, by the same client: absolute
// figures move from machine to machine, the ratios are what counts. It starts bin/muster, Debian's mosquitto and small
// servers of its own on loopback ports, and ends them all.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// A plan says how much is measured.
type plan struct {
	binary  string
	dir     string
	rounds  int
	idle    int // connections that hold still
	clients int // of HTTP and CoAP
	devices int // in the grown house
	crowd   int // of them with a session, without file descriptors
	measure time.Duration
	settle  time.Duration
}

// parts are the measurements, in the order in which they are made: later ones use the devices that earlier ones let in.
var parts = []struct {
	name string
	run  func(plan, context.Context, *house) ([]result, error)
}{
	{"provisioning", plan.provisioning},
	{"publishing", plan.publishing},
	{"alone", plan.alone},
	{"paced", plan.paced},
	{"requests", plan.requests},
	{"idle", plan.idling},
	{"handshakes", plan.handshakes},
	{"disk", plan.onDisk},
	{"import", plan.importing},
	{"growth", plan.growth},
	{"start", plan.starting},
	{"connect", plan.connecting},
	{"sessions", plan.inMemory},
	{"revoking", plan.revoking},
	{"issued", plan.issued},
	{"listed", plan.listed},
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == anchorCommand {
		exit(serveAnchor(os.Args[2]))
	}
	p := plan{}
	flag.StringVar(&p.binary, "muster", "bin/muster", "the server to measure")
	flag.StringVar(&p.dir, "dir", ".cache", "where the data goes; on a real disk, or durable means nothing")
	flag.IntVar(&p.rounds, "rounds", 3, "rounds of each measurement; the median counts")
	flag.IntVar(&p.idle, "idle", 18_000, "idle connections, as far as file descriptors reach")
	flag.IntVar(&p.clients, "clients", 64, "clients of HTTP and CoAP")
	flag.IntVar(&p.devices, "devices", 1_000_000, "devices in the grown house")
	flag.IntVar(&p.crowd, "sessions", 500_000, "devices with a session in memory")
	flag.DurationVar(&p.measure, "measure", 4*time.Second, "length of one measurement")
	flag.DurationVar(&p.settle, "settle", 5*time.Second, "rest before memory is read")
	only := flag.String("only", "", "regular expression of the parts to run: "+strings.Join(names(), ", "))
	record := flag.Bool("record", false, "append the table to bench/RESULTS.md")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, time.Hour)
	defer cancel()

	results, err := p.run(ctx, *only)
	if err == nil {
		fmt.Print("\n" + table(results))
		err = floors(results)
	}
	if *record && len(results) > 0 {
		err = errors.Join(err, appendRecord("bench/RESULTS.md", results))
	}
	exit(err)
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func names() (all []string) {
	for _, p := range parts {
		all = append(all, p.name)
	}
	return all
}

// run measures the parts whose names only matches, on one data directory, which is gone afterwards. Provisioning is always
// measured: the others need its devices.
func (p plan) run(ctx context.Context, only string) (results []result, err error) {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return nil, err
	}
	if min(p.rounds, p.idle, p.clients, p.crowd/1000, p.devices/1000) < 1 {
		return nil, errors.New("a count is below one, or there are fewer than a thousand devices or sessions")
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
	for i, part := range parts {
		if i > 0 && !wanted.MatchString(part.name) {
			continue
		}
		start := time.Now()
		more, err := part.run(p, ctx, h)
		if err != nil {
			return results, fmt.Errorf("%s: %w", part.name, err)
		}
		fmt.Fprintf(os.Stderr, "%s: %.0f s\n", part.name, time.Since(start).Seconds())
		results = append(results, more...)
	}
	return results, nil
}
