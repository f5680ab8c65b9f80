package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
)

// A table is what a command shows, row by row. Its cells are strings, numbers, booleans, times and lists of strings.
type table struct {
	columns []string
	rows    [][]any
}

// add appends a row.
func (t *table) add(cells ...any) { t.rows = append(t.rows, cells) }

// An output writes what a command found in the format that was asked for.
type output struct {
	format string // table, json, yaml or csv
	json   bool   // the same as format json
}

func (o *output) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&o.format, "output", "o", "table", "table, json, yaml or csv")
	cmd.Flags().BoolVar(&o.json, "json", false, "the same as -o json")
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"table", "json", "yaml", "csv"}, cobra.ShellCompDirectiveNoFileComp))
}

// check refuses a format that is none, before anything is done.
func (o *output) check() error {
	if o.json {
		o.format = "json"
	}
	switch o.format {
	case "table", "json", "yaml", "csv":
		return nil
	}
	return usagef("unknown format %q: one of table, json, yaml, csv", o.format)
}

// write writes value as JSON or YAML, or t as a table or CSV.
func (o *output) write(w io.Writer, value any, t table) error {
	switch o.format {
	case "json":
		return writeJSON(w, value)
	case "yaml":
		return writeYAML(w, value)
	case "csv":
		return writeCSV(w, t)
	}
	return writeTable(w, t)
}

// writeOne writes one of many values that come one after the other: JSON a line each, YAML a document each.
func (o *output) writeOne(w io.Writer, value any, t table) error {
	switch o.format {
	case "json":
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		return enc.Encode(value)
	case "yaml":
		if _, err := io.WriteString(w, "---\n"); err != nil {
			return err
		}
	case "csv":
		t.columns = nil
	}
	return o.write(w, value, t)
}

func writeJSON(w io.Writer, value any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(value)
}

// writeYAML goes by way of JSON, so that both have the same names.
func writeYAML(w io.Writer, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if text, err = yaml.JSONToYAML(text); err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

func writeCSV(w io.Writer, t table) error {
	out := csv.NewWriter(w)
	if t.columns != nil {
		_ = out.Write(t.columns) // the error stays until Flush
	}
	for _, row := range t.rows {
		record := make([]string, len(row))
		for i, cell := range row {
			record[i] = plainCell(cell)
		}
		_ = out.Write(record)
	}
	out.Flush()
	return out.Error()
}

// plainCell is a cell for programs. Text that a spreadsheet would run as a formula gets a quote before it.
func plainCell(cell any) string {
	switch c := cell.(type) {
	case string:
		if c != "" && strings.ContainsRune("=+-@\t\r", rune(c[0])) {
			return "'" + c
		}
		return c
	case []string:
		return plainCell(strings.Join(c, ","))
	case time.Time:
		if c.IsZero() {
			return ""
		}
		return c.UTC().Format(time.RFC3339Nano)
	}
	return fmt.Sprint(cell)
}

func writeTable(w io.Writer, t table) error {
	out := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	_, _ = fmt.Fprintln(out, strings.ToUpper(strings.Join(t.columns, "\t"))) // the error stays until Flush
	for _, row := range t.rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = shownCell(cell)
		}
		_, _ = fmt.Fprintln(out, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
	}
	return out.Flush()
}

// shownCell is a cell for people.
func shownCell(cell any) string {
	switch c := cell.(type) {
	case string:
		return printable(c)
	case []string:
		return printable(strings.Join(c, ", "))
	case time.Time:
		if c.IsZero() {
			return ""
		}
		return c.Local().Format(time.DateTime)
	case bool:
		if !c {
			return ""
		}
		return "yes"
	}
	return fmt.Sprint(cell)
}

// printable keeps what a stranger may have written from steering the terminal.
func printable(s string) string {
	if !strings.ContainsFunc(s, steers) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if steers(r) {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func steers(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}
