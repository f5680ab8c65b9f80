package muster

import "time"

// A Campaign asks devices for other credentials in the place of those that they have, wave after wave. It outlives whoever
// began it, and the process.
type Campaign struct {
	ID        CampaignID
	State     CampaignState
	Selection CampaignSelection
	CampaignPace
	By         string // Actor.Name of who began it
	CreatedAt  time.Time
	FinishedAt time.Time // zero until it is done or rolled back
	Detail     string    // why it has paused; empty: it has not

	Mark      DeviceID  // up to which device, in the order of their birth, it has looked
	Exhausted bool      // it has looked at all
	Waves     int       // that have begun
	Left      int       // devices that the present wave has not asked yet
	NextAt    time.Time // when the next wave begins
	Forgiven  int       // devices that had failed or were overdue when somebody let it go on
	Progress  CampaignProgress
	Oldest    time.Time // when the first of those was asked that have not followed and are not overdue; zero: there are none. A store computes it
}

// CampaignID names a campaign.
type CampaignID = ID[Campaign]

// A CampaignPace says how many devices are asked at once, and how much may go wrong.
type CampaignPace struct {
	Wave         int           // devices of a wave
	Pause        time.Duration // from the end of one wave to the next
	ErrorPercent int           // of the devices that were asked may fail or be overdue, before it pauses by itself
	Patience     time.Duration // after which a device that was asked and has not followed is overdue
}

// CampaignSelection says which devices a campaign is for. Conditions that are set hold together.
type CampaignSelection struct {
	Profile       ProfileID       `json:"profile,omitzero"`       // of this profile; zero: of any
	Search        string          `json:"search,omitempty"`       // part of the name, case ignored; empty: any
	Label         string          `json:"label,omitempty"`        // part of the label, case of ASCII letters ignored; empty: any
	Tag           string          `json:"tag,omitempty"`          // has this tag; empty: any
	TagValue      *string         `json:"tagValue,omitempty"`     // with this value; nil: with any
	Kind          *CredentialKind `json:"kind,omitempty"`         // holds a credential of this kind that is not revoked; nil: any
	ExpiresBefore time.Time       `json:"expiresBefore,omitzero"` // holds one, of that kind, that ends before then; zero: any
}

// Query returns what finds the devices in the order of their birth.
func (s *CampaignSelection) Query() DeviceQuery {
	return DeviceQuery{
		Profile: s.Profile, Search: s.Search, Label: s.Label, Tag: s.Tag, TagValue: s.TagValue, Kind: s.Kind, ExpiresBefore: s.ExpiresBefore,
		Sort: ByCreation,
	}
}

// A CampaignState says how far a campaign is.
type CampaignState uint8

// The states. A running or withdrawing campaign goes on when the process is started again.
const (
	CampaignRunning     CampaignState = iota // asks devices, and waits for them
	CampaignPaused                           // asks nobody, until somebody lets it go on
	CampaignDone                             // no device is left that it waits for
	CampaignWithdrawing                      // takes back what it has asked for
	CampaignWithdrawn                        // has taken it back
)

var campaignStates = []string{"running", "paused", "done", "rolling-back", "rolled-back"}

// String returns the state's name.
func (s CampaignState) String() string { return nameOf(campaignStates, int(s)) }

// MarshalText is String.
func (s CampaignState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Ended reports whether the campaign does nothing any more by itself, nor when it is let go on.
func (s CampaignState) Ended() bool { return s == CampaignDone || s == CampaignWithdrawn }

// A CampaignStep says how a device answers a campaign.
type CampaignStep uint8

// The steps. A device is asked, fetched or overdue as long as it is asked.
const (
	StepWaiting   CampaignStep = iota // its turn has not come
	StepAsked                         // has not answered
	StepFetched                       // has been given a fresh credential and not used it
	StepOverdue                       // has not used one in time; it may still
	StepDone                          // has used it
	StepFailed                        // is asked no more and has used none: it is gone, somebody has removed the attribute, or it was refused one
	StepWithdrawn                     // the campaign has taken back what it has asked for
	StepSkipped                       // could not follow when its turn came
)

var campaignSteps = []string{"waiting", "asked", "fetched", "overdue", "done", "failed", "withdrawn", "skipped"}

// String returns the step's name.
func (s CampaignStep) String() string { return nameOf(campaignSteps, int(s)) }

// ParseCampaignStep reads a step's name.
func ParseCampaignStep(name string) (CampaignStep, error) {
	i, err := indexOf(campaignSteps, name, "step")
	return CampaignStep(i), err
}

// A CampaignDevice is a device and how it answers a campaign.
type CampaignDevice struct {
	Device DeviceID
	Name   string // its own, or, when it is gone, what it was when its turn came
	Step   CampaignStep
	At     time.Time // when its turn came; zero: it has not
	Reason Reason    // why it has failed or was skipped; empty: neither
	Detail string    // what the reason alone does not say
}

// A CampaignDeviceQuery says which devices of a campaign are wanted. They come in the order of their birth.
type CampaignDeviceQuery struct {
	Campaign CampaignID
	Step     *CampaignStep // nil: any
	After    DeviceID      // those behind it alone; zero: from the first on
	Limit    int           // at most so many
}

// CampaignProgress counts the devices of a campaign: those that it has asked by their step.
type CampaignProgress struct {
	Selected  int // met the conditions when it began
	Looked    int // met them when their turn came: the sum of those that follow
	Skipped   int // could not follow, or another campaign has asked them
	Asked     int
	Fetched   int
	Done      int
	Failed    int
	Overdue   int
	Withdrawn int
}

// Asks reports whether there may be devices whose turn is still to come.
func (c *Campaign) Asks() bool {
	return !c.Exhausted && (c.State == CampaignRunning || c.State == CampaignPaused)
}

// Waiting returns how many devices are about to be asked, by what was counted when the campaign began.
func (c *Campaign) Waiting() int {
	if !c.Asks() {
		return 0
	}
	return max(c.Progress.Selected-c.Progress.Looked, 0)
}

// A Withdrawal is a device that a campaign asks no more.
type Withdrawal struct {
	Device     DeviceID
	Credential CredentialID // that it was given, had not used, and has lost; zero: none
}

// Version returns the version of the campaign's state.
func (c *Campaign) Version() Version { return versionOf(c.ID, c.State, c.Forgiven) }
