package main

import (
	"net/http"

	"github.com/spf13/cobra"

	"muster/internal/admin"
)

func newSession() *cobra.Command {
	return group("session", "Sessions: who is connected, since when and from where", sessionList(), sessionDisconnect())
}

var sessionFilters = [...]filter{
	{"search", "search", "part of the device's name, case ignored"},
	{"profile", "profile", "of devices of this profile"},
	{"transport", "transport", "mqtt, http or coap"},
	{"remote", "remote", "from this address, or a network such as 10.0.0.0/8"},
}

func sessionList() *cobra.Command {
	return listing(&cobra.Command{Use: "list", Short: "Lists the sessions that are open", Args: cobra.NoArgs},
		sessionFilters[:], []string{"v1", "sessions"}, func(all []admin.Session) table {
			t := table{columns: []string{"device", "profile", "transport", "remote", "client id", "since"}}
			for _, s := range all {
				t.add(s.Device, s.Profile, s.Transport, s.Remote, s.ClientID, s.Since)
			}
			return t
		})
}

func sessionDisconnect() *cobra.Command {
	return acting(&cobra.Command{
		Use: "disconnect NAME", Short: "Ends the sessions of a device; it may come back at once", Args: cobra.ExactArgs(1),
	}, func(args []string) call {
		return call{method: http.MethodPost, path: []string{"v1", "devices", args[0], "disconnect"}}
	}, "device %s is disconnected")
}
