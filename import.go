package muster

import "time"

// An Import is a file of devices that is filed row by row. It outlives whoever handed it in, and the process.
type Import struct {
	ID         ImportID
	State      ImportState
	File       string // the file's name where it came from
	Size       int64  // of the file, in bytes
	Options    ImportOptions
	By         string // Actor.Name of who handed it in
	CreatedAt  time.Time
	StartedAt  time.Time // zero until its first row
	FinishedAt time.Time // zero until it is done, cancelled or has failed
	Progress   ImportProgress
	Reason     Reason // why it has failed as a whole
	Detail     string // what exactly was wrong then
}

// ImportID names an import.
type ImportID = ID[Import]

// An ImportState says how far an import is.
type ImportState uint8

// The states. A running import goes on when the process is started again; a cancelled or failed one where it has stopped,
// once somebody says so.
const (
	ImportWaiting   ImportState = iota // for those before it
	ImportRunning                      // row by row
	ImportDone                         // every row was judged
	ImportCancelled                    // somebody has stopped it
	ImportFailed                       // the file cannot be read any further
)

var importStates = []string{"waiting", "running", "done", "cancelled", "failed"}

// String returns the state's name.
func (s ImportState) String() string { return nameOf(importStates, int(s)) }

// MarshalText is String.
func (s ImportState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Ended reports whether the import does nothing any more by itself.
func (s ImportState) Ended() bool { return s >= ImportDone }

// ImportOptions say how a file is read. The zero value finds out by itself.
type ImportOptions struct {
	Format    string            `json:"format,omitempty"`    // csv or jsonl; empty: by the first character
	Delimiter string            `json:"delimiter,omitempty"` // of CSV; empty: what the first line shows
	Headless  bool              `json:"headless,omitempty"`  // CSV without a header: columns are called 1, 2, ...
	Columns   map[string]string `json:"columns,omitempty"`   // fields of columns that are not called by their field
	Profile   string            `json:"profile,omitempty"`   // of new devices whose row names none; empty: the default
	DryRun    bool              `json:"dryRun,omitempty"`    // judge every row and file none
	Fields    []string          `json:"fields,omitempty"`    // of CSV, found out: what its columns are, in their order
}

// ImportProgress says what has become of the rows so far. Rows is the sum of the
// four behind it.
type ImportProgress struct {
	Rows      int
	Created   int
	Updated   int
	Unchanged int
	Failed    int
	Settled   int   // rows of which everything is kept, their readings too: where an import that was cut off begins again
	Read      int64 // bytes of the file
}

// A DeviceRecord is all that the registry keeps of a device.
type DeviceRecord struct {
	Device      Device
	Credentials []Credential // the oldest first
	Attributes  []Attribute  // by scope and key
}

// A DeviceChange is what shall become of a device.
type DeviceChange struct {
	Device     Device       // as it shall be
	Add        []Credential // new ones
	Set        []Credential // held ones in another state, or with another value
	Attributes []Attribute  // created or replaced; the others stay
	Ends       Reason       // why sessions of the device end; empty: they go on
}

// An ImportBatch is some rows of an import that stand together in the file. Those that could not be understood are in
// Failed already.
type ImportBatch struct {
	First  int            // number of the first row, from 1, the header not counted
	Last   int            // and of the last
	Read   int64          // bytes of the file up to the end of the last
	Rows   []DeviceRecord // as they are filed where there is no device of the name
	Failed []FailedRow
	DryRun bool // judge the rows and file none

	// Merge says what becomes of the device that has the name of Rows[i] already, or refuses the row; nil: nothing. Refused
	// tells of Rows[i] what is kept where it is refused, because of one of its credentials if c is not nil. Both are called
	// inside the transaction.
	Merge   func(i int, held DeviceRecord) (*DeviceChange, error)
	Refused func(i int, c *Credential, err error) FailedRow
}

// A FailedRow is a row that was not filed, and why.
type FailedRow struct {
	Number  int
	Reason  Reason
	Column  string // whose cell it is about; empty: the row as a whole
	Message string
	Record  Sealed // the row itself, which may hold secrets
}

// A FiledRow is what has become of a row.
type FiledRow struct {
	Device  DeviceID // zero if the row has failed
	Outcome RowOutcome
	Ends    Reason // as in DeviceChange
}

// A RowOutcome says what has become of a row.
type RowOutcome uint8

// The outcomes.
const (
	RowFailed RowOutcome = iota
	RowCreated
	RowUpdated
	RowUnchanged
)
