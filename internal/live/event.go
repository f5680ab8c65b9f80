package live

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster"
)

// A Kind is a sort of event that can be listened for.
type Kind uint8

// The kinds.
const (
	Telemetry Kind = iota // readings of a device that are durable
	Attempts              // attempts that the journal has filed
	Sessions              // sessions that have begun or ended
	Imports               // how far imports are
	Warnings              // what somebody should look after before it fails
	Campaigns             // how far campaigns are
	Traffic               // what the whole fleet does, second by second
	kinds
)

// String returns the kind's name.
func (k Kind) String() string {
	return [...]string{"telemetry", "attempts", "sessions", "imports", "warnings", "campaigns", "traffic"}[k]
}

// An Event is something that has happened.
type Event struct {
	ID   ID // zero if it has no place among the others
	At   time.Time
	What Happening
}

// An ID says where an event is among all events of one run of the server.
type ID struct {
	run uint64
	seq uint64
}

// IsZero reports whether it is the ID of no event.
func (id ID) IsZero() bool { return id == ID{} }

// String returns the ID as text without spaces.
func (id ID) String() string {
	return strconv.FormatUint(id.run, 36) + "." + strconv.FormatUint(id.seq, 36)
}

// ParseID reads what String has written; 0 is the zero ID. Refused with ReasonRequestInvalid.
func ParseID(text string) (ID, error) {
	if text == "0" {
		return ID{}, nil
	}
	before, after, _ := strings.Cut(text, ".")
	run, err := strconv.ParseUint(before, 36, 64)
	if err == nil {
		var seq uint64
		if seq, err = strconv.ParseUint(after, 36, 64); err == nil {
			return ID{run, seq}, nil
		}
	}
	return ID{}, muster.Refuse(muster.ReasonRequestInvalid, "%.40q is not the id of an event", text)
}

// A Happening is what an event is about: Reported, Attempted, Opened, Ended, Progressed, Expiring, Outdated, Campaigned, Passed or Lost.
type Happening interface {
	kind() Kind
	wanted(f *Filter) bool
	size() int // bytes besides the event itself
}

// Reported are the readings of a device at one time.
type Reported struct {
	Device muster.DeviceID
	Name   string
	TS     int64 // epoch milliseconds
	Values muster.Values
}

// Attempted is an attempt, or several alike, that the journal has filed.
type Attempted struct{ muster.Attempt }

// Opened is a session that has begun.
type Opened struct{ muster.Session }

// Ended is a session that is over.
type Ended struct {
	muster.Session
	Why error // nil: the device has left
}

// Progressed is an import that has got further.
type Progressed struct{ muster.Import }

// Expiring is a credential that ends in less than so many days.
type Expiring struct {
	muster.Holder
	Days int
}

// Outdated is a revocation list that is past its date.
type Outdated struct {
	List  string
	Since time.Time
}

// Campaigned is a campaign that was begun, has got further, or has ended.
type Campaigned struct{ muster.Campaign }

// Passed is a second that has passed, and what the whole fleet did in it.
type Passed struct {
	Samples  uint64 // that became durable since the second before
	Total    uint64 // that did since the feed was made
	Sessions int    // devices that were connected at its end
}

// Lost stands for events that a listener is not told of any more.
type Lost struct {
	Kind   Kind
	AtMost uint64 // how many; some may not have been wanted. 0: nobody knows
}

// A Filter says which events are wanted. Conditions that are set hold together, each for the events that it can be asked of.
type Filter struct {
	Kinds  []Kind
	Device muster.DeviceID // of this device; Telemetry needs it
	Name   string          // or of this name, as a client calls itself; empty and a zero Device: of any
	Reason muster.Reason   // attempts that ended with it alone; empty: with any, or none
	Remote netip.Prefix    // attempts and sessions from there alone; zero: from anywhere
}

func (f *Filter) of(device muster.DeviceID, name string) bool {
	return f.Device.IsZero() && f.Name == "" || device == f.Device && !device.IsZero() || name != "" && name == f.Name
}

func (f *Filter) from(remote netip.Addr) bool {
	return !f.Remote.IsValid() || f.Remote.Contains(remote.Unmap())
}

// Wants reports whether events of the kind are wanted.
func (f *Filter) Wants(k Kind) bool { return slices.Contains(f.Kinds, k) }

func (Reported) kind() Kind   { return Telemetry }
func (Attempted) kind() Kind  { return Attempts }
func (Opened) kind() Kind     { return Sessions }
func (Ended) kind() Kind      { return Sessions }
func (Progressed) kind() Kind { return Imports }
func (Expiring) kind() Kind   { return Warnings }
func (Outdated) kind() Kind   { return Warnings }
func (Campaigned) kind() Kind { return Campaigns }
func (Passed) kind() Kind     { return Traffic }
func (l Lost) kind() Kind     { return l.Kind }

func (r Reported) wanted(f *Filter) bool { return r.Device == f.Device }
func (a Attempted) wanted(f *Filter) bool {
	return f.of(a.Device, a.Name) && f.from(a.Remote) && (f.Reason == "" || a.Reason == f.Reason)
}
func (o Opened) wanted(f *Filter) bool   { return f.of(o.Device, o.Name) && f.from(o.Remote) }
func (e Ended) wanted(f *Filter) bool    { return f.of(e.Device, e.Name) && f.from(e.Remote) }
func (Progressed) wanted(*Filter) bool   { return true }
func (e Expiring) wanted(f *Filter) bool { return f.of(e.Device.ID, e.Device.Name) }
func (Outdated) wanted(f *Filter) bool   { return f.of(muster.DeviceID{}, "") }
func (Campaigned) wanted(*Filter) bool   { return true }
func (Passed) wanted(*Filter) bool       { return true }
func (Lost) wanted(*Filter) bool         { return true }

func (r Reported) size() int   { return len(r.Values) }
func (a Attempted) size() int  { return len(a.Name) + len(a.Key) + len(a.Shown) + len(a.Detail) }
func (o Opened) size() int     { return len(o.Name) + len(o.ClientID) }
func (e Ended) size() int      { return len(e.Name) + len(e.ClientID) }
func (p Progressed) size() int { return len(p.File) + len(p.By) + len(p.Detail) }
func (e Expiring) size() int   { return len(e.Device.Name) + len(e.Credential.Hint) }
func (o Outdated) size() int   { return len(o.List) }
func (c Campaigned) size() int {
	return len(c.By) + len(c.Detail) + len(c.Selection.Search) + len(c.Selection.Label) + len(c.Selection.Tag)
}
func (Passed) size() int { return 0 }
func (Lost) size() int   { return 0 }
