package muster

import "time"

// A Sweep is done to all devices that a provision key let in between two times. They may be many, so it goes on by itself
// once it is filed, batch after batch, also after a crash.
type Sweep struct {
	ID         SweepID
	Key        ProvisionKeyID
	Action     SweepAction
	From, To   time.Time // devices that were let in from From on and before To; zero: no bound
	Expected   int       // how many there were when it began
	Devices    int       // how many it has been done to
	CreatedAt  time.Time
	FinishedAt time.Time // zero: it goes on
}

// A SweepAction is what a Sweep does to each device.
type SweepAction uint8

// The actions.
const (
	SweepKeep    SweepAction = iota // nothing
	SweepSuspend                    // keeps it out until it is resumed
	SweepRelease                    // revokes its credentials and lets it provision once more, under its name
)

var sweepActions = []string{"keep", "suspend", "release"}

// String returns the action's name.
func (a SweepAction) String() string { return nameOf(sweepActions, int(a)) }

// MarshalText is String.
func (a SweepAction) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// ParseSweepAction reads an action's name.
func ParseSweepAction(name string) (SweepAction, error) {
	i, err := indexOf(sweepActions, name, "action")
	return SweepAction(i), err
}

// A LetInQuery says which of the devices are wanted that a provision key let in, as they came.
type LetInQuery struct {
	Key      ProvisionKeyID
	From, To time.Time   // as in Sweep
	After    *DeviceMark // those behind it alone, by At and ID; nil: from the first on
	Left     SweepAction // those alone to which this has not been done; SweepKeep: all
	Limit    int         // at most so many
}
