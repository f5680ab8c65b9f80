package sqlite

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"

	"muster"
)

// FileRows files the rows of some batches of one import, which follow on each other, in one transaction, and with them what
// the import has come to. A row that is refused changes nothing and is remembered as failed; the others are filed. Rows that
// were counted before are not counted again. It returns what has become of each of the rows of the batches that it has
// filed: the first at least, and not those behind it once somebody else waits to write. Refused with ReasonImportStopped
// if the import is not running.
func (r *Registry) FileRows(ctx context.Context, id muster.ImportID, batches []muster.ImportBatch) (filed [][]muster.FiledRow, p muster.ImportProgress, err error) {
	err = r.write(ctx, func(tx *conn) error {
		i, err := one(tx, readImport, importByID, blob(id[:]))
		if err != nil {
			return err
		}
		if i.State != muster.ImportRunning {
			return muster.Refuse(muster.ReasonImportStopped, "the import is %s", i.State)
		}
		if err := r.writer.keep(true); err != nil {
			return err
		}
		p = i.Progress
		p.Settled = batches[0].First - 1 // whoever asks for the next ones has kept the readings of those before
		for n := range batches {
			if n > 0 && r.writer.awaited() {
				break
			}
			f := &filing{tx: tx, id: id, batch: &batches[n], filed: make([]muster.FiledRow, len(batches[n].Rows)), failed: batches[n].Failed}
			if err := f.run(); err != nil {
				return err
			}
			if err := f.count(&p); err != nil {
				return err
			}
			filed = append(filed, f.filed)
		}
		return nil
	})
	if err != nil {
		return nil, p, err
	}
	return filed, p, nil
}

// A filing is a batch on its way into the registry.
type filing struct {
	tx     *conn
	id     muster.ImportID
	batch  *muster.ImportBatch
	filed  []muster.FiledRow // of each row of the batch
	failed []muster.FailedRow
}

// run files what can be, or finds out what could be.
func (f *filing) run() error {
	if !f.batch.DryRun {
		return f.fileAll()
	}
	if _, err := f.tx.exec("SAVEPOINT dry"); err != nil {
		return err
	}
	err := f.fileAll()
	if err != nil {
		return err
	}
	if _, err := f.tx.exec("ROLLBACK TO dry"); err != nil {
		return err
	}
	_, err = f.tx.exec("RELEASE dry")
	return err
}

// fileAll files new devices together, in the order of the indexes that they go into, and then whatever is left one by one:
// devices that are there already, and those that another one of the batch stands in the way of.
func (f *filing) fileAll() error {
	left, err := f.fileNew()
	if err != nil {
		return err
	}
	for _, i := range left {
		if err := f.fileOne(i); err != nil {
			return err
		}
	}
	return nil
}

// fileNew files the rows that are new devices and returns the others, in the order of the file.
func (f *filing) fileNew() (left []int, err error) {
	rows := f.batch.Rows
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rows[a].Device.Name, rows[b].Device.Name) })
	var made []credentialOf
	for _, i := range order {
		err := insertDevice(f.tx, rows[i].Device)
		switch {
		case err != nil && undoesAll(err):
			return nil, err
		case err != nil:
			left = append(left, i)
			continue
		}
		f.filed[i] = muster.FiledRow{Device: rows[i].Device.ID, Outcome: muster.RowCreated}
		for c := range rows[i].Credentials {
			made = append(made, credentialOf{i, &rows[i].Credentials[c]})
		}
	}
	undone, err := f.fileCredentials(made)
	if err != nil {
		return nil, err
	}
	for _, i := range order {
		if f.filed[i].Outcome != muster.RowCreated {
			continue
		}
		if err := saveAttributes(f.tx, rows[i].Device.ID, rows[i].Attributes); err != nil {
			return nil, err
		}
	}
	left = append(left, undone...)
	slices.Sort(left)
	return left, nil
}

// A credentialOf is a credential of a row of the batch.
type credentialOf struct {
	row        int
	credential *muster.Credential
}

// fileCredentials files the credentials of new devices. Devices with one that is in use already are taken out again and
// returned.
func (f *filing) fileCredentials(all []credentialOf) (undone []int, err error) {
	slices.SortFunc(all, func(a, b credentialOf) int {
		return cmp.Or(bytes.Compare(a.credential.Lookup[:], b.credential.Lookup[:]), cmp.Compare(a.row, b.row)) // the first row has it
	})
	for _, c := range all {
		if f.filed[c.row].Outcome != muster.RowCreated {
			continue // undone
		}
		err := insertCredential(f.tx, *c.credential)
		switch {
		case err == nil:
			continue
		case undoesAll(err):
			return nil, err
		}
		// The device takes along what it has been given so far, except certificates that it was to have: they stay good.
		_, err = f.tx.exec(`UPDATE certificate SET device = NULL, credential = NULL WHERE device = ?`, blob(f.filed[c.row].Device[:]))
		if err != nil {
			return nil, err
		}
		if _, err := f.tx.exec(`DELETE FROM device WHERE id = ?`, blob(f.filed[c.row].Device[:])); err != nil {
			return nil, err
		}
		f.filed[c.row] = muster.FiledRow{}
		undone = append(undone, c.row)
	}
	return undone, nil
}

// fileOne files a row that nothing else waits for. Refused, it undoes itself alone.
func (f *filing) fileOne(i int) error {
	held, err := one(f.tx, readDevice, deviceByName, text(f.batch.Rows[i].Device.Name))
	if errors.Is(err, errNoRow) {
		return f.settle(i, func() (muster.FiledRow, *muster.Credential, error) { return f.create(&f.batch.Rows[i]) })
	}
	if err != nil {
		return err
	}
	record := muster.DeviceRecord{Device: held}
	if record.Credentials, err = all(f.tx, readCredential, credentialsOfDevice, blob(held.ID[:])); err != nil {
		return err
	}
	if record.Attributes, err = all(f.tx, readAttribute, attributesOfDevice, blob(held.ID[:])); err != nil {
		return err
	}
	change, err := f.batch.Merge(i, record)
	switch {
	case err != nil:
		f.refuse(i, nil, err)
		return nil
	case change == nil:
		f.filed[i] = muster.FiledRow{Device: held.ID, Outcome: muster.RowUnchanged}
		return nil
	}
	return f.settle(i, func() (muster.FiledRow, *muster.Credential, error) { return f.update(change) })
}

// settle runs what files row i so that, refused, it undoes itself alone.
func (f *filing) settle(i int, file func() (muster.FiledRow, *muster.Credential, error)) error {
	if _, err := f.tx.exec("SAVEPOINT filing"); err != nil {
		return err
	}
	filed, blamed, err := file()
	if err != nil {
		if undoesAll(err) {
			return err
		}
		f.refuse(i, blamed, err)
		if _, err := f.tx.exec("ROLLBACK TO filing"); err != nil {
			return err
		}
	} else {
		f.filed[i] = filed
	}
	_, err = f.tx.exec("RELEASE filing")
	return err
}

func (f *filing) refuse(i int, blamed *muster.Credential, err error) {
	f.failed = append(f.failed, f.batch.Refused(i, blamed, failure(err)))
}

func (f *filing) create(r *muster.DeviceRecord) (muster.FiledRow, *muster.Credential, error) {
	if err := insertDevice(f.tx, r.Device); err != nil {
		return muster.FiledRow{}, nil, err
	}
	for c := range r.Credentials {
		if err := insertCredential(f.tx, r.Credentials[c]); err != nil {
			return muster.FiledRow{}, &r.Credentials[c], err
		}
	}
	return muster.FiledRow{Device: r.Device.ID, Outcome: muster.RowCreated}, nil, saveAttributes(f.tx, r.Device.ID, r.Attributes)
}

func (f *filing) update(c *muster.DeviceChange) (muster.FiledRow, *muster.Credential, error) {
	filed := muster.FiledRow{Device: c.Device.ID, Outcome: muster.RowUpdated, Ends: c.Ends}
	if err := updateDevice(f.tx, c.Device); err != nil {
		return filed, nil, err
	}
	for i := range c.Set {
		s := &c.Set[i]
		_, err := f.tx.exec(`UPDATE credential SET value = ?, hint = ?, state = ?, not_before = ?, expires_at = ? WHERE id = ?`,
			blob(s.Value), text(s.Hint), number(s.State), millis(s.NotBefore), millis(s.ExpiresAt), blob(s.ID[:]))
		if err != nil {
			return filed, s, err
		}
	}
	for i := range c.Add {
		if err := roomForOne(f.tx, c.Device.ID); err != nil {
			return filed, nil, err
		}
		if err := insertCredential(f.tx, c.Add[i]); err != nil {
			return filed, &c.Add[i], err
		}
		if err := unrelease(f.tx, c.Device.ID); err != nil {
			return filed, nil, err
		}
	}
	if len(c.Attributes) == 0 {
		return filed, nil, nil
	}
	if err := saveAttributes(f.tx, c.Device.ID, c.Attributes); err != nil {
		return filed, nil, err
	}
	return filed, nil, attributesBounded(f.tx, c.Device.ID)
}

// count notes what has become of the rows, and adds it to p.
func (f *filing) count(p *muster.ImportProgress) error {
	if f.batch.Last > p.Rows {
		p.Rows = f.batch.Last
		p.Failed += len(f.failed)
		for _, row := range f.filed {
			switch row.Outcome {
			case muster.RowCreated:
				p.Created++
			case muster.RowUpdated:
				p.Updated++
			case muster.RowUnchanged:
				p.Unchanged++
			case muster.RowFailed: // counted by its reason
			}
		}
		p.Read = f.batch.Read
		for _, failed := range f.failed {
			if err := insertFailedRow(f.tx, f.id, failed); err != nil {
				return err
			}
		}
	}
	_, err := f.tx.exec(`UPDATE import SET row_count = ?, created = ?, updated = ?, unchanged = ?, failed = ?, settled = ?, bytes_read = ?
		WHERE id = ?`, number(p.Rows), number(p.Created), number(p.Updated), number(p.Unchanged), number(p.Failed), number(p.Settled),
		number(p.Read), blob(f.id[:]))
	return err
}
