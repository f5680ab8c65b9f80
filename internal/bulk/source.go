package bulk

import (
	"bufio"
	"bytes"
	"io"
	"strings"

	"muster"
)

// Bounds of a file.
const (
	maxRecord  = 1 << 20 // bytes of a row
	maxColumns = 1000
	sniffed    = 16 << 10 // bytes that format and delimiter are found out from
)

// A source is a file, row by row.
type source interface {
	// next returns the next row, or io.EOF. Any other error ends the file; what is wrong with one row alone stands in it.
	next() (record, error)
}

// A record is a row as the file has it.
type record struct {
	line  int    // where it begins in the file
	cells []cell // those that hold something; good until the next call
	kept  kept   // what is remembered of the row if it fails
	wrong error  // why it cannot be read; nil: it can
}

// A cell is what a row has in a column: text, or a value where the format has types.
type cell struct {
	column *column
	text   string
	value  muster.Value
}

// typed is the cell's value.
func (c *cell) typed() muster.Value {
	if c.value.Kind != muster.NoValue {
		return c.value
	}
	return valueOf(c.text)
}

// plain is the cell's text; a number or a JSON object is its own text.
func (c *cell) plain() string {
	switch c.value.Kind {
	case muster.NoValue:
		return c.text
	case muster.String:
		return c.value.Text()
	}
	return string(c.value.AppendJSON(nil))
}

// Formats of files.
const (
	formatCSV   = "csv"
	formatLines = "jsonl"
)

// open finds out how the file is written, notes it in o, and returns its rows. It refuses a file without the name of a
// device, or with a column that is none.
func open(file io.Reader, o *muster.ImportOptions) (source, error) {
	in := bufio.NewReaderSize(decoded(file), sniffed)
	head, err := in.Peek(sniffed)
	if err != nil && err != io.EOF { //nolint:errorlint // as bufio returns it
		return nil, err
	}
	if len(bytes.TrimSpace(head)) == 0 {
		return nil, muster.Refuse(muster.ReasonImportFileInvalid, "the file is empty")
	}
	if o.Format == "" {
		o.Format = formatCSV
		if bytes.TrimSpace(head)[0] == '{' {
			o.Format = formatLines
		}
	}
	if o.Format == formatLines {
		return newLinesSource(in, newHeader(o.Columns)), nil
	}
	delimiter := rune(0)
	if o.Delimiter != "" {
		delimiter = rune(o.Delimiter[0])
	}
	above := 0
	if line, told := toldDelimiter(head); told != 0 { // a line for spreadsheets
		if _, err := in.Discard(line); err != nil {
			return nil, err
		}
		above = 1
		if delimiter == 0 {
			delimiter = told
		}
	}
	if delimiter == 0 {
		delimiter = delimiterOf(head)
	}
	return newCSVSource(in, above, delimiter, o)
}

// delimiters are those that are looked for, the likeliest first.
const delimiters = ",;\t|"

// toldDelimiter reads the line sep=; that some spreadsheets begin a file with, and returns its length.
func toldDelimiter(head []byte) (length int, delimiter rune) {
	line, _, found := bytes.Cut(head, []byte("\n"))
	text, ok := strings.CutPrefix(strings.ToLower(string(bytes.TrimRight(line, "\r"))), "sep=")
	if !found || !ok || len(text) != 1 || !strings.Contains(delimiters, text) {
		return 0, 0
	}
	return len(line) + 1, rune(text[0])
}

// delimiterOf returns the delimiter that stands most often in the first line, outside of quotes.
func delimiterOf(head []byte) rune {
	counts := map[rune]int{}
	quoted := false
	for _, c := range string(head) {
		if c == '"' {
			quoted = !quoted
		}
		if c == '\n' && !quoted {
			break
		}
		if !quoted && strings.ContainsRune(delimiters, c) {
			counts[c]++
		}
	}
	most := ','
	for _, d := range delimiters {
		if counts[d] > counts[most] {
			most = d
		}
	}
	return most
}

// checkOptions refuses options that no file can be read with.
func checkOptions(o *muster.ImportOptions) error {
	switch {
	case o.Format != "" && o.Format != formatCSV && o.Format != formatLines:
		return muster.Refuse(muster.ReasonRequestInvalid, "a file is csv or jsonl, not %.20q", o.Format)
	case o.Delimiter != "" && (len(o.Delimiter) != 1 || !strings.Contains(delimiters, o.Delimiter)):
		return muster.Refuse(muster.ReasonRequestInvalid, "a delimiter is a comma, a semicolon, a tab or a bar, not %.20q", o.Delimiter)
	case len(o.Columns) > maxColumns:
		return muster.Refuse(muster.ReasonRequestInvalid, "a file has at most %d columns", maxColumns)
	}
	for name, wanted := range o.Columns {
		if len(name) > muster.MaxKeyLength || len(wanted) > 2*muster.MaxKeyLength {
			return muster.Refuse(muster.ReasonRequestInvalid, "the name of a column is longer than %d bytes", muster.MaxKeyLength)
		}
	}
	return nil
}
