package bulk

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/maphash"

	"muster"
)

// A reader makes batches of the rows of a file.
type reader struct {
	service *Service
	spooled *spooled
	source  source
	of      muster.Import
	rows    int    // that were read
	trial   *trial // nil: the rows are filed
	ended   error  // how the file has ended; io.EOF at its end
}

// run hands out batches until the file ends or ctx does. The last one is empty and says how the file has ended.
func (r *reader) run(ctx context.Context, to chan<- *batch) {
	err := r.skip(r.of.Progress.Settled)
	for err == nil {
		var b *batch
		if b, err = r.batch(ctx); err != nil {
			break
		}
		select {
		case to <- b:
		case <-ctx.Done():
			return
		}
	}
	select {
	case to <- &batch{ended: err}:
	case <-ctx.Done():
	}
}

// skip reads over rows that are filed.
func (r *reader) skip(n int) error {
	for r.rows < n {
		if _, err := r.source.next(); err != nil {
			return err
		}
		r.rows++
	}
	return nil
}

// batch reads the next rows, one at least.
func (r *reader) batch(ctx context.Context) (*batch, error) {
	if r.ended != nil {
		return nil, r.ended
	}
	profiles, err := r.service.profiles(ctx)
	if err != nil {
		return nil, err
	}
	d := &desk{keys: r.service.keys, now: r.of.StartedAt, profiles: profiles, profile: r.of.Options.Profile}
	if d.profile == "" {
		d.profile = defaultProfile
	}
	b := &batch{of: r.of.ID, desk: d, ImportBatch: muster.ImportBatch{First: r.rows + 1, DryRun: r.of.Options.DryRun}}
	b.Merge = func(i int, held muster.DeviceRecord) (*muster.DeviceChange, error) { return d.merge(b.rows[i], held) }
	b.Refused = func(i int, c *muster.Credential, err error) muster.FailedRow {
		return b.refused(b.rows[i], b.blamed(i, c, err))
	}
	began, room := r.spooled.read, r.room()
	for n := 0; n < room && r.spooled.read-began < batchBytes; n++ {
		rec, err := r.source.next()
		if err != nil {
			r.ended = err
			break
		}
		r.rows++
		row, err := d.row(rec)
		if err == nil && r.trial != nil {
			err = r.trial.judge(row)
		}
		if err != nil {
			b.Failed = append(b.Failed, b.refused(row, err))
			continue
		}
		b.rows = append(b.rows, row)
		b.Rows = append(b.Rows, row.record)
	}
	if b.Last, b.Read = r.rows, r.spooled.read; b.Last < b.First {
		return nil, r.ended
	}
	return b, nil
}

// A trial is what a dry run remembers of the rows that it has judged: they are filed nowhere, so that the store cannot see that
// two of them want the same.
type trial struct {
	seed   maphash.Seed
	holder map[uint64]uint64 // digests of devices' names, by those of their credentials; at most maxShown
}

const maxShown = 2_000_000

func newTrial() *trial { return &trial{maphash.MakeSeed(), make(map[uint64]uint64)} }

// judge refuses a row with a credential that another device of the file has.
func (t *trial) judge(r *row) error {
	name := maphash.String(t.seed, r.record.Device.Name)
	for i := range r.shown {
		if holder, ok := t.holder[short(r.record.Credentials[i].Lookup)]; ok && holder != name {
			return &badCell{r.shown[i].column, muster.Refuse(muster.ReasonCredentialInUse, "")}
		}
	}
	for i := range r.shown {
		if len(t.holder) < maxShown {
			t.holder[short(r.record.Credentials[i].Lookup)] = name
		}
	}
	return nil
}

// short is enough of a keyed digest to tell those of one file apart.
func short(key muster.LookupKey) uint64 { return binary.BigEndian.Uint64(key[:]) }

// room is how many rows the next batch may have: one that was cut off before its readings were kept is made again as it was.
func (r *reader) room() int {
	if counted := r.of.Progress.Rows; r.rows < counted {
		return counted - r.rows
	}
	return batchRows
}

const defaultProfile = "default"

// blamed says which column err is about.
func (b *batch) blamed(i int, c *muster.Credential, err error) error {
	for n := range b.rows[i].shown {
		if c != nil && b.rows[i].record.Credentials[n].Lookup == c.Lookup {
			return &badCell{b.rows[i].shown[n].column, err}
		}
	}
	return err
}

// refused is what is kept of a row that is not filed.
func (b *batch) refused(r *row, err error) muster.FailedRow {
	f := muster.FailedRow{
		Number: r.line, Reason: muster.ReasonOf(err), Message: muster.MessageOf(err), Record: r.kept.seal(b.desk.keys, b.of),
	}
	if bad, ok := errors.AsType[*badCell](err); ok {
		f.Column = bad.column
	}
	return f
}

// retention returns how long the readings of devices of a profile are kept, in days.
func (d *desk) retention(id muster.ProfileID) uint16 {
	for _, p := range d.profiles {
		if p.ID == id {
			return p.Settings.RetentionDays
		}
	}
	return 0
}
