package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"

	"github.com/spf13/cobra"
)

func newExport() *cobra.Command {
	var r remote
	var format, file string
	var secrets bool
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Writes every device out, so that an import makes the same fleet of it",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if format != "csv" && format != "jsonl" {
				return usagef("unknown format %q: csv or jsonl", format)
			}
			c, err := r.client()
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if file != "" {
				f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
				if err != nil {
					return usagef("%v", err)
				}
				defer func() { err = errors.Join(err, f.Close()) }()
				out = f
			}
			q := url.Values{"format": {format}, "secrets": {strconv.FormatBool(secrets)}}
			if err := c.download(cmd.Context(), call{method: http.MethodGet, path: []string{"v1", "export"}, query: q}, out); err != nil {
				return fmt.Errorf("export: %w", err)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVarP(&format, "output", "o", "csv", "csv or jsonl")
	f.BoolVar(&secrets, "secrets", false, "tokens and passwords, too; for admins")
	f.StringVar(&file, "file", "", "a new file, which nobody else may read; left out: the output")
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"csv", "jsonl"}, cobra.ShellCompDirectiveNoFileComp))
	r.addFlags(cmd)
	return cmd
}
