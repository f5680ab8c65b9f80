package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster"
	"muster/internal/admin"
)

// An importFlags says how a file is imported.
type importFlags struct {
	profile   string
	columns   []string
	delimiter string
	format    string
	headless  bool
	dryRun    bool
	failed    string
}

func newImport() *cobra.Command {
	var r remote
	var o output
	var flags importFlags
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Files devices from a file, CSV or JSON Lines; - is the input",
		Long: `Files devices from a file: CSV with a header, or JSON Lines. A device that is there already is updated where its row
differs. Rows that cannot be filed come back in a file beside it, each with its reason, to be mended and imported again; the
exit status is then 1.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			query, err := flags.query(args[0])
			if err != nil {
				return err
			}
			c, err := r.client()
			if err != nil {
				return err
			}
			return importFile(cmd, c, &o, &flags, args[0], query)
		},
	}
	f := cmd.Flags()
	f.StringVar(&flags.profile, "profile", "", "of new devices whose row names none (default default)")
	f.StringArrayVar(&flags.columns, "map", nil, "COLUMN=FIELD: what a column is, COLUMN its name or number; may be repeated")
	f.StringVar(&flags.delimiter, "delimiter", "", "of CSV: a comma, a semicolon, a tab or a bar; left out: found out")
	f.StringVar(&flags.format, "format", "", "csv or jsonl; left out: found out")
	f.BoolVar(&flags.headless, "no-header", false, "the first row is a device; columns are called 1, 2, ... and need --map")
	f.BoolVar(&flags.dryRun, "dry-run", false, "judge every row and file none")
	f.StringVar(&flags.failed, "failed", "", "where rows go that cannot be filed (default FILE.failed.csv or .jsonl)")
	r.addFlags(cmd)
	o.addFlags(cmd)
	return cmd
}

// query returns the options as the API takes them.
func (f *importFlags) query(file string) (url.Values, error) {
	q := url.Values{}
	for name, value := range map[string]string{"profile": f.profile, "delimiter": f.delimiter, "format": f.format} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if strings.EqualFold(f.delimiter, "tab") || f.delimiter == `\t` {
		q.Set("delimiter", "\t")
	}
	for _, c := range f.columns {
		if strings.LastIndexByte(c, '=') < 1 {
			return nil, usagef("--map: %q is not COLUMN=FIELD", c)
		}
		q.Add("column", c)
	}
	if f.headless {
		q.Set("headless", "true")
	}
	if f.dryRun {
		q.Set("dryRun", "true")
	}
	if file != "-" {
		q.Set("file", filepath.Base(file))
	}
	return q, nil
}

// importFile hands in the file, waits until it is done, and says what has become of it.
func importFile(cmd *cobra.Command, c *client, o *output, flags *importFlags, name string, query url.Values) error {
	in, size, err := openInput(cmd, name)
	if err != nil {
		return err
	}
	defer in.Close()
	bar := newProgress(cmd.ErrOrStderr(), o.format == "table")
	defer bar.end()
	i, err := c.upload(cmd.Context(), query, bar.reading(in, size))
	if err != nil {
		return err
	}
	if i, err = c.awaitImport(cmd.Context(), i, bar); err != nil {
		if cmd.Context().Err() != nil {
			bar.end()
			cmd.PrintErrf("The import goes on at the server: muster imports show %s\n", i.ID)
		}
		return err
	}
	bar.end()
	if err := o.write(cmd.OutOrStdout(), i, importTable(i)); err != nil {
		return err
	}
	return c.settleImport(cmd.Context(), i, flags, name)
}

// openInput opens a file, or the input for "-". Its size is 0 if nobody knows.
func openInput(cmd *cobra.Command, name string) (io.ReadCloser, int64, error) {
	if name == "-" {
		return io.NopCloser(cmd.InOrStdin()), 0, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, usagef("%v", err)
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, 0, errors.Join(err, f.Close())
	case info.IsDir():
		return nil, 0, errors.Join(usagef("%s is a directory", name), f.Close())
	}
	return f, info.Size(), nil
}

// upload hands in a file, however long that takes.
func (c *client) upload(ctx context.Context, query url.Values, body io.Reader) (i admin.Import, err error) {
	req, err := c.request(ctx, call{method: http.MethodPost, path: []string{"v1", "imports"}, query: query})
	if err != nil {
		return i, err
	}
	req.Body = io.NopCloser(body)
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("Expect", "100-continue") // who is refused need not send it all
	return i, c.unhurried().send(req, &i)
}

// unhurried returns a client that waits as long as something is under way.
func (c *client) unhurried() *client {
	slow, connection := *c, *c.http
	connection.Timeout = 0
	slow.http = &connection
	return &slow
}

// glance is how often an import is looked at.
const glance = 200 * time.Millisecond

// awaitImport returns the import when it has ended.
func (c *client) awaitImport(ctx context.Context, i admin.Import, bar *progress) (admin.Import, error) {
	for {
		bar.show(i)
		switch i.State {
		case muster.ImportDone.String(), muster.ImportCancelled.String(), muster.ImportFailed.String():
			return i, nil
		}
		select {
		case <-ctx.Done():
			return i, context.Cause(ctx)
		case <-time.After(glance):
		}
		var now admin.Import
		if err := c.do(ctx, call{method: http.MethodGet, path: []string{"v1", "imports", i.ID}}, &now); err != nil {
			return i, err
		}
		i = now
	}
}

// settleImport writes the rows that were not filed beside the file, and says so.
func (c *client) settleImport(ctx context.Context, i admin.Import, flags *importFlags, name string) error {
	var why error
	switch i.State {
	case muster.ImportFailed.String():
		why = muster.Refuse(muster.Reason(i.Reason), "the import stopped behind row %d: %s", i.Rows, i.Detail)
	case muster.ImportCancelled.String():
		why = muster.Refuse(muster.ReasonImportStopped, "the import was cancelled behind row %d", i.Rows)
	}
	if i.Failed == 0 {
		return why
	}
	to := first(flags.failed, failedName(name, i))
	if err := c.saveFailed(ctx, i.ID, to); err != nil {
		return errors.Join(why, err)
	}
	if why != nil {
		return fmt.Errorf("%w; the rows that were not filed are in %s", why, to)
	}
	return muster.Refuse(muster.ReasonImportRowsFailed, "%d of %d rows were not filed; they are in %s", i.Failed, i.Rows, to)
}

// failedName is the file beside the one that was imported.
func failedName(name string, i admin.Import) string {
	if name == "-" {
		return i.ID + ".failed." + i.Format
	}
	return strings.TrimSuffix(name, filepath.Ext(name)) + ".failed." + i.Format
}

// saveFailed writes the rows of an import that were not filed to a file that only its owner may read.
func (c *client) saveFailed(ctx context.Context, id, to string) error {
	f, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("keep the rows that were not filed: %w", err)
	}
	err = c.download(ctx, call{method: http.MethodGet, path: []string{"v1", "imports", id, "failed"}}, f)
	return errors.Join(err, f.Close())
}

func importTable(all ...admin.Import) table {
	t := table{columns: []string{"id", "file", "state", "rows", "created", "updated", "unchanged", "failed", "dry run", "by", "started", "finished"}}
	for _, i := range all {
		t.add(i.ID, i.File, i.State, i.Rows, i.Created, i.Updated, i.Unchanged, i.Failed, i.DryRun, i.By, i.StartedAt, i.FinishedAt)
	}
	return t
}
