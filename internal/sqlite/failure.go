package sqlite

import (
	"context"
	"errors"

	"zombiezen.com/go/sqlite"

	"muster"
)

// A fault is what SQLite could not do.
type fault struct {
	code sqlite.ResultCode // extended
	err  error
}

func (f *fault) Error() string { return f.err.Error() }
func (f *fault) Unwrap() error { return f.err }

// told returns an error of the driver as a fault, nil as nil.
func told(err error) error {
	if err == nil {
		return nil
	}
	return &fault{sqlite.ErrCode(err), err}
}

// code returns SQLite's primary result code of err, 0 if SQLite did not say it.
func code(err error) sqlite.ResultCode { return extendedCode(err).ToPrimary() }

func extendedCode(err error) sqlite.ResultCode {
	if f, ok := errors.AsType[*fault](err); ok {
		return f.code
	}
	return 0
}

// refused says what err means to the caller. A uniqueness that err violates becomes taken, a reference that leads
// nowhere becomes gone.
func refused(err error, taken, gone muster.Reason) error {
	switch extendedCode(err) {
	case sqlite.ResultConstraintUnique, sqlite.ResultConstraintPrimaryKey:
		return muster.Refuse(taken, "")
	case sqlite.ResultConstraintForeignKey:
		return muster.Refuse(gone, "")
	}
	return failure(err)
}

// failure says what err means to the caller: a refusal, an ended context and an error of the caller's own stay what
// they are, no row is ReasonNotFound, and what SQLite could not do is trouble with storage.
func failure(err error) error {
	_, known := errors.AsType[*muster.Error](err)
	switch {
	case err == nil || known:
		return err
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, errNoRow):
		return muster.Refuse(muster.ReasonNotFound, "")
	}
	switch code(err) {
	case 0, sqlite.ResultConstraint, sqlite.ResultTooBig:
		return err
	case sqlite.ResultFull:
		return muster.Because(muster.ReasonStorageFull, err)
	}
	return muster.Because(muster.ReasonStorageUnavailable, err)
}

// undoesAll reports whether SQLite may have ended the transaction in which err came up: everything but a broken
// constraint, a value too large and an error that is not SQLite's.
func undoesAll(err error) bool {
	switch code(err) {
	case 0, sqlite.ResultConstraint, sqlite.ResultTooBig:
		return false
	}
	return true
}

// absent turns no row into a refusal with reason.
func absent(err error, reason muster.Reason) error {
	if errors.Is(err, errNoRow) {
		return muster.Refuse(reason, "")
	}
	return err
}

// atLeastOne is ReasonNotFound if a statement found nothing to change.
func atLeastOne(n int) error {
	if n == 0 {
		return muster.Refuse(muster.ReasonNotFound, "")
	}
	return nil
}
