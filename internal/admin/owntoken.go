package admin

import (
	"context"
	"net/http"

	"muster"
)

func (a *api) serveOwnTokens() {
	serve(a, http.MethodGet, "/v1/me/tokens", "list-own-tokens", "API tokens of the user who asks, in an order", a.listOwnTokens)
	serveTo(a, muster.RoleViewer, http.MethodPost, "/v1/me/tokens", "create-own-token", "Makes an API token of the user who asks", a.createOwnToken,
		explained("It may do no more than its owner may at that time, and ends when they are disabled or deleted. Who asks with a token makes none. Its secret is shown this once."),
		refusing(muster.ReasonAPITokenNameTaken))
	serveTo(a, muster.RoleViewer, http.MethodPost, "/v1/me/tokens/{name}/revoke", "revoke-own-token",
		"Ends the use of an API token of the user who asks, named by its id or, if it is live, its name", a.revokeOwnToken)
}

func (a *api) listOwnTokens(ctx context.Context, in *TokenQuery) (*answer[List[Token]], error) {
	own, err := a.People.OwnTokens(ctx)
	if err != nil {
		return nil, err
	}
	actor, _ := muster.ActorOf(ctx)
	return a.tokens(own, in, map[muster.UserID]string{actor.User: actor.Name})
}

func (a *api) createOwnToken(ctx context.Context, in *struct{ Body NewToken }) (*answer[IssuedToken], error) {
	n, err := parseNewToken(&in.Body)
	if err != nil {
		return nil, err
	}
	t, err := a.People.CreateOwnToken(ctx, n)
	if err != nil {
		return nil, err
	}
	actor, _ := muster.ActorOf(ctx)
	return &answer[IssuedToken]{IssuedToken{a.tokenOf(t.APIToken, actor.Name), t.Secret.Reveal()}}, nil
}

func (a *api) revokeOwnToken(ctx context.Context, in *named) (*answer[Token], error) {
	t, err := a.People.RevokeOwnToken(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	actor, _ := muster.ActorOf(ctx)
	return &answer[Token]{a.tokenOf(t, actor.Name)}, nil
}
