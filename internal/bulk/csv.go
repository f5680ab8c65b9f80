package bulk

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"muster"
)

// A csvSource reads CSV (RFC 4180): the first row names the columns, unless it is headless.
type csvSource struct {
	in      *csv.Reader
	tail    *tail
	above   int // lines of the file that stand above what in reads
	columns []column
	first   []string // a row that was read to count the columns
	cells   []cell   // of the last row
}

func newCSVSource(r io.Reader, above int, delimiter rune, o *muster.ImportOptions) (*csvSource, error) {
	t := &tail{in: r}
	s := &csvSource{in: csv.NewReader(t), tail: t, above: above}
	s.in.Comma, s.in.FieldsPerRecord = delimiter, -1
	head, err := s.in.Read()
	if err != nil {
		return nil, muster.Refuse(muster.ReasonImportFileInvalid, "the first row cannot be read: %v", plainCause(err))
	}
	if len(head) > maxColumns {
		return nil, muster.Refuse(muster.ReasonImportFileInvalid, "the file has %d columns, more than %d", len(head), maxColumns)
	}
	if o.Headless {
		s.first = head
		head = numbered(len(head))
	}
	if err := s.name(head, o); err != nil {
		return nil, err
	}
	return s, nil
}

// numbered names columns that have no names.
func numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = strconv.Itoa(i + 1)
	}
	return names
}

// name finds out what each column is about.
func (s *csvSource) name(head []string, o *muster.ImportOptions) error {
	h := newHeader(o.Columns)
	seen := map[string]string{}
	o.Fields = nil
	for i, name := range head {
		if !utf8.ValidString(name) {
			return muster.Refuse(muster.ReasonImportFileInvalid, "the name of column %d is not UTF-8: save the file as UTF-8", i+1)
		}
		if _, mapped := o.Columns[name]; o.Headless && !mapped {
			s.add(column{name: name}, o)
			continue
		}
		c, err := h.column(unguarded(name), i+1)
		if err != nil {
			return err
		}
		s.add(c, o)
		if c.field == fieldIgnored {
			continue
		}
		what := c.canonical()
		if other, twice := seen[what]; twice {
			return muster.Refuse(muster.ReasonImportFileInvalid, "the columns %.80q and %.80q are both the device's %.80s", other, name, what)
		}
		seen[what] = name
	}
	if _, named := seen["name"]; !named {
		return muster.Refuse(muster.ReasonImportFileInvalid, "no column holds the device's name")
	}
	return s.mapped(o.Columns)
}

func (s *csvSource) add(c column, o *muster.ImportOptions) {
	s.columns, o.Fields = append(s.columns, c), append(o.Fields, c.canonical())
}

// mapped refuses what was said about columns that are not there.
func (s *csvSource) mapped(columns map[string]string) error {
	for name := range columns {
		n, err := strconv.Atoi(name)
		there := err == nil && n >= 1 && n <= len(s.columns)
		for i := range s.columns {
			there = there || s.columns[i].name == name
		}
		if !there {
			return muster.Refuse(muster.ReasonImportColumnUnknown, "the file has no column %.80q", name)
		}
	}
	return nil
}

// next returns the next row. A row that cannot be split is wrong, and so is one with more cells than there are columns.
func (s *csvSource) next() (record, error) {
	texts := s.first
	if texts == nil {
		start := s.in.InputOffset()
		s.tail.drop(start)
		var err error
		texts, err = s.in.Read()
		if parse, ok := errors.AsType[*csv.ParseError](err); ok {
			raw := s.tail.between(start, s.in.InputOffset())
			return record{line: s.above + parse.StartLine, kept: kept{text: raw}, wrong: muster.Refuse(muster.ReasonImportRowInvalid, "%v", plainCause(err))}, nil
		}
		if err != nil {
			return record{}, err
		}
	}
	s.first = nil
	line, _ := s.in.FieldPos(0)
	r := record{line: s.above + line, kept: kept{cells: texts}, cells: s.cells[:0]}
	for i, text := range texts {
		switch {
		case text == "":
		case i >= len(s.columns):
			r.wrong = muster.Refuse(muster.ReasonImportRowInvalid, "the row has %d cells, and there are %d columns", len(texts), len(s.columns))
			return r, nil
		case s.columns[i].field != fieldIgnored:
			r.cells = append(r.cells, cell{column: &s.columns[i], text: unguarded(text)})
		}
	}
	s.cells = r.cells
	return r, nil
}

// plainCause is what is wrong with a row, without where: that is said elsewhere.
func plainCause(err error) error {
	if parse, ok := errors.AsType[*csv.ParseError](err); ok {
		return fmt.Errorf("column %d of the text: %w", parse.Column, parse.Err)
	}
	return err
}

// A tail remembers what was read since the last row began, and bounds it.
type tail struct {
	in   io.Reader
	held []byte
	from int64 // where held begins
	keep int64 // where the row begins
}

var errRowTooLong = muster.Refuse(muster.ReasonImportFileInvalid, "a row is longer than %d bytes; a quote may be open", maxRecord)

// Read reads on, as long as the row is not too long.
func (t *tail) Read(p []byte) (int, error) {
	if done := t.keep - t.from; done > 0 {
		t.held = t.held[:copy(t.held, t.held[done:])]
		t.from = t.keep
	}
	if len(t.held) > maxRecord {
		return 0, errRowTooLong
	}
	n, err := t.in.Read(p)
	t.held = append(t.held, p[:n]...)
	return n, err
}

func (t *tail) drop(before int64) { t.keep = before }

func (t *tail) between(from, to int64) string { return string(t.held[from-t.from : to-t.from]) }
