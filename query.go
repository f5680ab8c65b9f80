package muster

import (
	"net/netip"
	"time"
)

// A DeviceQuery says which devices are wanted, and in which order. Conditions that are set hold together.
type DeviceQuery struct {
	Profile       ProfileID           // zero: of any profile
	State         *DeviceState        // nil: in any state
	Search        string              // part of the name, case ignored; empty: any
	Prefix        string              // how the name begins, case-sensitive; empty: any
	Label         string              // part of the label, case of ASCII letters ignored; empty: any
	Tag           string              // has this tag; empty: any
	TagValue      *string             // with this value; nil: with any
	Key           ProvisionKeyID      // was let in by it; zero: any
	Kind          *CredentialKind     // holds a credential of this kind that is not revoked; nil: any
	ExpiresBefore time.Time           // holds one, of that kind, that ends before then; zero: any
	Among         func(DeviceID) bool // true for those that are wanted; nil: all are. It must not block

	Sort       DeviceSort
	Descending bool
	After      *DeviceMark // those behind it alone; nil: from the first on
	Limit      int         // at most so many
	Count      bool        // how many match is wanted, too
}

// A DeviceSort is an order of devices.
type DeviceSort uint8

// The orders.
const (
	ByName         DeviceSort = iota
	ByCreation                // as they were made
	ByProvisioning            // as they let themselves in; those that have not are left out
)

var deviceSorts = []string{"name", "created", "provisioned"}

// String returns the order's name.
func (s DeviceSort) String() string { return nameOf(deviceSorts, int(s)) }

// ParseDeviceSort reads an order's name.
func ParseDeviceSort(name string) (DeviceSort, error) {
	i, err := indexOf(deviceSorts, name, "order")
	return DeviceSort(i), err
}

// A DeviceMark is a place in an order of devices. It stays where it is while devices come and go.
type DeviceMark struct {
	Name string    // ByName
	At   time.Time // ByProvisioning, together with ID
	ID   DeviceID  // ByCreation
}

// A DevicePage is some of the devices that a query finds. So that each page takes little time whatever is asked for, a
// store looks at a bounded number of devices for it: a page may be short, or even empty, and there may be more behind it.
type DevicePage struct {
	Devices []Device
	Next    *DeviceMark // where the next page begins; nil: there is none
	Count   int         // how many matched of those that were looked at, from After on; 0 if that was not asked for
	Least   bool        // there may be more than Count
}

// A CredentialQuery says which credentials of the fleet are wanted, and in which order. Conditions that are set hold
// together.
type CredentialQuery struct {
	Profile       ProfileID           // of devices of this profile; zero: of any
	Search        string              // part of the device's name, case ignored; empty: any
	Kind          *CredentialKind     // nil: any
	Standing      *CredentialStanding // at Now; nil: any
	Now           time.Time
	ExpiresBefore time.Time // ends before then; zero: any, also those that never end

	Sort       CredentialSort
	Descending bool
	After      *CredentialMark // those behind it alone; nil: from the first on
	Limit      int             // at most so many
}

// A CredentialSort is an order of credentials.
type CredentialSort uint8

// The orders.
const (
	CredentialsByCreation CredentialSort = iota
	CredentialsByExpiry                  // those that never end are left out
)

var credentialSorts = []string{"created", "expires"}

// String returns the order's name.
func (s CredentialSort) String() string { return nameOf(credentialSorts, int(s)) }

// ParseCredentialSort reads an order's name.
func ParseCredentialSort(name string) (CredentialSort, error) {
	i, err := indexOf(credentialSorts, name, "order")
	return CredentialSort(i), err
}

// A CredentialMark is a place in an order of credentials.
type CredentialMark struct {
	At time.Time // CredentialsByExpiry, together with ID
	ID CredentialID
}

// A CredentialPage is some of the credentials that a query finds, each with its device and profile. As with a DevicePage, it
// may be short, or even empty, and there may be more behind it.
type CredentialPage struct {
	Credentials []Holder
	Next        *CredentialMark // where the next page begins; nil: there is none
}

// An AttemptQuery says which attempts are wanted.
type AttemptQuery struct {
	Device    DeviceID     // together with Name: attempts of either
	Name      string       // exact; empty and a zero Device: all
	Profile   ProfileID    // zero: of any profile, or of none
	Reason    Reason       // empty: any, or none
	Action    Action       // 0: any
	Transport Transport    // 0: any
	Outcome   Outcome      // 0: either
	Stranger  *bool        // whether neither a device nor a profile was recognised; nil: either
	Remote    netip.Prefix // from this network alone; zero: from anywhere
	From, To  time.Time    // not before From and before To; zero: at any time
	Before    int64        // numbers lower than this alone, for the next page; 0: all
	Since     int64        // numbers higher than this alone, for what is new; 0: all
	Limit     int          // at most so many
}

// An Outcome is whether an attempt was let in.
type Outcome uint8

// The outcomes.
const (
	LetIn Outcome = iota + 1
	Refused
)
