package admin

import (
	"context"
	"math"
	"net/http"
	"time"

	"muster"
	"muster/internal/fleet"
)

// A ProvisionKey is a muster.ProvisionKey as people see it, without its secret.
type ProvisionKey struct {
	ID          string    `json:"id" example:"019283b1-7c4e-7d30-9f2a-5b6c7d8e9f00"`
	Key         string    `json:"key" example:"sensors-key"`
	Profile     string    `json:"profile" example:"sensors"`
	State       string    `json:"state" enum:"live,waiting,expired,exhausted,suspended,revoked" example:"live"`
	Devices     int       `json:"devices" doc:"how many it has let in" example:"250"`
	MaxDevices  int       `json:"maxDevices,omitempty" doc:"how many it may let in; 0: any number" example:"1000"`
	NotBefore   time.Time `json:"notBefore,omitzero"`
	ExpiresAt   time.Time `json:"expiresAt,omitzero" example:"2027-01-01T00:00:00Z"`
	Networks    []string  `json:"networks,omitempty" nullable:"false" doc:"from where it may be used; none: from anywhere"`
	NamePattern string    `json:"namePattern,omitempty" doc:"regular expression that the whole device name must match"`
	Rate        int       `json:"rate,omitempty" doc:"new devices a second that it may let in; 0: the server's limit"`
	FormerUntil time.Time `json:"formerSecretUntil,omitzero" doc:"until then the secret before the last rotation works too"`
	SuspendedAt time.Time `json:"suspendedAt,omitzero"`
	RevokedAt   time.Time `json:"revokedAt,omitzero"`
	CreatedAt   time.Time `json:"createdAt"`
}

// A NewProvisionKey is a provision key to be made.
type NewProvisionKey struct {
	Profile     string    `json:"profile,omitempty" doc:"left out: default" example:"sensors"`
	Key         string    `json:"key,omitempty" doc:"left out, the server makes one"`
	Secret      string    `json:"secret,omitempty" doc:"left out, the server makes one"`
	NotBefore   time.Time `json:"notBefore,omitzero"`
	ExpiresAt   time.Time `json:"expiresAt,omitzero" example:"2027-01-01T00:00:00Z"`
	MaxDevices  int       `json:"maxDevices,omitempty" example:"1000"`
	Networks    []string  `json:"networks,omitempty" nullable:"false" maxItems:"64" example:"[\"10.0.0.0/8\"]"`
	NamePattern string    `json:"namePattern,omitempty"`
	Rate        int       `json:"rate,omitempty" minimum:"0" maximum:"1000000" doc:"new devices a second; a key that is asked for three times as many is suspended"`
}

// A ProvisionKeyChange is what shall change of a provision key; what is left out stays.
type ProvisionKeyChange struct {
	NotBefore   *string   `json:"notBefore,omitempty" doc:"RFC 3339; empty: always was"`
	ExpiresAt   *string   `json:"expiresAt,omitempty" doc:"RFC 3339; empty: never" example:"2027-06-01T00:00:00Z"`
	MaxDevices  *int      `json:"maxDevices,omitempty" minimum:"0" example:"2000"`
	Networks    *[]string `json:"networks,omitempty" nullable:"false" maxItems:"64"`
	NamePattern *string   `json:"namePattern,omitempty"`
	Rate        *int      `json:"rate,omitempty" minimum:"0" maximum:"1000000"`
}

// A Rotation says how a key gets a new secret.
type Rotation struct {
	Overlap string `json:"overlap,omitempty" example:"72h" doc:"how long the old secret works on; left out, it works no more"`
}

// A Revocation says what becomes of the devices that a key let in.
type Revocation struct {
	Devices string `json:"devices,omitempty" enum:"keep,suspend,release" doc:"left out: keep. Released devices lose their credentials and may provision once more" example:"suspend"`
}

// An IssuedKey is a provision key with its secret, which is shown this once.
type IssuedKey struct {
	ProvisionKey
	Secret string `json:"secret" example:"kT3vWq8xLm5ZpR2nYc7HbD9sFg4JtA6e"`
}

func (a *api) serveProvisionKeys() {
	serve(a, http.MethodGet, "/v1/provision-keys", "list-provision-keys", "Provision keys that meet conditions, in an order", a.listProvisionKeys,
		refusing(muster.ReasonNotFound))
	serve(a, http.MethodPost, "/v1/provision-keys", "create-provision-key", "Makes a provision key", a.createProvisionKey,
		refusing(muster.ReasonProvisionKeyTaken, muster.ReasonNotFound))
	serve(a, http.MethodGet, "/v1/provision-keys/{key}", "show-provision-key", "One provision key", a.showProvisionKey)
	serve(a, http.MethodPatch, "/v1/provision-keys/{key}", "update-provision-key",
		"Changes for whom a key opens; what it let in stays in", a.updateProvisionKey)
	serve(a, http.MethodDelete, "/v1/provision-keys/{key}", "delete-provision-key",
		"Removes a key that no device came in by", a.deleteProvisionKey,
		explained("Devices name the key that let them in, so one that is in use is revoked instead."),
		refusing(muster.ReasonProvisionKeyInUse))
	serve(a, http.MethodPost, "/v1/provision-keys/{key}/suspend", "suspend-provision-key",
		"Closes a key until it is resumed", a.suspendProvisionKey)
	serve(a, http.MethodPost, "/v1/provision-keys/{key}/resume", "resume-provision-key", "Opens a suspended key", a.resumeProvisionKey)
	serve(a, http.MethodPost, "/v1/provision-keys/{key}/rotate", "rotate-provision-key",
		"Gives a key a new secret; the old one works on for the overlap", a.rotateProvisionKey,
		explained("The new secret is shown this once. With an overlap devices that know the old one get in until then."),
		refusing(muster.ReasonProvisionKeyRevoked))
	serve(a, http.MethodPost, "/v1/provision-keys/{key}/revoke", "revoke-provision-key",
		"Ends the use of a key, with a choice for what it let in", a.revokeProvisionKey,
		explained("For good. What it let in is kept, suspended, or released to provision once more; the last two go on by themselves as a sweep."))
}

// keyed is the input of an operation on a provision key, named by its text or its id.
type keyed struct {
	Key string `path:"key" maxLength:"255"`
}

// seenKeyed is keyed, in the state that was read.
type seenKeyed struct {
	Key string `path:"key" maxLength:"255"`
	Expected
}

func (a *api) listProvisionKeys(ctx context.Context, in *struct {
	Search        string `query:"search" maxLength:"255" doc:"part of the key, case ignored"`
	Profile       string `query:"profile" maxLength:"255" doc:"of this profile alone"`
	State         string `query:"state" enum:"live,waiting,expired,exhausted,suspended,revoked"`
	ExpiresBefore string `query:"expiresBefore" maxLength:"40" doc:"ends before then; epoch milliseconds or RFC 3339"`
	Sort          string `query:"sort" enum:"created,-created,key,-key,devices,-devices,expires,-expires" default:"created" doc:"with a minus sign the last come first; those that never expire come last by expires"`
	Paging
},
) (*answer[List[ProvisionKey]], error) {
	all, err := a.Fleet.ProvisionKeys(ctx, in.Profile)
	if err != nil {
		return nil, err
	}
	names, err := a.profileNames(ctx)
	if err != nil {
		return nil, err
	}
	before, err := parseTime("expiresBefore", in.ExpiresBefore, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	wanted := func(k *muster.ProvisionKey) bool {
		ends := in.ExpiresBefore == "" || !k.ExpiresAt.IsZero() && k.ExpiresAt.UnixMilli() < before
		return has(k.Key, in.Search) && ends && (in.State == "" || a.keyState(k) == in.State)
	}
	return pageOf(all, in.Paging, in.Sort, wanted, keyPlace, func(k muster.ProvisionKey) ProvisionKey { return a.provisionKeyOf(k, names) })
}

func keyPlace(order string, k *muster.ProvisionKey) place {
	switch id := k.ID.String(); order {
	case "key":
		return byText(k.Key, id)
	case "devices":
		return place{number: int64(k.Devices), id: id}
	case "expires":
		if k.ExpiresAt.IsZero() {
			return place{number: math.MaxInt64, id: id}
		}
		return byTime(k.ExpiresAt, id)
	default:
		return byTime(k.CreatedAt, id)
	}
}

func (a *api) createProvisionKey(ctx context.Context, in *struct{ Body NewProvisionKey }) (*tagged[IssuedKey], error) {
	b := in.Body
	n := fleet.NewProvisionKey{
		Profile: b.Profile, Key: b.Key, Secret: muster.Secret(b.Secret), NotBefore: b.NotBefore, ExpiresAt: b.ExpiresAt,
		MaxDevices: b.MaxDevices, NamePattern: b.NamePattern, Rate: b.Rate,
	}
	networks, err := parseNetworks(b.Networks)
	if err != nil {
		return nil, err
	}
	n.Networks = networks
	k, err := a.Fleet.CreateProvisionKey(ctx, n)
	if err != nil {
		return nil, err
	}
	return a.issued(ctx, k)
}

func (a *api) showProvisionKey(ctx context.Context, in *keyed) (*tagged[ProvisionKey], error) {
	return a.shownKey(ctx)(a.Fleet.ProvisionKey(ctx, in.Key))
}

func (a *api) updateProvisionKey(ctx context.Context, in *struct {
	Key string `path:"key" maxLength:"255"`
	Expected
	Body ProvisionKeyChange
},
) (*tagged[ProvisionKey], error) {
	change, err := in.Body.change()
	if err != nil {
		return nil, err
	}
	return a.shownKey(ctx)(a.Fleet.UpdateProvisionKey(ctx, in.Key, change, in.seen()...))
}

func (a *api) deleteProvisionKey(ctx context.Context, in *seenKeyed) (*struct{}, error) {
	return nil, a.Fleet.DeleteProvisionKey(ctx, in.Key, in.seen()...)
}

// change reads what shall change.
func (b *ProvisionKeyChange) change() (fleet.ProvisionKeyChange, error) {
	change := fleet.ProvisionKeyChange{MaxDevices: b.MaxDevices, NamePattern: b.NamePattern, Rate: b.Rate}
	var err error
	if change.NotBefore, err = changedBound("notBefore", b.NotBefore); err != nil {
		return change, err
	}
	if change.ExpiresAt, err = changedBound("expiresAt", b.ExpiresAt); err != nil {
		return change, err
	}
	if b.Networks != nil {
		networks, err := parseNetworks(*b.Networks)
		if err != nil {
			return change, err
		}
		change.Networks = &networks
	}
	return change, nil
}

// changedBound reads a time that shall change, if it is given; empty text is no bound.
func changedBound(name string, text *string) (*time.Time, error) {
	if text == nil {
		return nil, nil
	}
	var at time.Time
	if *text != "" {
		var err error
		if at, err = time.Parse(time.RFC3339, *text); err != nil {
			return nil, muster.Refuse(muster.ReasonRequestInvalid, "%s: %.40q is no time such as 2030-12-31T23:59:59Z", name, *text)
		}
	}
	return &at, nil
}

func (a *api) suspendProvisionKey(ctx context.Context, in *seenKeyed) (*tagged[ProvisionKey], error) {
	return a.shownKey(ctx)(a.Fleet.SuspendProvisionKey(ctx, in.Key, in.seen()...))
}

func (a *api) resumeProvisionKey(ctx context.Context, in *seenKeyed) (*tagged[ProvisionKey], error) {
	return a.shownKey(ctx)(a.Fleet.ResumeProvisionKey(ctx, in.Key, in.seen()...))
}

func (a *api) rotateProvisionKey(ctx context.Context, in *struct {
	Key string `path:"key" maxLength:"255"`
	Expected
	Body *Rotation
},
) (*tagged[IssuedKey], error) {
	var overlap time.Duration
	if in.Body != nil && in.Body.Overlap != "" {
		var err error
		if overlap, err = time.ParseDuration(in.Body.Overlap); err != nil {
			return nil, muster.Refuse(muster.ReasonRequestInvalid, "overlap: %.40q is no duration such as 72h", in.Body.Overlap)
		}
	}
	k, err := a.Fleet.RotateProvisionKey(ctx, in.Key, overlap, in.seen()...)
	if err != nil {
		return nil, err
	}
	return a.issued(ctx, k)
}

// shownKey returns what shows a key that a job has returned.
func (a *api) shownKey(ctx context.Context) func(muster.ProvisionKey, error) (*tagged[ProvisionKey], error) {
	return func(k muster.ProvisionKey, err error) (*tagged[ProvisionKey], error) {
		if err != nil {
			return nil, err
		}
		names, err := a.profileNames(ctx)
		if err != nil {
			return nil, err
		}
		return tag(k.Version(), a.provisionKeyOf(k, names)), nil
	}
}

func (a *api) issued(ctx context.Context, k fleet.IssuedKey) (*tagged[IssuedKey], error) {
	names, err := a.profileNames(ctx)
	if err != nil {
		return nil, err
	}
	return tag(k.Version(), IssuedKey{a.provisionKeyOf(k.ProvisionKey, names), k.Secret.Reveal()}), nil
}

// profileNames returns what the profiles are called.
func (a *api) profileNames(ctx context.Context) (map[muster.ProfileID]string, error) {
	all, err := a.Fleet.Profiles(ctx)
	if err != nil {
		return nil, err
	}
	names := make(map[muster.ProfileID]string, len(all))
	for _, p := range all {
		names[p.ID] = p.Name
	}
	return names, nil
}

func (a *api) provisionKeyOf(k muster.ProvisionKey, names map[muster.ProfileID]string) ProvisionKey {
	shown := ProvisionKey{
		ID: k.ID.String(), Key: k.Key, Profile: names[k.Profile], State: a.keyState(&k), Devices: k.Devices,
		MaxDevices: k.MaxDevices, NotBefore: k.NotBefore, ExpiresAt: k.ExpiresAt, NamePattern: k.NamePattern,
		Rate: k.Rate, SuspendedAt: k.SuspendedAt, RevokedAt: k.RevokedAt, CreatedAt: k.CreatedAt,
	}
	if k.FormerWorks(a.Now()) {
		shown.FormerUntil = k.FormerUntil
	}
	for _, network := range k.Networks {
		shown.Networks = append(shown.Networks, network.String())
	}
	return shown
}

// keyState says in a word whether the key lets anybody in now.
func (a *api) keyState(k *muster.ProvisionKey) string {
	now := a.Now()
	switch {
	case !k.RevokedAt.IsZero() && !now.Before(k.RevokedAt):
		return "revoked"
	case !k.SuspendedAt.IsZero():
		return "suspended"
	case !k.NotBefore.IsZero() && now.Before(k.NotBefore):
		return "waiting"
	case !k.ExpiresAt.IsZero() && !now.Before(k.ExpiresAt):
		return "expired"
	case k.MaxDevices > 0 && k.Devices >= k.MaxDevices:
		return "exhausted"
	}
	return "live"
}
