package bulk

import (
	"context"

	"muster"
)

// A Failure is a row that was not filed, as everybody may see it: without the row, in which there may be secrets.
type Failure struct {
	Line    int // where the row begins in the file
	Reason  muster.Reason
	Column  string // as the file calls it; empty: the row as a whole
	Message string
}

// maxFailures bounds a page of failures.
const maxFailures = 1000

// Failures returns what is wrong with the rows of an import behind that line that were not filed, in the order of the file.
func (s *Service) Failures(ctx context.Context, id muster.ImportID, after, limit int) ([]Failure, error) {
	if limit < 1 || limit > maxFailures {
		return nil, muster.Refuse(muster.ReasonRequestInvalid, "a page has 1 to %d failures, not %d", maxFailures, limit)
	}
	if _, err := s.Import(ctx, id); err != nil {
		return nil, err
	}
	rows, err := s.store.FailedRows(ctx, id, after, limit)
	if err != nil {
		return nil, err
	}
	failures := make([]Failure, len(rows))
	for i, r := range rows {
		failures[i] = Failure{r.Number, r.Reason, r.Column, r.Message}
	}
	return failures, nil
}
