package admin

import (
	"context"
	"net/http"
	"strings"
	"time"

	"muster"
	"muster/internal/people"
)

// A Me is who asks.
type Me struct {
	Name  string `json:"name" doc:"of a user, or token: and the name of a token, with its owner's and a slash before it if it has one" example:"anna"`
	Role  string `json:"role" enum:"viewer,operator,admin" example:"operator"`
	User  string `json:"user,omitempty" doc:"id, if a user asks" example:"019283b1-7c4e-7d30-9f2a-5b6c7d8e9f00"`
	Login string `json:"login,omitempty" doc:"id of the login that the user is signed in by" example:"019283b1-7c4e-7d30-9f2a-5b6c7d8e9f00"`
	Token string `json:"token,omitempty" doc:"id, if a token asks"`
}

// A SignIn is what a user signs in with.
type SignIn struct {
	Name     string `json:"name" maxLength:"255" example:"anna"`
	Password string `json:"password" maxLength:"1024" example:"seven quiet herons"`
}

// A SetUp is what makes the first admin.
type SetUp struct {
	Link     string `json:"link" maxLength:"128" doc:"the token of the setup link" example:"mst_..."`
	Name     string `json:"name" maxLength:"255" example:"anna"`
	Password string `json:"password" maxLength:"1024" example:"seven quiet herons"`
}

// A PasswordChange is what a user gives for another password.
type PasswordChange struct {
	Old string `json:"old" maxLength:"1024" example:"seven quiet herons"`
	New string `json:"new" maxLength:"1024" example:"eight loud herons"`
}

// A Login is a muster.Login as people see it.
type Login struct {
	ID        string    `json:"id" example:"019283b1-7c4e-7d30-9f2a-5b6c7d8e9f00"`
	User      string    `json:"user" doc:"the name of the user" example:"anna"`
	Current   bool      `json:"current,omitempty" doc:"it is the one that this was asked with"`
	Remote    string    `json:"remote" doc:"from where it was signed in" example:"192.0.2.20"`
	Agent     string    `json:"agent,omitempty" doc:"what the browser calls itself" example:"Mozilla/5.0"`
	CreatedAt time.Time `json:"createdAt"`
	SeenAt    time.Time `json:"seenAt" doc:"may lag by a minute"`
	ExpiresAt time.Time `json:"expiresAt" doc:"at the latest; unused, it ends after 12 hours"`
}

// Ways are the ways to sign in.
type Ways struct {
	Provider string `json:"provider,omitempty" doc:"the issuer of the OpenID provider, if there is one"`
	URL      string `json:"url,omitempty" doc:"where a browser is sent to sign in with it"`
}

// signedIn is the output of an operation that signs a browser in.
type signedIn struct {
	Cookies []*http.Cookie `header:"Set-Cookie"`
	Body    Me
}

// signedOut is the output of an operation that signs a browser out.
type signedOut struct {
	Cookie http.Cookie `header:"Set-Cookie"`
}

func (a *api) serveLogins() {
	serveTo(a, muster.RoleNone, http.MethodPost, "/v1/setup", "set-up", "Makes the first admin with a setup link, and signs them in", a.setUp,
		explained("The link works once and for an hour, while there is no user."),
		refusing(muster.ReasonSetupLinkWrong, muster.ReasonUserNameTaken, muster.ReasonPasswordUnfit))
	serveTo(a, muster.RoleNone, http.MethodGet, "/v1/login", "show-sign-in", "How one may sign in besides by password", a.showSignIn)
	serveTo(a, muster.RoleNone, http.MethodPost, "/v1/login", "sign-in", "Signs a browser in, with a cookie", a.signIn,
		explained("Whoever fails too often from one network waits, and not who signs in with the right password from where they have been before."),
		refusing(muster.ReasonSignInWrong, muster.ReasonSignInDelayed))
	serveTo(a, muster.RoleViewer, http.MethodPost, "/v1/logout", "sign-out", "Ends the login that asks", a.signOut)
	serve(a, http.MethodGet, "/v1/me", "show-me", "Who asks", a.showMe)
	serveTo(a, muster.RoleViewer, http.MethodPost, "/v1/me/password", "change-password",
		"Gives the user who asks another password and ends their other logins", a.changePassword,
		refusing(muster.ReasonSignInWrong, muster.ReasonSignInDelayed, muster.ReasonPasswordUnfit))
	serve(a, http.MethodGet, "/v1/logins", "list-logins", "Logins of the user who asks; for an admin everybody's", a.listLogins)
	serveTo(a, muster.RoleViewer, http.MethodDelete, "/v1/logins/{id}", "delete-login",
		"Ends a login of the user who asks; for an admin anybody's", a.deleteLogin)
}

// attempt is a try to sign in by who sends the request.
func attempt(ctx context.Context, name, password string) people.Attempt {
	v := visitorOf(ctx)
	return people.Attempt{Name: name, Password: muster.Secret(password), Remote: v.remote, Agent: v.agent, Cookie: v.cookie, Mark: v.mark}
}

func (a *api) setUp(ctx context.Context, in *struct{ Body SetUp }) (*signedIn, error) {
	s, err := a.People.SetUp(ctx, muster.Secret(in.Body.Link), attempt(ctx, in.Body.Name, in.Body.Password))
	return a.welcome(ctx, s, a.counted(ctx, err))
}

func (a *api) showSignIn(context.Context, *struct{}) (*answer[Ways], error) {
	if a.Provider == nil {
		return &answer[Ways]{}, nil
	}
	return &answer[Ways]{Ways{Provider: a.Provider.Issuer, URL: signInPath}}, nil
}

func (a *api) signIn(ctx context.Context, in *struct{ Body SignIn }) (*signedIn, error) {
	s, err := a.People.SignIn(ctx, attempt(ctx, in.Body.Name, in.Body.Password))
	return a.welcome(ctx, s, err)
}

func (*api) welcome(ctx context.Context, s people.SignedIn, err error) (*signedIn, error) {
	if err != nil {
		return nil, err
	}
	me := Me{Name: s.User.Name, Role: s.User.Role.String(), User: s.User.ID.String(), Login: s.Login.ID.String()}
	return &signedIn{cookies(visitorOf(ctx).secure, s), me}, nil
}

// counted counts a wrong setup link against the address that it came from.
func (a *api) counted(ctx context.Context, err error) error {
	if err != nil && muster.KindOf(err) == muster.Unknown && !a.failures.allow(visitorOf(ctx).remote) {
		return muster.Refuse(muster.ReasonRateLimited, "")
	}
	return err
}

func (a *api) signOut(ctx context.Context, _ *struct{}) (*signedOut, error) {
	if actor, _ := muster.ActorOf(ctx); !actor.Login.IsZero() {
		if err := a.People.EndLogin(ctx, actor.Login, false); err != nil && muster.KindOf(err) != muster.NotFound {
			return nil, err
		}
	}
	return &signedOut{*endedCookie(visitorOf(ctx).secure)}, nil
}

func (*api) showMe(ctx context.Context, _ *struct{}) (*answer[Me], error) {
	actor, _ := muster.ActorOf(ctx)
	return &answer[Me]{Me{
		Name: actor.Name, Role: actor.Role.String(), User: actor.User.String(), Login: actor.Login.String(), Token: actor.Token.String(),
	}}, nil
}

func (a *api) changePassword(ctx context.Context, in *struct{ Body PasswordChange }) (*struct{}, error) {
	return nil, a.People.ChangePassword(ctx, muster.Secret(in.Body.Old), muster.Secret(in.Body.New))
}

func (a *api) listLogins(ctx context.Context, in *struct {
	User string `query:"user" maxLength:"64" doc:"of the user of this name, case ignored; for admins"`
	Sort string `query:"sort" enum:"created,-created,seen,-seen" default:"-created"`
	Paging
},
) (*answer[List[Login]], error) {
	actor, _ := muster.ActorOf(ctx)
	found, err := a.People.Logins(ctx, mayAll(ctx))
	if err != nil {
		return nil, err
	}
	names := map[muster.UserID]string{actor.User: actor.Name}
	if mayAll(ctx) {
		all, err := a.People.Users(ctx)
		if err != nil {
			return nil, err
		}
		for i := range all {
			names[all[i].ID] = all[i].Name
		}
	}
	wanted := func(l *muster.Login) bool { return in.User == "" || strings.EqualFold(names[l.User], in.User) }
	return pageOf(found, in.Paging, in.Sort, wanted, func(order string, l *muster.Login) place {
		if order == "seen" {
			return byTime(l.SeenAt, l.ID.String())
		}
		return byTime(l.CreatedAt, l.ID.String())
	}, func(l muster.Login) Login {
		return Login{
			ID: l.ID.String(), User: names[l.User], Current: l.ID == actor.Login, Remote: l.Remote, Agent: l.Agent,
			CreatedAt: l.CreatedAt, SeenAt: l.SeenAt, ExpiresAt: l.ExpiresAt,
		}
	})
}

func (a *api) deleteLogin(ctx context.Context, in *struct {
	ID string `path:"id" maxLength:"36"`
},
) (*struct{}, error) {
	id, err := muster.ParseID[muster.Login](in.ID)
	if err != nil {
		return nil, err
	}
	return nil, a.People.EndLogin(ctx, id, mayAll(ctx))
}

// mayAll reports whether who asks sees the logins of everybody.
func mayAll(ctx context.Context) bool {
	actor, _ := muster.ActorOf(ctx)
	return actor.Role.Allows(muster.RoleAdmin)
}
