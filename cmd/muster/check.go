package main

import (
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"muster"
	"muster/internal/admin"
)

func newJWT() *cobra.Command {
	var device string
	check := &cobra.Command{
		Use: "check [FILE]", Short: "Says what would become of a device that shows the JWT in a file, or on standard input", Args: cobra.MaximumNArgs(1),
	}
	check.Flags().StringVar(&device, "device", "", "the device's name, which it sends as its client id")
	_ = check.MarkFlagRequired("device")
	return group("jwt", "JWTs of devices", checking(check, "jwt", func(text string) any {
		return map[string]string{"device": device, "jwt": strings.TrimSpace(text)}
	}))
}

func newCert() *cobra.Command {
	return group("cert", "Certificates of devices", checking(&cobra.Command{
		Use: "check [FILE]", Short: "Says what would become of a device that shows the certificate in a PEM file, or on standard input", Args: cobra.MaximumNArgs(1),
	}, "certificate", func(text string) any {
		return map[string]string{"certificate": text}
	}))
}

// maxShown bounds what is read to be checked.
const maxShown = 64 << 10

// checking makes cmd a command that has what it reads judged. It ends with status 1 if the device would not be let in.
func checking(cmd *cobra.Command, what string, body func(text string) any) *cobra.Command {
	var r remote
	var o output
	r.addFlags(cmd)
	o.addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := o.check(); err != nil {
			return err
		}
		text, err := readShown(cmd.InOrStdin(), args)
		if err != nil {
			return err
		}
		c, err := r.client()
		if err != nil {
			return err
		}
		var v admin.Verdict
		if err := c.do(cmd.Context(), call{method: http.MethodPost, path: []string{"v1", "check", what}, body: body(text)}, &v); err != nil {
			return err
		}
		if err := o.write(cmd.OutOrStdout(), v, checkTable(v.Reason, v.Checks)); err != nil {
			return err
		}
		if !v.Admitted {
			return muster.Refuse(muster.Reason(v.Reason), "%s. %s", v.Detail, v.Advice)
		}
		return nil
	}
	return cmd
}

// readShown reads the file that was named, or standard input.
func readShown(stdin io.Reader, args []string) (string, error) {
	from := stdin
	if len(args) > 0 && args[0] != "-" {
		f, err := os.Open(args[0])
		if err != nil {
			return "", usagef("%v", err)
		}
		defer f.Close()
		from = f
	}
	text, err := io.ReadAll(io.LimitReader(from, maxShown+1))
	switch {
	case err != nil:
		return "", usagef("%v", err)
	case len(text) > maxShown:
		return "", usagef("it is longer than %d bytes", maxShown)
	case strings.TrimSpace(string(text)) == "":
		return "", usagef("it is empty")
	}
	return string(text), nil
}

// checkTable shows a story.
func checkTable(reason string, checks []admin.Check) table {
	t := table{columns: []string{"check", "asks", "result"}}
	for _, c := range checks {
		result := c.Result
		if result == "failed" {
			result = "FAILED: " + reason
		}
		t.add(c.Name, c.Asks, result)
	}
	return t
}
