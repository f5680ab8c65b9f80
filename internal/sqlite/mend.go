package sqlite

import (
	"errors"
	"fmt"
	"time"

	"muster"
)

// askAgain is how long a registry that a sync has failed waits until it is begun again.
const askAgain = time.Second

// giveUp refuses all further writes until the registry was begun again. After a sync that failed, one that succeeds proves
// nothing: the system may have dropped what it could not write.
func (w *writer) giveUp(err error) {
	err = &muster.Error{
		Reason: muster.ReasonStorageUnavailable, Message: "the disk did not take what was written; it is asked again until it does", Err: err,
	}
	w.broken.Store(&err)
	w.log.Error("a sync of the registry failed; it takes no writes until the disk does", "error", err)
}

// mend begins the registry again as a start after a crash would: what the log has whole is looked through, copied into the
// file and synced there, so that nothing rests on the sync that failed. Until that succeeds, nothing is written.
func (w *writer) mend() {
	w.mended = time.Now()
	if err := w.beginAgain(); err != nil {
		err = openFailure(w.path, err)
		if muster.ReasonOf(err) != muster.ReasonOf(w.healthy()) {
			w.log.Error("the registry cannot be begun again", "reason", muster.ReasonOf(err), "error", err)
		}
		w.broken.Store(&err)
		return
	}
	w.broken.Store(nil)
	w.log.Info("the disk takes the registry's writes again")
}

func (w *writer) beginAgain() error {
	if err := w.reopen(); err != nil {
		return err
	}
	if err := checkWhole(w.conn); err != nil {
		return err
	}
	blocked, err := one(w.conn, (*row).flag, `PRAGMA wal_checkpoint(TRUNCATE)`)
	if err == nil && blocked {
		err = errors.New("the log is in use")
	}
	return err
}

// reopen closes every connection, so that nothing is remembered of the log, and opens that of the writer. Who reads waits
// meanwhile.
func (w *writer) reopen() error {
	resume, err := w.readers.pause()
	defer resume()
	if w.conn != nil {
		err = errors.Join(err, w.conn.close()) // which may well fail: the disk is not what it should be
		w.conn = nil
	}
	c, openErr := connectWriter(w.path)
	if openErr != nil {
		return fmt.Errorf("begin the registry again: %w", errors.Join(openErr, err))
	}
	w.conn, w.roomy = c, false
	w.forget()
	return nil
}
