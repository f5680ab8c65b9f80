package bulk

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"muster"
)

// patience is how long the service waits before it tries again what storage would not do.
const patience = 5 * time.Second

// Run files imports, one after the other, until ctx ends; what is under way then goes on with the next Run.
func (s *Service) Run(ctx context.Context) {
	for {
		err := s.work(ctx)
		if ctx.Err() != nil {
			return
		}
		again := patience
		if err == nil {
			again = time.Hour // somebody nudges
		} else {
			s.Logger.Error("imports have stopped for now", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		case <-time.After(again):
		}
	}
}

// work files whatever waits, the oldest first.
func (s *Service) work(ctx context.Context) error {
	for {
		files, err := s.keptFiles()
		if err != nil {
			return err
		}
		all, err := s.store.Imports(ctx)
		if err != nil {
			return err
		}
		s.tidy(files, all)
		slices.Reverse(all)
		slices.SortStableFunc(all, func(a, b muster.Import) int { return b.Progress.Rows - a.Progress.Rows }) // what has begun
		next := slices.IndexFunc(all, func(i muster.Import) bool { return !i.State.Ended() })
		if next < 0 {
			return nil
		}
		if err := s.process(ctx, all[next].ID); err != nil {
			return err
		}
	}
}

// tidy takes away the files that none of the imports needs any more.
func (s *Service) tidy(files []muster.ImportID, all []muster.Import) {
	needed := map[muster.ImportID]bool{}
	stopped := 0
	for _, i := range all { // the newest first
		switch i.State {
		case muster.ImportWaiting, muster.ImportRunning:
			needed[i.ID] = true
		case muster.ImportCancelled, muster.ImportFailed:
			stopped++
			needed[i.ID] = stopped <= maxStopped
		case muster.ImportDone:
		}
	}
	for _, id := range files {
		if !needed[id] {
			s.drop(id)
		}
	}
}

// process files an import from where it is to its end. An error is trouble with storage, or of ctx: the import goes on later.
func (s *Service) process(ctx context.Context, id muster.ImportID) error {
	i, err := s.update(ctx, id, func(i *muster.Import) error {
		if i.State.Ended() {
			return muster.Refuse(muster.ReasonImportStopped, "")
		}
		i.State = muster.ImportRunning
		if i.StartedAt.IsZero() {
			i.StartedAt = s.now()
		}
		if i.Options.DryRun {
			i.Progress = muster.ImportProgress{} // what it has seen is forgotten: it begins anew
		}
		return nil
	})
	if errors.Is(err, muster.ReasonImportStopped) || errors.Is(err, muster.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	err = s.file(ctx, i)
	switch {
	case errors.Is(err, muster.ReasonImportStopped):
		return nil // somebody has cancelled it
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && muster.KindOf(err) == muster.Overloaded:
		return err
	}
	return s.finish(ctx, id, err)
}

// finish notes how an import has ended.
func (s *Service) finish(ctx context.Context, id muster.ImportID, failed error) error {
	i, err := s.update(ctx, id, func(i *muster.Import) error {
		if i.State != muster.ImportRunning {
			return muster.Refuse(muster.ReasonImportStopped, "")
		}
		i.State, i.FinishedAt = muster.ImportDone, s.now()
		i.Progress.Settled = i.Progress.Rows
		if failed != nil {
			i.State, i.Reason, i.Detail = muster.ImportFailed, muster.ReasonOf(failed), muster.MessageOf(failed)
			return nil
		}
		i.Progress.Read = i.Size
		return nil
	})
	switch {
	case errors.Is(err, muster.ReasonImportStopped), errors.Is(err, muster.NotFound): // somebody has cancelled it, and perhaps forgotten
		return nil
	case err != nil:
		return err
	}
	if failed != nil && muster.ReasonOf(failed) == muster.ReasonInternal {
		s.Logger.Error("an import has failed", "import", id.String(), "error", failed)
	}
	p := i.Progress
	s.Logger.Info("import ended", "import", id.String(), "state", i.State.String(), "rows", p.Rows, "created", p.Created,
		"updated", p.Updated, "unchanged", p.Unchanged, "failed", p.Failed)
	if i.State == muster.ImportDone {
		s.drop(id)
	}
	return nil
}

const (
	batchRows  = 500     // rows that are filed before it is seen whether somebody else waits to write
	batchBytes = 1 << 18 // of the file, a row more or less
	batches    = 32      // that are filed in one transaction while nobody waits: their tokens share pages that are written once
)

// A batch is some rows, ready to be filed.
type batch struct {
	muster.ImportBatch
	of    muster.ImportID
	desk  *desk
	rows  []*row // of ImportBatch.Rows
	ended error  // how the file has ended, io.EOF at its end; there are no rows then
}

// file reads the file of a running import and files its rows. While some are filed, the next ones are read.
func (s *Service) file(ctx context.Context, i muster.Import) error {
	f, err := s.spool.open(i.ID)
	if err != nil {
		return err
	}
	defer f.Close()
	src, err := open(f, &i.Options)
	if err != nil {
		return err
	}
	reading, stop := context.WithCancel(ctx)
	r := &reader{service: s, spooled: f, source: src, of: i}
	if i.Options.DryRun {
		r.trial = newTrial()
	}
	ready := make(chan *batch, batches)
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.run(reading, ready)
	}()
	defer func() {
		stop()
		<-done
	}()
	var waiting []*batch
	for {
		if waiting, err = gather(ctx, waiting, ready); err != nil {
			return err
		}
		if ended := waiting[0].ended; ended != nil {
			if errors.Is(ended, io.EOF) {
				return nil
			}
			return ended
		}
		filed, err := s.fileBatches(ctx, &i, waiting)
		if err != nil {
			return err
		}
		waiting = waiting[filed:]
	}
}

// gather adds what is ready to what is waiting, and waits if that is nothing.
func gather(ctx context.Context, waiting []*batch, ready <-chan *batch) ([]*batch, error) {
	waiting = slices.Clone(waiting) // those that are filed go
	if len(waiting) == 0 {
		select {
		case b := <-ready:
			waiting = append(waiting, b)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	for len(waiting) < batches {
		select {
		case b := <-ready:
			waiting = append(waiting, b)
		default:
			return waiting, nil
		}
	}
	return waiting, nil
}

// fileBatches files the rows of some batches, the first at least, sees to what follows from them, and returns how many there
// were. It notes in i what the import has come to.
func (s *Service) fileBatches(ctx context.Context, i *muster.Import, waiting []*batch) (int, error) {
	together := make([]muster.ImportBatch, 0, len(waiting))
	for _, b := range waiting {
		if b.ended == nil {
			together = append(together, b.ImportBatch)
		}
	}
	filed, err := s.fileRows(ctx, i, together)
	if err != nil {
		return 0, err
	}
	var readings muster.Batch
	for n, rows := range filed {
		if !waiting[n].DryRun {
			s.follow(waiting[n], rows, &readings)
		}
	}
	if len(readings.Entries) > 0 {
		if err := s.Readings.Commit(&readings); err != nil {
			return 0, muster.Because(muster.ReasonStorageUnavailable, err)
		}
		if s.Watcher != nil {
			s.Watcher.Stored(&readings)
		}
	}
	if i.Progress.Failed > maxFailed {
		return 0, muster.Refuse(muster.ReasonImportFailures, "more than %d rows have failed", maxFailed)
	}
	return len(filed), nil
}

// tellEvery is how often it is told how far a running import is.
const tellEvery = 200 * time.Millisecond

// fileRows files the rows of some batches, and notes in i and tells what the import has come to.
func (s *Service) fileRows(ctx context.Context, i *muster.Import, together []muster.ImportBatch) (filed [][]muster.FiledRow, err error) {
	s.steps.Lock()
	defer s.steps.Unlock()
	filed, p, err := s.store.FileRows(ctx, i.ID, together)
	if err != nil {
		return nil, err
	}
	if !i.Options.DryRun {
		s.count(i.Progress, p)
	}
	i.Progress = p
	if s.Watcher != nil && time.Since(s.told) >= tellEvery {
		s.told = time.Now()
		s.Watcher.Progressed(*i)
	}
	return filed, nil
}

// follow ends the sessions that may not go on, has devices told of changed attributes, and gathers the readings of the rows that were filed.
func (s *Service) follow(b *batch, filed []muster.FiledRow, readings *muster.Batch) {
	for i, f := range filed {
		if f.Outcome == muster.RowFailed {
			continue
		}
		if f.Ends != "" {
			s.Changed(f.Device, muster.Refuse(f.Ends, ""))
		}
		r := b.rows[i]
		if f.Outcome == muster.RowUpdated {
			s.Shared(f.Device, r.shared)
		}
		if len(r.values) > 0 {
			readings.Add(f.Device, b.desk.retention(r.profile), muster.Sample{TS: b.desk.now.UnixMilli(), Stamped: true, Values: r.values})
		}
	}
}
