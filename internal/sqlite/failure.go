package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"muster"
)

// code returns SQLite's primary result code of err, 0 if SQLite did not say it.
func code(err error) int { return extendedCode(err) & 0xff }

func extendedCode(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code()
	}
	return 0
}

// refused says what err means to the caller. A uniqueness that err violates becomes taken, a reference that leads
// nowhere becomes gone.
func refused(err error, taken, gone muster.Reason) error {
	switch extendedCode(err) {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return muster.Refuse(taken, "")
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
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
	case errors.Is(err, sql.ErrNoRows):
		return muster.Refuse(muster.ReasonNotFound, "")
	}
	switch code(err) {
	case 0, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG:
		return err
	case sqlite3.SQLITE_FULL:
		return muster.Because(muster.ReasonStorageFull, err)
	}
	return muster.Because(muster.ReasonStorageUnavailable, err)
}

// undoesAll reports whether SQLite may have ended the transaction in which err came up: everything but a broken
// constraint, a value too large and an error that is not SQLite's.
func undoesAll(err error) bool {
	switch code(err) {
	case 0, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG:
		return false
	}
	return true
}

// absent turns no row into a refusal with reason.
func absent(err error, reason muster.Reason) error {
	if errors.Is(err, sql.ErrNoRows) {
		return muster.Refuse(reason, "")
	}
	return err
}

// atLeastOne is ReasonNotFound if a statement found nothing to change.
func atLeastOne(n int64) error {
	if n == 0 {
		return muster.Refuse(muster.ReasonNotFound, "")
	}
	return nil
}
