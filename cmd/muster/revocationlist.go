package main

import (
	"encoding/base64"
	"net/http"
	"os"

	"github.com/spf13/cobra"

	"muster"
	"muster/internal/admin"
)

func newRevocationList() *cobra.Command {
	return group("revocation-list", "What other authorities have revoked: CRLs, fetched or handed in",
		revocationListCreate(), revocationListList(), revocationListShow(), revocationListUpdate(), revocationListRefresh(), revocationListDelete())
}

// sourceFlags say where a list comes from.
type sourceFlags struct{ url, file, issuer string }

func (s *sourceFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&s.url, "from", "", "URL where it is fetched from then on, http or https")
	f.StringVar(&s.file, "file", "", "file with the list itself, DER or PEM")
	f.StringVar(&s.issuer, "issuer", "", "file with the certificate of whoever signs it, PEM, and of those between it and an authority that a profile trusts")
	cmd.MarkFlagsOneRequired("from", "file")
	cmd.MarkFlagsMutuallyExclusive("from", "file")
}

func (s *sourceFlags) read() (from admin.RevocationSource, err error) {
	from.URL = s.url
	if s.issuer != "" {
		if from.Issuer, err = readText("issuer", s.issuer); err != nil {
			return from, err
		}
	}
	if s.file == "" {
		return from, nil
	}
	info, err := os.Stat(s.file)
	if err == nil && info.Size() > muster.MaxRevocationList {
		return from, muster.Refuse(muster.ReasonRevocationListInvalid, "--file: %s is larger than %d bytes", s.file, muster.MaxRevocationList)
	}
	text, err := os.ReadFile(s.file)
	if err != nil {
		return from, muster.Refuse(muster.ReasonRequestInvalid, "--file: %v", err)
	}
	from.CRL = base64.StdEncoding.EncodeToString(text)
	return from, nil
}

func revocationListCreate() *cobra.Command {
	var s sourceFlags
	cmd := &cobra.Command{Use: "create NAME", Short: "Takes in a list, by its URL or from a file", Args: cobra.ExactArgs(1)}
	s.add(cmd)
	return asking(cmd, func(args []string) (call, error) {
		from, err := s.read()
		return call{method: http.MethodPost, path: revocationListPath(), body: admin.NewRevocationList{Name: args[0], RevocationSource: from}}, err
	}, shownRevocationList)
}

func revocationListUpdate() *cobra.Command {
	var s sourceFlags
	cmd := &cobra.Command{Use: "update NAME", Short: "Takes in a newer list, or has it come from elsewhere", Args: cobra.ExactArgs(1)}
	s.add(cmd)
	return asking(cmd, func(args []string) (call, error) {
		from, err := s.read()
		return call{method: http.MethodPatch, path: revocationListPath(args[0]), body: from}, err
	}, shownRevocationList)
}

func revocationListList() *cobra.Command {
	return asking(&cobra.Command{Use: "list", Short: "Lists the lists, and how each is", Args: cobra.NoArgs}, func([]string) (call, error) {
		return call{method: http.MethodGet, path: revocationListPath()}, nil
	}, func(l admin.List[admin.RevocationList]) (any, table) { return l.Items, revocationListTable(l.Items...) })
}

func revocationListShow() *cobra.Command {
	return asking(&cobra.Command{Use: "show NAME", Short: "Shows a list, without its entries", Args: cobra.ExactArgs(1)}, func(args []string) (call, error) {
		return call{method: http.MethodGet, path: revocationListPath(args[0])}, nil
	}, shownRevocationList)
}

func revocationListRefresh() *cobra.Command {
	return asking(&cobra.Command{Use: "refresh NAME", Short: "Fetches a list now", Args: cobra.ExactArgs(1)}, func(args []string) (call, error) {
		return call{method: http.MethodPost, path: revocationListPath(args[0], "refresh")}, nil
	}, shownRevocationList)
}

func revocationListDelete() *cobra.Command {
	return acting(&cobra.Command{
		Use: "delete NAME", Short: "Forgets a list: what it names is revoked no more", Args: cobra.ExactArgs(1),
	}, func(args []string) call {
		return call{method: http.MethodDelete, path: revocationListPath(args[0])}
	}, "revocation list %s is deleted")
}

func revocationListPath(more ...string) []string {
	return append([]string{"v1", "revocation-lists"}, more...)
}

func shownRevocationList(l admin.RevocationList) (any, table) { return l, revocationListTable(l) }

func revocationListTable(all ...admin.RevocationList) table {
	t := table{columns: []string{"name", "state", "of", "revoked", "made", "next", "url", "failure"}}
	for _, l := range all {
		t.add(l.Name, l.State, l.Subject, l.Entries, l.ThisUpdate, l.NextUpdate, l.URL, l.Failure)
	}
	return t
}
