package bulk

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"muster"
)

// A linesSource reads JSON Lines: an object a line, whose members are named as columns are.
type linesSource struct {
	in      *bufio.Scanner
	header  *header
	columns map[string]*column // that were seen, at most maxColumns
	line    int
	cells   []cell
}

func newLinesSource(r io.Reader, h *header) *linesSource {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, 4<<10), maxRecord)
	return &linesSource{in: in, header: h, columns: make(map[string]*column)}
}

// next returns the next row. Empty lines are none.
func (s *linesSource) next() (record, error) {
	for s.in.Scan() {
		s.line++
		if text := bytes.TrimSpace(s.in.Bytes()); len(text) > 0 {
			r := record{line: s.line, kept: kept{text: string(text)}}
			r.cells, r.wrong = s.split(text)
			return r, nil
		}
	}
	if err := s.in.Err(); errors.Is(err, bufio.ErrTooLong) {
		return record{}, muster.Refuse(muster.ReasonImportFileInvalid, "line %d is longer than %d bytes", s.line+1, maxRecord)
	} else if err != nil {
		return record{}, err
	}
	return record{}, io.EOF
}

// errorMember is the member that says why a row has failed, in the files that are made of failed rows.
const errorMember = "import_error"

func (s *linesSource) split(text []byte) ([]cell, error) {
	var members map[string]json.RawMessage
	if !utf8.Valid(text) || json.Unmarshal(text, &members) != nil || members == nil {
		return nil, muster.Refuse(muster.ReasonImportRowInvalid, "the line is not a JSON object")
	}
	if len(members) > maxColumns {
		return nil, muster.Refuse(muster.ReasonImportRowInvalid, "the object has more than %d members", maxColumns)
	}
	s.cells = s.cells[:0]
	for name, raw := range members {
		v, ok := jsonValue(raw)
		if !ok || name == errorMember { // null is absent
			continue
		}
		c, err := s.column(name)
		if err != nil {
			return nil, err
		}
		if c.field != fieldIgnored {
			s.cells = append(s.cells, cell{column: c, value: v})
		}
	}
	slices.SortFunc(s.cells, func(a, b cell) int { return strings.Compare(a.column.name, b.column.name) }) // the same error each time
	return s.cells, nil
}

func (s *linesSource) column(name string) (*column, error) {
	if c, ok := s.columns[name]; ok {
		return c, nil
	}
	c, err := s.header.column(name, 0)
	if err != nil {
		return nil, muster.Refuse(muster.ReasonImportColumnUnknown, "there is no field %.80q", name)
	}
	if len(s.columns) < maxColumns {
		s.columns[strings.Clone(name)] = &c
	}
	return &c, nil
}
