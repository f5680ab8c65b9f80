package admin

import (
	"context"
	"net/http"
	"time"

	"muster"
	"muster/internal/fleet"
)

// A ProvisionKey is a muster.ProvisionKey as people see it, without its secret.
type ProvisionKey struct {
	ID          string    `json:"id"`
	Key         string    `json:"key"`
	Profile     string    `json:"profile"`
	State       string    `json:"state" enum:"live,waiting,expired,exhausted,revoked"`
	Devices     int       `json:"devices" doc:"how many it has let in"`
	MaxDevices  int       `json:"maxDevices,omitempty" doc:"how many it may let in; 0: any number"`
	NotBefore   time.Time `json:"notBefore,omitzero"`
	ExpiresAt   time.Time `json:"expiresAt,omitzero"`
	Networks    []string  `json:"networks,omitempty" nullable:"false" doc:"from where it may be used; none: from anywhere"`
	NamePattern string    `json:"namePattern,omitempty" doc:"regular expression that the whole device name must match"`
	RevokedAt   time.Time `json:"revokedAt,omitzero"`
	CreatedAt   time.Time `json:"createdAt"`
}

// A NewProvisionKey is a provision key to be made.
type NewProvisionKey struct {
	Profile     string    `json:"profile,omitempty" doc:"left out: default"`
	Key         string    `json:"key,omitempty" doc:"left out, the server makes one"`
	Secret      string    `json:"secret,omitempty" doc:"left out, the server makes one"`
	NotBefore   time.Time `json:"notBefore,omitzero"`
	ExpiresAt   time.Time `json:"expiresAt,omitzero"`
	MaxDevices  int       `json:"maxDevices,omitempty"`
	Networks    []string  `json:"networks,omitempty" nullable:"false" maxItems:"64" example:"[\"10.0.0.0/8\"]"`
	NamePattern string    `json:"namePattern,omitempty"`
}

// An IssuedKey is a provision key with its secret, which is shown this once.
type IssuedKey struct {
	ProvisionKey
	Secret string `json:"secret"`
}

func (a *api) serveProvisionKeys() {
	serve(a, http.MethodGet, "/v1/provision-keys", "list-provision-keys", "Provision keys, the oldest first", a.listProvisionKeys)
	serve(a, http.MethodPost, "/v1/provision-keys", "create-provision-key", "Makes a provision key", a.createProvisionKey)
	serve(a, http.MethodPost, "/v1/provision-keys/{key}/revoke", "revoke-provision-key",
		"Ends the use of a key; what it let in stays in", a.revokeProvisionKey)
	serve(a, http.MethodPost, "/v1/provision-keys/{key}/rotate", "rotate-provision-key",
		"Gives a key a new secret; the old one works no more", a.rotateProvisionKey)
}

// keyed is the input of an operation on a provision key, named by its text or its id.
type keyed struct {
	Key string `path:"key" maxLength:"255"`
}

func (a *api) listProvisionKeys(ctx context.Context, in *struct {
	Profile string `query:"profile" maxLength:"255" doc:"of this profile alone"`
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
	return listOf(all, func(k muster.ProvisionKey) ProvisionKey { return a.provisionKeyOf(k, names) }), nil
}

func (a *api) createProvisionKey(ctx context.Context, in *struct{ Body NewProvisionKey }) (*answer[IssuedKey], error) {
	b := in.Body
	n := fleet.NewProvisionKey{
		Profile: b.Profile, Key: b.Key, Secret: muster.Secret(b.Secret), NotBefore: b.NotBefore, ExpiresAt: b.ExpiresAt,
		MaxDevices: b.MaxDevices, NamePattern: b.NamePattern,
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

func (a *api) revokeProvisionKey(ctx context.Context, in *keyed) (*answer[ProvisionKey], error) {
	k, err := a.Fleet.RevokeProvisionKey(ctx, in.Key)
	if err != nil {
		return nil, err
	}
	names, err := a.profileNames(ctx)
	if err != nil {
		return nil, err
	}
	return &answer[ProvisionKey]{a.provisionKeyOf(k, names)}, nil
}

func (a *api) rotateProvisionKey(ctx context.Context, in *keyed) (*answer[IssuedKey], error) {
	k, err := a.Fleet.RotateProvisionKey(ctx, in.Key)
	if err != nil {
		return nil, err
	}
	return a.issued(ctx, k)
}

func (a *api) issued(ctx context.Context, k fleet.IssuedKey) (*answer[IssuedKey], error) {
	names, err := a.profileNames(ctx)
	if err != nil {
		return nil, err
	}
	return &answer[IssuedKey]{IssuedKey{a.provisionKeyOf(k.ProvisionKey, names), k.Secret.Reveal()}}, nil
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
		RevokedAt: k.RevokedAt, CreatedAt: k.CreatedAt,
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
	case !k.NotBefore.IsZero() && now.Before(k.NotBefore):
		return "waiting"
	case !k.ExpiresAt.IsZero() && !now.Before(k.ExpiresAt):
		return "expired"
	case k.MaxDevices > 0 && k.Devices >= k.MaxDevices:
		return "exhausted"
	}
	return "live"
}
