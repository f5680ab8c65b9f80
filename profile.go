package muster

import (
	"strings"
	"time"
)

// A Profile is a kind of device: how it gets in and what it may do.
type Profile struct {
	ID          ProfileID
	Name        string // unique
	Description string
	Strategy    Strategy
	CreatedAt   time.Time
	Settings    ProfileSettings
}

// FirstState is the state of a device of the profile that has not let itself in.
func (p *Profile) FirstState() DeviceState {
	if p.Strategy == StrategyCheckPreProvisioned || p.Strategy == StrategyX509Chain {
		return DeviceListed
	}
	return DeviceActive
}

// ProfileSettings are the parts of a profile that nothing is looked up by. Every zero value is the safe default.
type ProfileSettings struct {
	// Chain is how devices with a certificate of a known authority get in; only for the strategy X509Chain.
	Chain *ChainRule `json:"chain,omitempty"`
	// RetentionDays is how long readings are kept after their timestamp, in days; 0 keeps them for ever.
	RetentionDays uint16 `json:"retentionDays,omitempty"`
	// HideReasons keeps the reason of a refusal from devices; the journal has it all the same.
	HideReasons bool `json:"hideReasons,omitempty"`
	// JWT bounds the tokens that devices sign.
	JWT JWTRule `json:"jwt,omitzero"`
	// Sessions is how many connections one device may have at once; 0 means 1, at most MaxSessions. The newest stay.
	Sessions int `json:"sessions,omitempty"`
	// Reprovision says what becomes of a device that is in and asks to be let in again.
	Reprovision Reprovision `json:"reprovision,omitzero"`
	// Rotation says which credentials a device may ask for with the one that it has.
	Rotation Rotation `json:"rotation,omitzero"`
	// GraceDays is for how long a certificate that has expired may still be renewed, in days; 0: DefaultGraceDays, less: not
	// at all.
	GraceDays int `json:"graceDays,omitempty"`
	// HoldNew lets devices that nobody expects wait until somebody approves them.
	HoldNew bool `json:"holdNew,omitempty"`
	// Certificates are what our own authority gives to devices of the profile.
	Certificates CertificateRule `json:"certificates,omitzero"`
}

// A JWTRule says which of a device's signed tokens are taken. Zero values mean the defaults of the methods.
type JWTRule struct {
	Audiences   []string      `json:"audiences,omitempty"`   // with {deviceId} where the device's name stands
	MaxLifetime time.Duration `json:"maxLifetime,omitempty"` // exp - iat, on top of the skew, in nanoseconds
	Skew        time.Duration `json:"skew,omitempty"`        // how far clocks may differ, in nanoseconds
	OutliveExp  bool          `json:"outliveExp,omitempty"`  // sessions go on after exp; else cut at exp plus skew
}

// The defaults of a JWTRule.
const (
	DefaultJWTLifetime = 24 * time.Hour
	DefaultJWTSkew     = 10 * time.Minute
	AkenzaAudience     = "https://akenza.io/devices/{deviceId}"
)

// Accepts reports whether audience is one that the rule allows for the device, the server's own names included:
// https://NAME/devices/DEVICE.
func (r JWTRule) Accepts(audience, device string, serverNames []string) bool {
	templates := r.Audiences
	if len(templates) == 0 {
		templates = []string{AkenzaAudience}
		for _, name := range serverNames {
			templates = append(templates, "https://"+name+"/devices/{deviceId}")
		}
	}
	for _, t := range templates {
		if strings.ReplaceAll(t, "{deviceId}", device) == audience {
			return true
		}
	}
	return false
}

// Lifetime returns the longest exp - iat that is taken, on top of Leeway.
func (r JWTRule) Lifetime() time.Duration {
	if r.MaxLifetime > 0 {
		return r.MaxLifetime
	}
	return DefaultJWTLifetime
}

// Leeway returns how far the device's clock may be off.
func (r JWTRule) Leeway() time.Duration {
	if r.Skew > 0 {
		return r.Skew
	}
	return DefaultJWTSkew
}

// Holds reports whether devices of the profile may have to wait until somebody approves them.
func (p *ProfileSettings) Holds() bool { return p.HoldNew || p.Reprovision == ReprovisionHold }

// MaxSessions bounds ProfileSettings.Sessions.
const MaxSessions = 16

// SessionLimit returns how many connections one device may have at once.
func (p ProfileSettings) SessionLimit() int { return min(max(p.Sessions, 1), MaxSessions) }

// A Reprovision says what becomes of a device that is in and asks to be let in again, as after a factory reset.
type Reprovision uint8

// The choices. The zero one is ThingsBoard's.
const (
	ReprovisionRefuse    Reprovision = iota // it is refused
	ReprovisionSameProof                    // it gets a fresh credential if it proves that it is the device
	ReprovisionHold                         // it gets a fresh credential when somebody has approved it
)

var reprovisions = []string{"refuse", "same-proof", "hold"}

// String returns the choice's name.
func (r Reprovision) String() string { return nameOf(reprovisions, int(r)) }

// MarshalText is String.
func (r Reprovision) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a choice's name.
func (r *Reprovision) UnmarshalText(text []byte) error {
	i, err := indexOf(reprovisions, string(text), "way to provision again")
	*r = Reprovision(i)
	return err
}

// A Strategy says how devices of a profile get in. The zero strategy lets nobody in.
type Strategy uint8

// The strategies.
const (
	StrategyDisabled            Strategy = iota
	StrategyAllowCreate                  // whoever has key and secret gets in under any free name
	StrategyCheckPreProvisioned          // only names that were listed before, each once
	StrategyX509Chain                    // whoever has a certificate of the profile's authority gets in
)

var (
	strategyNames = []string{"disabled", "create", "preprovisioned", "x509-chain"}
	strategyWords = []string{"DISABLED", "ALLOW_CREATE_NEW_DEVICES", "CHECK_PRE_PROVISIONED_DEVICES", "X509_CERTIFICATE_CHAIN"}
)

// String returns the name that the command line uses.
func (s Strategy) String() string { return nameOf(strategyNames, int(s)) }

// MarshalText is String.
func (s Strategy) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// ParseStrategy reads a strategy: the command line's name or ThingsBoard's word.
func ParseStrategy(name string) (Strategy, error) {
	for i, w := range strategyWords {
		if w == name {
			return Strategy(i), nil
		}
	}
	i, err := indexOf(strategyNames, name, "strategy")
	return Strategy(i), err
}

// CheckProfileName refuses names that are empty, too long or have control characters or markup in them.
func CheckProfileName(name string) error {
	if err := CheckDeviceName(name); err != nil {
		return Refuse(ReasonRequestInvalid, "%s", strings.Replace(MessageOf(err), "device", "profile", 1))
	}
	return nil
}
