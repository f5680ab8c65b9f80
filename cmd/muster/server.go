package main

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"muster"
	"muster/internal/admin"
)

func newServer() *cobra.Command {
	return group("server", "The server that runs: what it finds, where it listens, what holds",
		serverShow(), serverHealth(), serverListeners(), serverCertificates(), serverTraffic(), serverLimits(), serverSettings(), serverReload())
}

// ofServer is a call of what is under /v1/server.
func ofServer(method string, path ...string) func([]string) (call, error) {
	return func([]string) (call, error) {
		return call{method: method, path: append([]string{"v1", "server"}, path...)}, nil
	}
}

func serverShow() *cobra.Command {
	return asking(&cobra.Command{Use: "show", Short: "Shows which version runs, and since when", Args: cobra.NoArgs},
		ofServer(http.MethodGet), func(s admin.Server) (any, table) {
			t := table{columns: []string{"version", "go", "started", "sessions"}}
			t.add(s.Version, s.Go, s.StartedAt, s.Sessions)
			return s, t
		})
}

func serverHealth() *cobra.Command {
	var r remote
	var o output
	cmd := &cobra.Command{
		Use: "health", Short: "Has the server look at itself and its machine, and says how to mend what is wrong", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			c, err := r.client()
			if err != nil {
				return err
			}
			q, _ := ofServer(http.MethodGet, "health")(nil)
			var h admin.Health
			if err := c.do(cmd.Context(), q, &h); err != nil {
				return err
			}
			return examined(cmd, &o, h, h.Findings)
		},
	}
	r.addFlags(cmd)
	o.addFlags(cmd)
	return cmd
}

// examined shows what was found, and is refused if something is wrong.
func examined(cmd *cobra.Command, o *output, value any, all []admin.Finding) error {
	t := table{columns: []string{"about", "state", "says", "fix"}}
	wrong := 0
	for _, f := range all {
		state := "ok"
		if !f.OK {
			state = "WRONG"
			wrong++
		}
		t.add(f.About, state, f.Says, f.Fix)
	}
	if err := o.write(cmd.OutOrStdout(), value, t); err != nil {
		return err
	}
	if wrong > 0 {
		return muster.Refuse(muster.ReasonSettingInvalid, "%d of %d things are wrong", wrong, len(all))
	}
	return nil
}

func serverListeners() *cobra.Command {
	return asking(&cobra.Command{Use: "listeners", Short: "Lists where the server listens", Args: cobra.NoArgs},
		ofServer(http.MethodGet, "listeners"), func(l admin.List[admin.Listener]) (any, table) {
			t := table{columns: []string{"name", "address", "tls"}}
			for _, i := range l.Items {
				t.add(i.Name, i.Address, i.TLS)
			}
			return l.Items, t
		})
}

func serverCertificates() *cobra.Command {
	return asking(&cobra.Command{Use: "certificates", Short: "Lists the certificates that the server shows and signs with", Args: cobra.NoArgs},
		ofServer(http.MethodGet, "certificates"), func(l admin.List[admin.Certificate]) (any, table) {
			t := table{columns: []string{"use", "subject", "names", "issuer", "until", "days left", "file"}}
			for _, c := range l.Items {
				t.add(c.Use, c.Subject, c.Names, c.Issuer, c.NotAfter, c.DaysLeft, c.File)
			}
			return l.Items, t
		})
}

func serverTraffic() *cobra.Command {
	var seconds int
	cmd := &cobra.Command{Use: "traffic", Short: "Shows what the whole fleet did, second by second, the oldest first", Args: cobra.NoArgs}
	cmd.Flags().IntVar(&seconds, "seconds", 60, "the latest, at most 600")
	return asking(cmd, func([]string) (call, error) {
		return call{method: http.MethodGet, path: []string{"v1", "traffic"}, query: url.Values{"seconds": {strconv.Itoa(seconds)}}}, nil
	}, func(l admin.List[admin.Second]) (any, table) {
		t := table{columns: []string{"second", "samples", "sessions"}}
		for _, s := range l.Items {
			t.add(s.At, s.Samples, s.Sessions)
		}
		return l.Items, t
	})
}

func serverLimits() *cobra.Command {
	return asking(&cobra.Command{Use: "limits", Short: "Lists the limits that hold for everybody", Args: cobra.NoArgs},
		ofServer(http.MethodGet, "limits"), func(l admin.List[admin.Limit]) (any, table) {
			t := table{columns: []string{"key", "value", "reloads"}}
			for _, i := range l.Items {
				t.add(i.Key, i.Value, i.Reloads)
			}
			return l.Items, t
		})
}

func serverSettings() *cobra.Command {
	return asking(&cobra.Command{Use: "settings", Short: "Lists the settings that hold, and where each comes from", Args: cobra.NoArgs},
		ofServer(http.MethodGet, "settings"), func(l admin.List[admin.Setting]) (any, table) {
			t := table{columns: []string{"key", "value", "source", "reloads", "after a restart"}}
			for _, s := range l.Items {
				value := settingText(s.Value)
				if s.Secret {
					value = "(secret)"
				}
				t.add(s.Key, value, s.Source, s.Reloads, settingText(s.Pending))
			}
			return l.Items, t
		})
}

// settingText is a value as a person writes it.
func settingText(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case float64: // JSON has no other numbers
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}

func serverReload() *cobra.Command {
	return asking(&cobra.Command{Use: "reload", Short: "Has the server read its settings and certificates again", Args: cobra.NoArgs},
		ofServer(http.MethodPost, "reload"), func(d admin.Reloaded) (any, table) {
			t := table{columns: []string{"changed", "certificate", "needs a restart"}}
			t.add(cmp.Or(strings.Join(d.Changed, ", "), "nothing"), map[bool]string{true: "another", false: "as before"}[d.Certificate], strings.Join(d.NeedsRestart, ", "))
			return d, t
		})
}
