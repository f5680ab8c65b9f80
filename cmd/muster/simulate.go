package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"muster"
	"muster/internal/admin"
	"muster/internal/simulate"
)

// A simulateFlags says what fleet is simulated, and where it finds the server.
type simulateFlags struct {
	simulate.Options
	profile    string
	transports []string
	secretFile string
	remove     bool
}

func newSimulate() *cobra.Command {
	var r remote
	var o output
	var flags simulateFlags
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Simulates a fleet that lets itself in, reports and reconnects, and says how long the server took",
		Long: `Simulates a fleet of devices. They provision themselves with a provision key, report over MQTT, HTTP and CoAP at the rate that is
asked for, reconnect, and are gone when the time is up. The key is --provision-key, with its secret in a file or in
MUSTER_PROVISION_SECRET; without one, a key that lives as long as the simulation is made with the API token.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			c, err := r.client()
			if err != nil {
				return err
			}
			if err := flags.complete(c); err != nil {
				return err
			}
			return runSimulation(cmd, c, &o, &flags)
		},
	}
	f := cmd.Flags()
	f.IntVar(&flags.Devices, "devices", 100, "how many devices")
	f.StringVar(&flags.profile, "profile", "", "their profile, where the key is made for them (default default)")
	f.StringSliceVar(&flags.transports, "transport", []string{"mqtt"}, "mqtt, http or coap, or some of them with commas between")
	f.Float64Var(&flags.Rate, "rate", 10, "reports a second, of the whole fleet")
	f.Float64Var(&flags.JoinRate, "join-rate", 150, "devices that let themselves in, a second")
	f.DurationVar(&flags.For, "for", time.Minute, "how long they report")
	f.DurationVar(&flags.Session, "session", time.Minute, "how long a device stays connected over MQTT, more or less; 0: to the end")
	f.StringVar(&flags.Prefix, "prefix", "", "of their names (default sim-, a word that was never used, and -)")
	f.StringVar(&flags.Key, "provision-key", "", "the key that lets them in (MUSTER_PROVISION_KEY)")
	f.StringVar(&flags.secretFile, "provision-secret-file", "", "the file that its secret is in (or MUSTER_PROVISION_SECRET)")
	f.StringVar(&flags.MQTT, "mqtt", "", "where MQTT is served, host:port (MUSTER_MQTT; default port 1883 beside --url)")
	f.StringVar(&flags.CoAP, "coap", "", "where CoAP is served, host:port (MUSTER_COAP; default port 5683 beside --url)")
	f.BoolVar(&flags.remove, "remove", false, "delete the devices in the end, with all they sent")
	_ = cmd.RegisterFlagCompletionFunc("transport", cobra.FixedCompletions([]string{"mqtt", "http", "coap"}, cobra.ShellCompDirectiveNoFileComp))
	r.addFlags(cmd)
	o.addFlags(cmd)
	return cmd
}

// complete fills in what the flags leave open.
func (f *simulateFlags) complete(c *client) error {
	names := map[string]muster.Transport{"mqtt": muster.MQTT, "http": muster.HTTP, "coap": muster.CoAP}
	for _, name := range f.transports {
		t, ok := names[strings.ToLower(strings.TrimSpace(name))]
		if !ok {
			return usagef("--transport: %q is not mqtt, http or coap", name)
		}
		f.Transports = append(f.Transports, t)
	}
	host := c.base.Hostname()
	if f.HTTP = c.base.Host; c.base.Port() == "" {
		f.HTTP = net.JoinHostPort(host, "80")
	}
	if c.base.Scheme != "http" {
		return usagef("devices are simulated over plain HTTP, MQTT and CoAP, not at %s", c.base.Redacted())
	}
	f.MQTT = first(f.MQTT, os.Getenv("MUSTER_MQTT"), net.JoinHostPort(host, "1883"))
	f.CoAP = first(f.CoAP, os.Getenv("MUSTER_COAP"), net.JoinHostPort(host, "5683"))
	if f.Prefix == "" {
		f.Prefix = "sim-" + strings.ToLower(muster.RandomText(6)) + "-"
	}
	f.Key = first(f.Key, os.Getenv("MUSTER_PROVISION_KEY"))
	if err := f.Check(); err != nil {
		return usageError(muster.MessageOf(err))
	}
	return f.readSecret()
}

// readSecret reads the secret of the key that was given.
func (f *simulateFlags) readSecret() error {
	f.Secret = muster.Secret(os.Getenv("MUSTER_PROVISION_SECRET"))
	if f.secretFile != "" {
		text, err := os.ReadFile(f.secretFile)
		if err != nil {
			return usagef("%v", err)
		}
		f.Secret = muster.Secret(strings.TrimSpace(string(text)))
	}
	switch {
	case f.Key == "" && f.secretFile != "":
		return usagef("a secret is of no use without --provision-key")
	case f.Key != "" && f.Secret == "":
		return usagef("the provision key needs its secret: --provision-secret-file, or MUSTER_PROVISION_SECRET")
	}
	return nil
}

// runSimulation runs the fleet, and takes away in the end what it has made.
func runSimulation(cmd *cobra.Command, c *client, o *output, flags *simulateFlags) (err error) {
	// What is to be cleaned up is cleaned up also after an interrupt.
	after := context.WithoutCancel(cmd.Context())
	if flags.Key == "" {
		key, err := flags.lend(cmd.Context(), c)
		if err != nil {
			return err
		}
		defer func() {
			err = errors.Join(err, c.do(after, call{method: http.MethodPost, path: provisionKeyPath(key, "revoke")}, nil))
			if flags.remove && err == nil {
				err = c.do(after, call{method: http.MethodDelete, path: provisionKeyPath(key)}, nil)
			}
		}()
	}
	fleet, err := simulate.New(flags.Options)
	if err != nil {
		return err
	}
	stop := watchFleet(fleet, newProgress(cmd.ErrOrStderr(), o.format == "table"))
	summary, err := fleet.Run(cmd.Context())
	stop()
	if flags.remove {
		err = errors.Join(err, c.removeAll(after, fleet.Names()))
	}
	return errors.Join(err, o.write(cmd.OutOrStdout(), summary, simulationTable(summary)))
}

// lend makes a provision key that lets in this fleet and nobody else, and that ends by itself if it is not revoked.
func (f *simulateFlags) lend(ctx context.Context, c *client) (string, error) {
	joining := time.Duration(float64(f.Devices) / max(f.JoinRate, 1) * float64(time.Second))
	var made admin.IssuedKey
	err := c.do(ctx, call{method: http.MethodPost, path: []string{"v1", "provision-keys"}, body: admin.NewProvisionKey{
		Profile: f.profile, Key: "simulation-" + muster.RandomText(12), ExpiresAt: time.Now().Add(10*time.Minute + 2*joining).UTC().Truncate(time.Second),
		MaxDevices: f.Devices, NamePattern: regexp.QuoteMeta(f.Prefix) + `\d+`,
	}}, &made)
	f.Key, f.Secret = made.Key, muster.Secret(made.Secret)
	return made.Key, err
}

// removers is how many devices are deleted at once.
const removers = 8

// removeAll deletes devices with all they sent.
func (c *client) removeAll(ctx context.Context, names []string) error {
	next := make(chan string)
	errs := make([]error, removers)
	var all sync.WaitGroup
	for i := range removers {
		all.Go(func() {
			for name := range next {
				if errs[i] == nil {
					errs[i] = c.do(ctx, call{method: http.MethodDelete, path: []string{"v1", "devices", name}}, nil)
				}
			}
		})
	}
	for _, name := range names {
		next <- name
	}
	close(next)
	all.Wait()
	return errors.Join(errs...)
}

// watchFleet tells how the fleet does, until stop.
func watchFleet(f *simulate.Fleet, bar *progress) (stop func()) {
	done := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		before, at := f.Summary(), time.Now()
		for {
			select {
			case <-done:
				bar.end()
				return
			case <-time.After(time.Second):
			}
			now := f.Summary()
			perSecond := float64(now.Reports-before.Reports+now.Joined-before.Joined) / time.Since(at).Seconds()
			before, at = now, time.Now()
			if bar.due() {
				bar.line(fleetLine(now, perSecond))
			}
		}
	})
	return func() {
		close(done)
		watch.Wait()
	}
}

// fleetLine is how a fleet does, in a line.
func fleetLine(s simulate.Summary, perSecond float64) string {
	line := fmt.Sprintf("%s: %d of %d devices in, %d reports, %.0f a second", s.Phase, s.Joined, s.Devices, s.Reports, perSecond)
	for _, p := range s.Parts {
		f := p.Reports
		if f.Count == 0 {
			f = p.Joined
		}
		line += fmt.Sprintf(", %s p99 %.1f ms", p.Transport, f.P99)
	}
	if s.Failed > 0 {
		line += fmt.Sprintf(", %d failures", s.Failed)
	}
	return line
}

func simulationTable(s simulate.Summary) table {
	t := table{columns: []string{"transport", "what", "count", "p50 ms", "p99 ms", "max ms"}}
	for _, p := range s.Parts {
		for _, row := range []struct {
			what string
			simulate.Figure
		}{{"joined", p.Joined}, {"connected", p.Connected}, {"reported", p.Reports}} {
			t.add(p.Transport, row.what, row.Count, row.P50, row.P99, row.Max)
		}
		if p.Reconnects > 0 {
			t.add(p.Transport, "of the connects, reconnects", p.Reconnects, "", "", "")
		}
		if p.JoinedLate > 0 {
			t.add(p.Transport, "told to come later", p.JoinedLate, "", "", "")
		}
		for _, why := range slices.Sorted(maps.Keys(p.Reasons)) {
			t.add(p.Transport, "failed: "+why, p.Reasons[why], "", "", "")
		}
	}
	return t
}
