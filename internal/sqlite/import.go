package sqlite

import (
	"context"

	"muster"
)

// importsKept is how many imports that have ended are remembered, the newest.
const importsKept = 100

const importFields = `id, state, file, size, options, asked_by, created_at, started_at, finished_at, row_count, created, updated,
	unchanged, failed, settled, bytes_read, reason, detail`

func readImport(r *row) muster.Import {
	i := muster.Import{
		ID: id[muster.Import](r), State: integer[muster.ImportState](r), File: r.text(), Size: integer[int64](r),
	}
	r.json(&i.Options)
	i.By, i.CreatedAt, i.StartedAt, i.FinishedAt = r.text(), r.time(), r.time(), r.time()
	i.Progress = muster.ImportProgress{
		Rows: integer[int](r), Created: integer[int](r), Updated: integer[int](r), Unchanged: integer[int](r), Failed: integer[int](r),
		Settled: integer[int](r), Read: integer[int64](r),
	}
	i.Reason, i.Detail = muster.Reason(r.text()), r.text()
	return i
}

func importView(i muster.Import) view {
	return view{"file": i.File, "bytes": i.Size, "state": i.State.String(), "profile": i.Options.Profile, "dryRun": i.Options.DryRun}
}

// CreateImport files an import that has not begun, and forgets ended ones beyond the newest hundred.
func (r *Registry) CreateImport(ctx context.Context, i muster.Import) error {
	options, err := jsonText(i.Options)
	if err != nil {
		return err
	}
	return r.write(ctx, func(tx *conn) error {
		_, err := tx.exec(`INSERT INTO import (`+importFields+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, 0, '', '')`,
			blob(i.ID[:]), number(i.State), text(i.File), number(i.Size), options, text(i.By), millis(i.CreatedAt),
			millis(i.StartedAt), millis(i.FinishedAt))
		if err != nil {
			return err
		}
		_, err = tx.exec(`DELETE FROM import WHERE id IN (SELECT id FROM import WHERE state >= ? ORDER BY id DESC LIMIT -1 OFFSET ?)`,
			number(muster.ImportDone), number(importsKept))
		if err != nil {
			return err
		}
		return audited(ctx, tx, act{"create", "import", i.ID.String(), nil, importView(i)})
	})
}

const importByID = `SELECT ` + importFields + ` FROM import WHERE id = ?`

// Import returns an import, or muster.NotFound.
func (r *Registry) Import(ctx context.Context, id muster.ImportID) (muster.Import, error) {
	return find(ctx, r.readers, readImport, importByID, blob(id[:]))
}

// Imports returns all imports that are remembered, the newest first.
func (r *Registry) Imports(ctx context.Context) ([]muster.Import, error) {
	return list(ctx, r.readers, readImport, `SELECT `+importFields+` FROM import ORDER BY id DESC`)
}

// UpdateImport changes the state of an import, its times, and its progress; the rest stays. NotFound if it is forgotten.
func (r *Registry) UpdateImport(ctx context.Context, id muster.ImportID, change func(*muster.Import) error) (muster.Import, error) {
	var after muster.Import
	err := r.write(ctx, func(tx *conn) error {
		before, err := one(tx, readImport, importByID, blob(id[:]))
		if err != nil {
			return err
		}
		after = before
		if err := change(&after); err != nil {
			return err
		}
		p := after.Progress
		_, err = tx.exec(`UPDATE import SET state = ?, started_at = ?, finished_at = ?, row_count = ?, created = ?, updated = ?,
			unchanged = ?, failed = ?, settled = ?, bytes_read = ?, reason = ?, detail = ? WHERE id = ?`,
			number(after.State), millis(after.StartedAt), millis(after.FinishedAt), number(p.Rows), number(p.Created), number(p.Updated),
			number(p.Unchanged), number(p.Failed), number(p.Settled), number(p.Read), text(after.Reason), text(after.Detail), blob(id[:]))
		if err != nil {
			return err
		}
		if p.Rows == 0 { // it begins anew
			if _, err := tx.exec(`DELETE FROM import_failure WHERE import = ?`, blob(id[:])); err != nil {
				return err
			}
		}
		if after.State.Ended() {
			if err := r.writer.keep(false); err != nil {
				return err
			}
		}
		return audited(ctx, tx, act{"update", "import", id.String(), importView(before), importView(after)})
	})
	if err != nil {
		return muster.Import{}, err
	}
	return after, nil
}

// DeleteImport forgets an import that has ended, and its failed rows. Refused with ReasonImportStopped if it has not.
func (r *Registry) DeleteImport(ctx context.Context, id muster.ImportID) error {
	return r.write(ctx, func(tx *conn) error {
		i, err := one(tx, readImport, importByID, blob(id[:]))
		if err != nil {
			return err
		}
		if !i.State.Ended() {
			return muster.Refuse(muster.ReasonImportStopped, "the import is %s: cancel it first", i.State)
		}
		if _, err := tx.exec(`DELETE FROM import WHERE id = ?`, blob(id[:])); err != nil {
			return err
		}
		return audited(ctx, tx, act{"delete", "import", id.String(), importView(i), nil})
	})
}

func readFailedRow(r *row) muster.FailedRow {
	return muster.FailedRow{
		Number: integer[int](r), Reason: muster.Reason(r.text()), Column: r.text(), Message: r.text(), Record: r.blob(),
	}
}

// FailedRows returns the rows of an import behind that number that were not filed, in the order of the file.
func (r *Registry) FailedRows(ctx context.Context, id muster.ImportID, after, limit int) ([]muster.FailedRow, error) {
	return list(ctx, r.readers, readFailedRow, `SELECT number, reason, about, message, record FROM import_failure
		WHERE import = ? AND number > ? ORDER BY number LIMIT ?`, blob(id[:]), number(after), number(max(limit, 0)))
}

func insertFailedRow(tx *conn, id muster.ImportID, f muster.FailedRow) error {
	_, err := tx.exec(`INSERT OR REPLACE INTO import_failure (import, number, reason, about, message, record) VALUES (?, ?, ?, ?, ?, ?)`,
		blob(id[:]), number(f.Number), text(f.Reason), text(f.Column), text(f.Message), blob(f.Record))
	return err
}
