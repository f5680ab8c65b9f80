package muster

import (
	"errors"
	"fmt"
	"time"
)

// A Kind says what sort of thing went wrong, once for all transports. A Kind is itself an error, so
// errors.Is(err, muster.NotFound) asks the question. What carries no Kind is Internal.
type Kind uint8

// The kinds, and what each means to whoever is answered with it.
const (
	Internal    Kind = iota // our fault
	Invalid                 // can never succeed as it stands
	Unknown                 // cannot tell who is speaking
	Forbidden               // we know, and no
	NotFound                // no such thing
	Conflict                // there is one already
	Unreachable             // the device is on no node
	Overloaded              // later; nothing was done
)

var kindNames = [...]string{"internal error", "invalid", "unknown", "forbidden", "not found", "conflict", "unreachable", "overloaded"}

// Error returns the kind's name.
func (k Kind) Error() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// An Error is a refusal or a failure with a stable Reason. Its Message may be shown to a client and never holds a
// secret; Err, where set, is the cause and only for logs.
type Error struct {
	Reason  Reason
	Message string
	Err     error
	Quiet   bool          // the profile keeps the reason from its devices (ProfileSettings.HideReasons); people are told
	Retry   time.Duration // after which whoever asks the same may hear something else; 0: not said
}

// Refuse returns an Error for r whose message is made as by fmt.Sprintf. An empty format leaves r's own title.
func Refuse(r Reason, format string, args ...any) *Error {
	message := r.Title()
	if format != "" {
		message = fmt.Sprintf(format, args...)
	}
	return &Error{Reason: r, Message: message}
}

// Because returns an Error for r that was caused by err.
func Because(r Reason, err error) *Error {
	return &Error{Reason: r, Message: r.Title(), Err: err}
}

// Hush returns err with its reason kept from devices.
func Hush(err error) error {
	if err == nil {
		return nil
	}
	hushed := &Error{Reason: ReasonOf(err), Message: MessageOf(err), Err: err, Quiet: true}
	if e, ok := errors.AsType[*Error](err); ok {
		hushed.Err, hushed.Retry = e.Err, e.Retry
	}
	return hushed
}

// Error returns the message, with the cause behind it.
func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is e's Kind or e's Reason.
func (e *Error) Is(target error) bool {
	switch t := target.(type) {
	case Kind:
		return e.Reason.Kind() == t
	case Reason:
		return e.Reason == t
	}
	return false
}

// KindOf returns the Kind that err carries, Internal if it carries none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason.Kind()
	}
	if k, ok := errors.AsType[Kind](err); ok {
		return k
	}
	if r, ok := errors.AsType[Reason](err); ok {
		return r.Kind()
	}
	return Internal
}

// ReasonOf returns the Reason that err carries, ReasonInternal if it carries none, and "" for nil.
func ReasonOf(err error) Reason {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	if r, ok := errors.AsType[Reason](err); ok {
		return r
	}
	return ReasonInternal
}

// MessageOf returns what a client may be told about err: the message of an *Error, else the title of its reason.
func MessageOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Message
	}
	return ReasonOf(err).Title()
}
