package bulk

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"muster"
)

// failedPage is how many failed rows are read at once.
const failedPage = 500

// failedRows calls each with every failed row of an import, in the order of the file.
func (s *Service) failedRows(ctx context.Context, id muster.ImportID, each func(muster.FailedRow) error) error {
	for after := 0; ; {
		page, err := s.store.FailedRows(ctx, id, after, failedPage)
		if err != nil {
			return err
		}
		for _, f := range page {
			if err := each(f); err != nil {
				return err
			}
			after = f.Number
		}
		if len(page) < failedPage {
			return nil
		}
	}
}

// WriteFailed writes the rows of an import that were not filed to w, so that they can be mended and handed in again: in the
// format of the file, each with what is wrong with it. Its secrets are in it.
func (s *Service) WriteFailed(ctx context.Context, i muster.Import, w io.Writer) error {
	if i.Options.Format == formatLines {
		return s.failedRows(ctx, i.ID, func(f muster.FailedRow) error { return s.writeLine(w, i.ID, f) })
	}
	out := csv.NewWriter(w)
	fields := i.Options.Fields
	_ = out.Write(append(slices.Clone(fields), errorColumns...)) // the error stays until Flush
	err := s.failedRows(ctx, i.ID, func(f muster.FailedRow) error {
		k, err := openKept(s.keys, i.ID, f.Record)
		if err != nil {
			return err
		}
		return out.Write(failedRecord(f, &k, len(fields)))
	})
	out.Flush()
	return cmp.Or(err, out.Error())
}

// errorColumns say what is wrong with a row. They stand behind its own, and are ignored when it is handed in again.
var errorColumns = []string{"error_line", "error_reason", "error_column", "error_message"}

// failedRecord is a failed row, as wide as the header. One that could not be split stands in its first cell.
func failedRecord(f muster.FailedRow, k *kept, width int) []string {
	cells := k.cells
	if cells == nil {
		cells = []string{strings.TrimRight(k.text, "\r\n")}
	}
	out := make([]string, width, width+len(errorColumns))
	for n := range min(width, len(cells)) {
		out[n] = guarded(unguarded(cells[n]))
	}
	return append(out, strconv.Itoa(f.Number), string(f.Reason), guarded(f.Column), guarded(f.Message))
}

// writeLine writes a failed row as JSON, with what is wrong in front.
func (s *Service) writeLine(w io.Writer, id muster.ImportID, f muster.FailedRow) error {
	k, err := openKept(s.keys, id, f.Record)
	if err != nil {
		return err
	}
	wrong, err := json.Marshal(map[string]any{"line": f.Number, "reason": f.Reason, "column": f.Column, "message": f.Message})
	if err != nil {
		return err
	}
	text := strings.TrimSpace(k.text)
	if body, ok := strings.CutPrefix(text, "{"); ok && json.Valid([]byte(text)) {
		comma := ","
		if strings.TrimSpace(body) == "}" {
			comma = ""
		}
		_, err = fmt.Fprintf(w, "{%q:%s%s%s\n", errorMember, wrong, comma, body)
		return err
	}
	raw, err := json.Marshal(text)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "{%q:%s,\"import_line\":%s}\n", errorMember, wrong, raw)
	return err
}
