package main

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"muster/internal/admin"
)

// sweepInterval is how often it is asked how far a sweep is.
const sweepInterval = 100 * time.Millisecond

// stretch are the flags that say when the devices that are meant were let in.
type stretch struct{ from, to string }

func (s *stretch) add(f *pflag.FlagSet) {
	f.StringVar(&s.from, "from", "", "devices that were let in from this time on, RFC 3339")
	f.StringVar(&s.to, "to", "", "devices that were let in before this time, RFC 3339")
}

func (s *stretch) times() (from, to time.Time, err error) {
	if from, err = parseFlagTime("from", s.from); err != nil {
		return from, to, err
	}
	to, err = parseFlagTime("to", s.to)
	return from, to, err
}

// listing is the call for what a key let in.
func (s *stretch) listing(key string, limit int) (call, error) {
	if _, _, err := s.times(); err != nil {
		return call{}, err
	}
	q := url.Values{"limit": {strconv.Itoa(limit)}}
	if s.from != "" {
		q.Set("from", s.from)
	}
	if s.to != "" {
		q.Set("to", s.to)
	}
	return call{method: http.MethodGet, path: provisionKeyPath(key, "devices"), query: q}, nil
}

func provisionKeyDevices() *cobra.Command {
	var s stretch
	var limit int
	cmd := &cobra.Command{
		Use: "devices KEY", Short: "Lists what a key let in, the oldest first", Args: cobra.ExactArgs(1),
	}
	s.add(cmd.Flags())
	cmd.Flags().IntVar(&limit, "limit", 1000, "at most so many, up to 1000")
	return asking(cmd, func(args []string) (call, error) { return s.listing(args[0], limit) }, letIn)
}

func letIn(l admin.LetIn) (any, table) {
	t := table{columns: []string{"name", "state", "connected", "let in"}}
	for _, d := range l.Items {
		t.add(d.Name, d.State, d.Connected, d.ProvisionedAt)
	}
	return l, t
}

func provisionKeySweep() *cobra.Command {
	var s stretch
	var action string
	cmd := &cobra.Command{
		Use: "sweep KEY --action ACTION", Short: "Suspends or releases what a key let in", Args: cobra.ExactArgs(1),
	}
	s.add(cmd.Flags())
	cmd.Flags().StringVar(&action, "action", "", "suspend, or release: revoke the credentials and let the devices provision once more")
	_ = cmd.MarkFlagRequired("action")
	return sweeping(cmd, &s, func(ctx context.Context, c *client, key string) (*admin.Sweep, error) {
		from, to, err := s.times()
		if err != nil {
			return nil, err
		}
		var w admin.Sweep
		err = c.do(ctx, call{
			method: http.MethodPost, path: provisionKeyPath(key, "sweeps"), body: admin.NewSweep{Action: action, From: from, To: to},
		}, &w)
		return &w, err
	})
}

func provisionKeyRevoke() *cobra.Command {
	var devices string
	cmd := &cobra.Command{
		Use: "revoke KEY", Short: "Ends the use of a key, named by its text or id, for good", Args: cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&devices, "devices", "keep",
		"what becomes of the devices that it let in: keep, suspend, or release, which revokes their credentials and lets them provision once more")
	return sweeping(cmd, &stretch{}, func(ctx context.Context, c *client, key string) (*admin.Sweep, error) {
		var k admin.RevokedKey
		err := c.do(ctx, call{
			method: http.MethodPost, path: provisionKeyPath(key, "revoke"), body: admin.Revocation{Devices: devices},
		}, &k)
		return k.Sweep, err
	})
}

// sweeping makes cmd a command that does something to the devices of a key and waits until that is done; as a rehearsal it
// lists them and does nothing.
func sweeping(cmd *cobra.Command, s *stretch, begin func(ctx context.Context, c *client, key string) (*admin.Sweep, error)) *cobra.Command {
	var r remote
	var o output
	var rehearsal bool
	r.addFlags(cmd)
	o.addFlags(cmd)
	cmd.Flags().BoolVar(&rehearsal, "dry-run", false, "do nothing; list the devices that the key let in, and count them")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := o.check(); err != nil {
			return err
		}
		c, err := r.client()
		if err != nil {
			return err
		}
		if rehearsal {
			return rehearse(cmd, c, s, args[0], &o)
		}
		w, err := begin(cmd.Context(), c, args[0])
		if err != nil {
			return err
		}
		if w, err = c.await(cmd.Context(), w); err != nil {
			return err
		}
		t := table{columns: []string{"key", "action", "devices"}}
		if w == nil {
			w = &admin.Sweep{Action: "keep"}
		}
		t.add(args[0], w.Action, w.Devices)
		return o.write(cmd.OutOrStdout(), w, t)
	}
	return cmd
}

func rehearse(cmd *cobra.Command, c *client, s *stretch, key string, o *output) error {
	q, err := s.listing(key, 1000)
	if err != nil {
		return err
	}
	var l admin.LetIn
	if err := c.do(cmd.Context(), q, &l); err != nil {
		return err
	}
	value, t := letIn(l)
	if err := o.write(cmd.OutOrStdout(), value, t); err != nil {
		return err
	}
	cmd.PrintErrf("%d devices; nothing was done\n", l.Count)
	return nil
}

// await returns a sweep when it is finished; it goes on also if nobody waits.
func (c *client) await(ctx context.Context, w *admin.Sweep) (*admin.Sweep, error) {
	for w != nil && w.FinishedAt.IsZero() {
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(sweepInterval):
		}
		var now admin.Sweep
		if err := c.do(ctx, call{method: http.MethodGet, path: []string{"v1", "sweeps", w.ID}}, &now); err != nil {
			return nil, err
		}
		w = &now
	}
	return w, nil
}
