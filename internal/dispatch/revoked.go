package dispatch

import (
	"muster"
	"muster/internal/revocation"
	"muster/internal/session"
)

// stillGood refuses a device one of whose certificates its authority has revoked.
func (d *Dispatcher) stillGood(marks []revocation.Mark, who *muster.Identity) error {
	if d.o.Revocation == nil {
		return nil
	}
	return d.o.Revocation.Judge(marks, who.Revocation)
}

// JudgeAgain ends the sessions of devices whose certificates are revoked by now. That nobody knows any more whether they are
// ends none.
func (d *Dispatcher) JudgeAgain() {
	d.o.Sessions.HangupEach(func(l session.Link) error {
		switch l := l.(type) {
		case link:
			return d.o.Revocation.Judge(l.marks, muster.RevocationSoft)
		case *listener:
			return d.o.Revocation.Judge(l.marks, muster.RevocationSoft)
		}
		return nil
	})
}
