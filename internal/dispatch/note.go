package dispatch

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"muster"
	"muster/internal/journal"
)

// Note writes an attempt into the journal that happened before a peer was known.
func (d *Dispatcher) Note(a muster.Attempt) {
	a.At, a.Count = d.o.Now(), 1
	d.o.Journal.Note(a)
	d.tellAttempt(&a)
}

func (d *Dispatcher) note(h *muster.Hello, action muster.Action, who *muster.Identity, err error) {
	if _, had := errors.AsType[noted](err); had || wentAway(err) {
		return
	}
	a := muster.Attempt{
		Action: action, Transport: h.Transport, Remote: h.Remote.Unmap(),
		Device: who.Device, Name: who.Name, Profile: who.Profile, Reason: muster.ReasonOf(err),
	}
	if action == muster.ActionConnect {
		a.Claims = who.Claims
	}
	if a.Name == "" {
		a.Name = callsItself(h)
	}
	if err != nil {
		a.Detail = muster.MessageOf(err)
		if action == muster.ActionConnect {
			a.Shown = d.shown(h)
			a.Certificate = strangers(h, a.Reason)
		}
	}
	d.Note(a)
}

// wentAway reports whether err is that nobody waits for the answer any more. That is no refusal.
func wentAway(err error) bool { return errors.Is(err, context.Canceled) }

func (d *Dispatcher) noteJoin(h *muster.Hello, req *muster.ProvisionRequest, grant *muster.Grant, err error) {
	if wentAway(err) {
		return
	}
	a := muster.Attempt{
		Action: muster.ActionProvision, Transport: h.Transport, Remote: h.Remote.Unmap(), Reason: muster.ReasonOf(err),
	}
	if req != nil {
		a.Name, a.Shown = strings.TrimSpace(req.Name), "key "+shownKey(req.Key, err)+", secret "+journal.Digest(d.o.Keys, req.Secret)
		if keyKnown(err) {
			a.Key = req.Key
		}
	}
	if grant != nil {
		a.Device, a.Name, a.Way = grant.Device, grant.Name, grant.Way
		if grant.Former {
			a.Detail = "with the secret before the key's last rotation"
		}
		if grant.Again != "" {
			a.Detail = strings.TrimLeft(a.Detail+"; once more, because "+grant.Again, "; ")
		}
		if grant.ApprovedBy != "" {
			a.Detail = strings.TrimLeft(a.Detail+"; approved by "+grant.ApprovedBy, "; ")
		}
	}
	if err != nil {
		a.Detail = muster.MessageOf(err)
		if cause, ok := errors.AsType[*muster.Error](errors.Unwrap(err)); ok { // which the device is not told
			a.Detail += "; " + cause.Message
		}
	}
	d.Note(a)
}

// shownKey returns enough of a provision key to find the mistake. One that does not exist may be a secret in the wrong
// place, so it is not told whole.
func shownKey(key string, err error) string {
	if keyKnown(err) {
		return key
	}
	start := ""
	if len(key) >= 16 {
		start = strings.ToValidUTF8(key[:4], "")
	}
	return fmt.Sprintf("%s… of %d bytes", start, len(key))
}

// keyKnown reports whether a provision request that ended with err named a key that there is.
func keyKnown(err error) bool {
	return !errors.Is(err, muster.ReasonProvisionKeyUnknown) && err != errTooOften //nolint:errorlint // itself alone
}

// callsItself returns the name that an unrecognised client goes by. A user name may be a token, so it is never taken.
func callsItself(h *muster.Hello) string {
	if h.ClientID != "" {
		return h.ClientID
	}
	return commonName(h.Chain)
}

// strangers returns the certificate that was presented and that nobody has, for it to be registered; nil: there is none.
func strangers(h *muster.Hello, reason muster.Reason) []byte {
	if reason != muster.ReasonCertificateUnknown || len(h.Chain) == 0 {
		return nil
	}
	return h.Chain[0].Raw
}

// shown tells what a client presented, with secrets reduced to a short digest.
func (d *Dispatcher) shown(h *muster.Hello) string {
	var parts []string
	if len(h.Chain) > 0 {
		parts = append(parts, "certificate "+h.Chain[0].Subject.String())
	}
	if h.Token != "" {
		parts = append(parts, "token "+journal.Digest(d.o.Keys, h.Token))
	}
	if h.Username != "" {
		parts = append(parts, "user name "+journal.Digest(d.o.Keys, muster.Secret(h.Username)))
	}
	if h.Password != "" {
		parts = append(parts, "password "+journal.Digest(d.o.Keys, h.Password))
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}
