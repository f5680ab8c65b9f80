package muster

// A DeviceQuery says which devices are wanted, in the order of their names.
type DeviceQuery struct {
	Profile ProfileID    // zero: of any profile
	State   *DeviceState // nil: in any state
	Search  string       // part of the name, case ignored; empty: any
	After   string       // names greater than this alone, for the next page
	Limit   int          // at most so many
}

// An AttemptQuery says which attempts are wanted.
type AttemptQuery struct {
	Device DeviceID // together with Name: attempts of either
	Name   string   // exact; empty and a zero Device: all
	Limit  int      // at most so many
}
