package admin

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"muster"
	"muster/internal/people"
)

// A Token is a muster.APIToken as people see it, without its secret.
type Token struct {
	ID         string    `json:"id" example:"019283b1-7c4e-7d30-9f2a-5b6c7d8e9f00"`
	Name       string    `json:"name" example:"ci"`
	Role       string    `json:"role" enum:"viewer,operator,admin" example:"operator"`
	State      string    `json:"state" enum:"live,expired,revoked" example:"live"`
	Networks   []string  `json:"networks,omitempty" nullable:"false" doc:"from where it may be used; none: from anywhere"`
	CreatedAt  time.Time `json:"createdAt"`
	ExpiresAt  time.Time `json:"expiresAt,omitzero"`
	RevokedAt  time.Time `json:"revokedAt,omitzero"`
	LastUsedAt time.Time `json:"lastUsedAt,omitzero" doc:"may lag by a minute"`
}

// A NewToken is an API token to be made.
type NewToken struct {
	Name      string    `json:"name" maxLength:"255" example:"ci"`
	Role      string    `json:"role" enum:"viewer,operator,admin" example:"operator"`
	Networks  []string  `json:"networks,omitempty" nullable:"false" maxItems:"64" example:"[\"10.0.0.0/8\"]"`
	ExpiresAt time.Time `json:"expiresAt,omitzero"`
}

// An IssuedToken is an API token with its secret, which is shown this once.
type IssuedToken struct {
	Token
	Secret string `json:"secret" example:"mst_..."`
}

func (a *api) serveTokens() {
	serveAdmin(a, http.MethodGet, "/v1/tokens", "list-tokens", "API tokens that meet conditions, in an order", a.listTokens)
	serveAdmin(a, http.MethodPost, "/v1/tokens", "create-token", "Makes an API token", a.createToken,
		explained("Its secret is shown this once and kept as a digest alone."),
		refusing(muster.ReasonAPITokenNameTaken))
	serveAdmin(a, http.MethodPost, "/v1/tokens/{name}/revoke", "revoke-token",
		"Ends the use of an API token, named by its id or, if it is live, its name", a.revokeToken)
}

func (a *api) listTokens(ctx context.Context, in *struct {
	Search string `query:"search" maxLength:"255" doc:"part of the name, case ignored"`
	Role   string `query:"role" enum:"viewer,operator,admin"`
	State  string `query:"state" enum:"live,expired,revoked"`
	Sort   string `query:"sort" enum:"created,-created,name,-name,lastUsed,-lastUsed" default:"created"`
	Paging
},
) (*answer[List[Token]], error) {
	all, err := a.People.Tokens(ctx)
	if err != nil {
		return nil, err
	}
	wanted := func(t *muster.APIToken) bool {
		return has(t.Name, in.Search) && (in.Role == "" || t.Role.String() == in.Role) && (in.State == "" || a.tokenState(t) == in.State)
	}
	return pageOf(all, in.Paging, in.Sort, wanted, func(order string, t *muster.APIToken) place {
		switch id := t.ID.String(); order {
		case "name":
			return byText(strings.ToLower(t.Name), id)
		case "lastUsed":
			return byTime(t.LastUsedAt, id)
		default:
			return byTime(t.CreatedAt, id)
		}
	}, a.tokenOf)
}

func (a *api) createToken(ctx context.Context, in *struct{ Body NewToken }) (*answer[IssuedToken], error) {
	role, err := muster.ParseRole(in.Body.Role)
	if err != nil {
		return nil, err
	}
	networks, err := parseNetworks(in.Body.Networks)
	if err != nil {
		return nil, err
	}
	t, err := a.People.CreateToken(ctx, people.NewToken{
		Name: in.Body.Name, Role: role, Networks: networks, ExpiresAt: in.Body.ExpiresAt,
	})
	if err != nil {
		return nil, err
	}
	return &answer[IssuedToken]{IssuedToken{a.tokenOf(t.APIToken), t.Secret.Reveal()}}, nil
}

func (a *api) revokeToken(ctx context.Context, in *named) (*answer[Token], error) {
	t, err := a.People.RevokeToken(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	return &answer[Token]{a.tokenOf(t)}, nil
}

// parseNetworks reads networks such as 10.0.0.0/8.
func parseNetworks(texts []string) (networks []netip.Prefix, err error) {
	for _, text := range texts {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, muster.Refuse(muster.ReasonRequestInvalid, "%.60q is no network such as 10.0.0.0/8", text)
		}
		networks = append(networks, network)
	}
	return networks, nil
}

func (a *api) tokenOf(t muster.APIToken) Token {
	shown := Token{
		ID: t.ID.String(), Name: t.Name, Role: t.Role.String(), State: a.tokenState(&t), CreatedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt,
		RevokedAt: t.RevokedAt, LastUsedAt: t.LastUsedAt,
	}
	for _, network := range t.Networks {
		shown.Networks = append(shown.Networks, network.String())
	}
	return shown
}

// tokenState says in a word whether the token lets anybody in now.
func (a *api) tokenState(t *muster.APIToken) string {
	switch now := a.Now(); {
	case !t.RevokedAt.IsZero():
		return "revoked"
	case !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt):
		return "expired"
	}
	return "live"
}
