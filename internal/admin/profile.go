package admin

import (
	"context"
	"net/http"
	"time"

	"muster"
	"muster/internal/fleet"
)

// A Profile is a muster.Profile as people see it.
type Profile struct {
	ID            string           `json:"id" example:"019283b1-7c4e-7d30-9f2a-5b6c7d8e9f00"`
	Name          string           `json:"name" example:"sensors"`
	Description   string           `json:"description,omitempty" example:"temperature, outdoors"`
	Strategy      string           `json:"strategy" enum:"disabled,create,preprovisioned,x509-chain" example:"create"`
	RetentionDays uint16           `json:"retentionDays,omitempty" doc:"how long readings are kept; 0: for ever" example:"365"`
	HideReasons   bool             `json:"hideReasons,omitempty" doc:"devices are not told why they are refused"`
	Sessions      int              `json:"sessions" doc:"how many connections a device may have at once" example:"1"`
	Reprovision   string           `json:"reprovision" enum:"refuse,same-proof,hold" doc:"what becomes of a device that is in and asks to be let in again"`
	HoldNew       bool             `json:"holdNew,omitempty" doc:"devices that nobody expects wait until somebody approves them"`
	Rotation      string           `json:"rotation" enum:"same-kind,any-kind,refuse" doc:"which credentials a device may ask for with the one that it has"`
	GraceDays     int              `json:"graceDays" doc:"for how long a certificate that has expired may still be renewed, and be used for nothing else" example:"30"`
	JWT           *JWTRule         `json:"jwt,omitempty"`
	Chain         *ChainRule       `json:"chain,omitempty"`
	Certificates  *CertificateRule `json:"certificates,omitempty"`
	CreatedAt     time.Time        `json:"createdAt"`
}

// A JWTRule says which of a device's signed tokens are taken. What is left out has its default.
type JWTRule struct {
	Audiences   []string `json:"audiences,omitempty" nullable:"false" doc:"with {deviceId} where the device's name stands"`
	MaxLifetime string   `json:"maxLifetime,omitempty" example:"24h" doc:"longest exp - iat"`
	Skew        string   `json:"skew,omitempty" example:"10m" doc:"how far clocks may differ"`
	OutliveExp  bool     `json:"outliveExp,omitempty" doc:"sessions go on after exp"`
}

// ProfileSettings are what a profile can be given; what is left out is the default, or stays.
type ProfileSettings struct {
	Description   *string          `json:"description,omitempty"`
	Strategy      *string          `json:"strategy,omitempty" enum:"disabled,create,preprovisioned,x509-chain,DISABLED,ALLOW_CREATE_NEW_DEVICES,CHECK_PRE_PROVISIONED_DEVICES,X509_CERTIFICATE_CHAIN" example:"create"`
	RetentionDays *uint16          `json:"retentionDays,omitempty" example:"365"`
	HideReasons   *bool            `json:"hideReasons,omitempty"`
	Sessions      *int             `json:"sessions,omitempty" minimum:"1" maximum:"16"`
	Reprovision   *string          `json:"reprovision,omitempty" enum:"refuse,same-proof,hold"`
	HoldNew       *bool            `json:"holdNew,omitempty"`
	Rotation      *string          `json:"rotation,omitempty" enum:"same-kind,any-kind,refuse"`
	GraceDays     *int             `json:"graceDays,omitempty" minimum:"0" maximum:"3650" doc:"0: not at all"`
	JWT           *JWTRule         `json:"jwt,omitempty"`
	Chain         *ChainRule       `json:"chain,omitempty"`
	Certificates  *CertificateRule `json:"certificates,omitempty"`
}

// A NewProfile is a profile to be made, with its first provision key.
type NewProfile struct {
	Name string `json:"name" example:"sensors"`
	ProfileSettings
	ProvisionKey    string `json:"provisionKey,omitempty" doc:"left out, the server makes one where the strategy needs it"`
	ProvisionSecret string `json:"provisionSecret,omitempty" doc:"likewise"`
}

// A ProfileChange is what shall change.
type ProfileChange struct {
	Name *string `json:"name,omitempty"`
	ProfileSettings
}

// A MadeProfile is a new profile with its first provision key, whose secret is shown this once.
type MadeProfile struct {
	Profile
	ProvisionKey    string `json:"provisionKey,omitempty" example:"sensors-key"`
	ProvisionSecret string `json:"provisionSecret,omitempty" example:"kT3vWq8xLm5ZpR2nYc7HbD9sFg4JtA6e"`
}

func (a *api) serveProfiles() {
	serve(a, http.MethodGet, "/v1/profiles", "list-profiles", "Profiles that meet conditions, in an order", a.listProfiles)
	serve(a, http.MethodPost, "/v1/profiles", "create-profile", "Makes a profile", a.createProfile,
		explained("Where the strategy needs a provision key and none is given, the server makes one and shows its secret this once."),
		refusing(muster.ReasonProfileNameTaken, muster.ReasonProvisionKeyTaken, muster.ReasonCertificateInvalid))
	serve(a, http.MethodGet, "/v1/profiles/{name}", "show-profile", "One profile", a.showProfile)
	serve(a, http.MethodPatch, "/v1/profiles/{name}", "update-profile", "Changes a profile", a.updateProfile,
		explained("What is left out stays. Devices that are in stay in, whatever the strategy becomes."),
		refusing(muster.ReasonProfileNameTaken, muster.ReasonCertificateInvalid))
	serve(a, http.MethodDelete, "/v1/profiles/{name}", "delete-profile", "Removes a profile without devices", a.deleteProfile,
		refusing(muster.ReasonProfileInUse))
}

// named is the input of an operation on the thing of that name.
type named struct {
	Name string `path:"name" maxLength:"255"`
}

// seenNamed is the input of an operation on the thing of that name, in the state that was read.
type seenNamed struct {
	Name string `path:"name" maxLength:"255"`
	Expected
}

func (a *api) listProfiles(ctx context.Context, in *struct {
	Search   string `query:"search" maxLength:"255" doc:"part of the name, case ignored"`
	Strategy string `query:"strategy" enum:"disabled,create,preprovisioned,x509-chain"`
	Sort     string `query:"sort" enum:"name,-name,created,-created" default:"name"`
	Paging
},
) (*answer[List[Profile]], error) {
	all, err := a.Fleet.Profiles(ctx)
	if err != nil {
		return nil, err
	}
	wanted := func(p *muster.Profile) bool {
		return has(p.Name, in.Search) && (in.Strategy == "" || p.Strategy.String() == in.Strategy)
	}
	return pageOf(all, in.Paging, in.Sort, wanted, func(order string, p *muster.Profile) place {
		if order == "created" {
			return byTime(p.CreatedAt, p.ID.String())
		}
		return byText(p.Name, p.ID.String())
	}, profileOf)
}

func (a *api) createProfile(ctx context.Context, in *struct{ Body NewProfile }) (*tagged[MadeProfile], error) {
	n := fleet.NewProfile{
		Name: in.Body.Name, ProvisionKey: in.Body.ProvisionKey, ProvisionSecret: muster.Secret(in.Body.ProvisionSecret),
	}
	var p muster.Profile
	if err := in.Body.apply(&p); err != nil {
		return nil, err
	}
	n.Description, n.Strategy, n.Settings = p.Description, p.Strategy, p.Settings
	p, key, err := a.Fleet.CreateProfile(ctx, n)
	if err != nil {
		return nil, err
	}
	made := MadeProfile{Profile: profileOf(p)}
	if key != nil {
		made.ProvisionKey, made.ProvisionSecret = key.Key, key.Secret.Reveal()
	}
	return tag(p.Version(), made), nil
}

func (a *api) showProfile(ctx context.Context, in *named) (*tagged[Profile], error) {
	p, err := a.Fleet.Profile(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	return tag(p.Version(), profileOf(p)), nil
}

func (a *api) updateProfile(ctx context.Context, in *struct {
	Name string `path:"name" maxLength:"255"`
	Expected
	Body ProfileChange
},
) (*tagged[Profile], error) {
	p, err := a.Fleet.UpdateProfile(ctx, in.Name, func(p *muster.Profile) error {
		set(&p.Name, in.Body.Name)
		return in.Body.apply(p)
	}, in.seen()...)
	if err != nil {
		return nil, err
	}
	return tag(p.Version(), profileOf(p)), nil
}

func (a *api) deleteProfile(ctx context.Context, in *seenNamed) (*struct{}, error) {
	return nil, a.Fleet.DeleteProfile(ctx, in.Name, in.seen()...)
}

// apply lays what is given over the profile.
func (s *ProfileSettings) apply(p *muster.Profile) (err error) {
	set(&p.Description, s.Description)
	set(&p.Settings.RetentionDays, s.RetentionDays)
	set(&p.Settings.HideReasons, s.HideReasons)
	set(&p.Settings.Sessions, s.Sessions)
	set(&p.Settings.HoldNew, s.HoldNew)
	if s.Strategy != nil {
		if p.Strategy, err = muster.ParseStrategy(*s.Strategy); err != nil {
			return err
		}
	}
	if s.Reprovision != nil {
		if err := p.Settings.Reprovision.UnmarshalText([]byte(*s.Reprovision)); err != nil {
			return err
		}
	}
	if s.Rotation != nil {
		if err := p.Settings.Rotation.UnmarshalText([]byte(*s.Rotation)); err != nil {
			return err
		}
	}
	if s.GraceDays != nil {
		p.Settings.SetGrace(*s.GraceDays)
	}
	if s.Chain != nil {
		rule, err := s.Chain.rule()
		if err != nil {
			return err
		}
		p.Settings.Chain = &rule
	}
	s.Certificates.apply(&p.Settings.Certificates)
	if s.JWT != nil {
		p.Settings.JWT, err = s.JWT.rule()
	}
	return err
}

func set[T any](field, to *T) {
	if to != nil {
		*field = *to
	}
}

func (r *JWTRule) rule() (muster.JWTRule, error) {
	rule := muster.JWTRule{Audiences: r.Audiences, OutliveExp: r.OutliveExp}
	for _, d := range []struct {
		name, text string
		to         *time.Duration
	}{{"maxLifetime", r.MaxLifetime, &rule.MaxLifetime}, {"skew", r.Skew, &rule.Skew}} {
		if d.text == "" {
			continue
		}
		length, err := time.ParseDuration(d.text)
		if err != nil || length <= 0 {
			return rule, muster.Refuse(muster.ReasonRequestInvalid, "jwt.%s: %.40q is no duration such as 24h or 10m", d.name, d.text)
		}
		*d.to = length
	}
	return rule, nil
}

func profileOf(p muster.Profile) Profile {
	shown := Profile{
		ID: p.ID.String(), Name: p.Name, Description: p.Description, Strategy: p.Strategy.String(),
		RetentionDays: p.Settings.RetentionDays, HideReasons: p.Settings.HideReasons, Sessions: p.Settings.SessionLimit(),
		Reprovision: p.Settings.Reprovision.String(), HoldNew: p.Settings.HoldNew,
		Rotation: p.Settings.Rotation.String(), GraceDays: int(p.Settings.Grace() / (24 * time.Hour)),
		Certificates: certificateRuleOf(p.Settings.Certificates),
		CreatedAt:    p.CreatedAt,
	}
	if rule := p.Settings.Chain; rule != nil {
		shown.Chain = chainOf(rule)
	}
	rule := p.Settings.JWT
	jwt := JWTRule{
		Audiences: rule.Audiences, MaxLifetime: durationText(rule.MaxLifetime), Skew: durationText(rule.Skew), OutliveExp: rule.OutliveExp,
	}
	if len(jwt.Audiences) > 0 || jwt.MaxLifetime != "" || jwt.Skew != "" || jwt.OutliveExp {
		shown.JWT = &jwt
	}
	return shown
}

func durationText(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}
