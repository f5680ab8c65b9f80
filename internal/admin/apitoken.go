package admin

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"muster"
	"muster/internal/people"
)

// A Token is a muster.APIToken as people see it, without its secret.
type Token struct {
	ID         string    `json:"id" example:"019283b1-7c4e-7d30-9f2a-5b6c7d8e9f00"`
	Name       string    `json:"name" example:"ci"`
	Owner      string    `json:"owner,omitempty" doc:"the name of the user whose it is; none: nobody's" example:"anna"`
	Role       string    `json:"role" enum:"viewer,operator,admin" doc:"its owner's counts if that is lower" example:"operator"`
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
	serveAdmin(a, http.MethodGet, "/v1/tokens", "list-tokens", "API tokens of everybody that meet conditions, in an order", a.listTokens)
	serveAdmin(a, http.MethodPost, "/v1/tokens", "create-token", "Makes an API token that is nobody's", a.createToken,
		explained("It outlives whoever made it. Its secret is shown this once and kept as a digest alone."),
		refusing(muster.ReasonAPITokenNameTaken))
	serveAdmin(a, http.MethodPost, "/v1/tokens/{name}/revoke", "revoke-token",
		"Ends the use of an API token, named by its id or, if it is live and nobody's, its name", a.revokeToken)
}

// A TokenQuery says which tokens are wanted, and in which order.
type TokenQuery struct {
	Search string `query:"search" maxLength:"255" doc:"part of the name, case ignored"`
	Role   string `query:"role" enum:"viewer,operator,admin"`
	State  string `query:"state" enum:"live,expired,revoked"`
	Sort   string `query:"sort" enum:"created,-created,name,-name,lastUsed,-lastUsed" default:"created"`
	Paging
}

func (a *api) listTokens(ctx context.Context, in *struct {
	Owner string `query:"owner" maxLength:"64" doc:"of the user of this name, case ignored"`
	TokenQuery
},
) (*answer[List[Token]], error) {
	all, err := a.People.Tokens(ctx)
	if err != nil {
		return nil, err
	}
	owners, err := a.owners(ctx, all)
	if err != nil {
		return nil, err
	}
	if in.Owner != "" {
		all = slices.DeleteFunc(all, func(t muster.APIToken) bool { return !strings.EqualFold(owners[t.Owner], in.Owner) })
	}
	return a.tokens(all, &in.TokenQuery, owners)
}

// owners returns the names of those whose the tokens are.
func (a *api) owners(ctx context.Context, tokens []muster.APIToken) (map[muster.UserID]string, error) {
	names := map[muster.UserID]string{}
	if !slices.ContainsFunc(tokens, func(t muster.APIToken) bool { return !t.Owner.IsZero() }) {
		return names, nil
	}
	all, err := a.People.Users(ctx)
	for i := range all {
		names[all[i].ID] = all[i].Name
	}
	return names, err
}

// tokens returns the page of all that is wanted.
func (a *api) tokens(all []muster.APIToken, in *TokenQuery, owners map[muster.UserID]string) (*answer[List[Token]], error) {
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
	}, func(t muster.APIToken) Token { return a.tokenOf(t, owners[t.Owner]) })
}

func (a *api) createToken(ctx context.Context, in *struct{ Body NewToken }) (*answer[IssuedToken], error) {
	n, err := parseNewToken(&in.Body)
	if err != nil {
		return nil, err
	}
	t, err := a.People.CreateToken(ctx, n)
	if err != nil {
		return nil, err
	}
	return &answer[IssuedToken]{IssuedToken{a.tokenOf(t.APIToken, ""), t.Secret.Reveal()}}, nil
}

func parseNewToken(in *NewToken) (people.NewToken, error) {
	role, err := muster.ParseRole(in.Role)
	if err != nil {
		return people.NewToken{}, err
	}
	networks, err := parseNetworks(in.Networks)
	return people.NewToken{Name: in.Name, Role: role, Networks: networks, ExpiresAt: in.ExpiresAt}, err
}

func (a *api) revokeToken(ctx context.Context, in *named) (*answer[Token], error) {
	t, err := a.People.RevokeToken(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	owners, err := a.owners(ctx, []muster.APIToken{t})
	if err != nil {
		return nil, err
	}
	return &answer[Token]{a.tokenOf(t, owners[t.Owner])}, nil
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

// tokenOf shows a token of the user of that name; empty: nobody's.
func (a *api) tokenOf(t muster.APIToken, owner string) Token {
	shown := Token{
		ID: t.ID.String(), Name: t.Name, Owner: owner, Role: t.Role.String(), State: a.tokenState(&t), CreatedAt: t.CreatedAt,
		ExpiresAt: t.ExpiresAt, RevokedAt: t.RevokedAt, LastUsedAt: t.LastUsedAt,
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
