package admin

import (
	"context"
	"net/http"
	"strings"
	"time"

	"muster"
	"muster/internal/people"
)

// A User is a muster.User as people see it.
type User struct {
	ID          string    `json:"id" example:"019283b1-7c4e-7d30-9f2a-5b6c7d8e9f00"`
	Name        string    `json:"name" example:"anna"`
	Role        string    `json:"role" enum:"viewer,operator,admin" example:"operator"`
	Disabled    bool      `json:"disabled"`
	Elsewhere   bool      `json:"elsewhere,omitempty" doc:"signs in with the OpenID provider, and has no password here"`
	CreatedAt   time.Time `json:"createdAt"`
	LastLoginAt time.Time `json:"lastLoginAt,omitzero"`
}

// A NewUser is a user to be made.
type NewUser struct {
	Name     string `json:"name" maxLength:"255" example:"anna"`
	Role     string `json:"role" enum:"viewer,operator,admin" example:"operator"`
	Password string `json:"password" maxLength:"1024" example:"seven quiet herons"`
}

// A UserChange is what shall change.
type UserChange struct {
	Role     *string `json:"role,omitempty" enum:"viewer,operator,admin" example:"admin"`
	Disabled *bool   `json:"disabled,omitempty"`
}

// A NewPassword is another password for a user.
type NewPassword struct {
	Password string `json:"password" maxLength:"1024" example:"seven quiet herons"`
}

func (a *api) serveUsers() {
	serveAdmin(a, http.MethodGet, "/v1/users", "list-users", "Users that meet conditions, in an order", a.listUsers)
	serveAdmin(a, http.MethodPost, "/v1/users", "create-user", "Makes a user", a.createUser,
		refusing(muster.ReasonUserNameTaken, muster.ReasonPasswordUnfit))
	serveAdmin(a, http.MethodGet, "/v1/users/{name}", "show-user", "One user", a.showUser)
	serveAdmin(a, http.MethodPatch, "/v1/users/{name}", "update-user", "Changes the role of a user, or disables them", a.updateUser,
		refusing(muster.ReasonLastAdmin))
	serveAdmin(a, http.MethodDelete, "/v1/users/{name}", "delete-user", "Removes a user", a.deleteUser,
		refusing(muster.ReasonLastAdmin))
	serveAdmin(a, http.MethodPost, "/v1/users/{name}/password", "set-password",
		"Gives a user another password and ends their logins", a.setPassword,
		explained("The user's logins end."),
		refusing(muster.ReasonPasswordUnfit))
}

func (a *api) listUsers(ctx context.Context, in *struct {
	Search   string `query:"search" maxLength:"255" doc:"part of the name, case ignored"`
	Role     string `query:"role" enum:"viewer,operator,admin"`
	Disabled string `query:"disabled" enum:"true,false"`
	Sort     string `query:"sort" enum:"name,-name,created,-created,lastLogin,-lastLogin" default:"name"`
	Paging
},
) (*answer[List[User]], error) {
	all, err := a.People.Users(ctx)
	if err != nil {
		return nil, err
	}
	wanted := func(u *muster.User) bool {
		return has(u.Name, in.Search) && (in.Role == "" || u.Role.String() == in.Role) &&
			(in.Disabled == "" || u.Disabled == (in.Disabled == "true"))
	}
	return pageOf(all, in.Paging, in.Sort, wanted, func(order string, u *muster.User) place {
		switch id := u.ID.String(); order {
		case "created":
			return byTime(u.CreatedAt, id)
		case "lastLogin":
			return byTime(u.LastLoginAt, id)
		default:
			return byText(strings.ToLower(u.Name), id)
		}
	}, userOf)
}

func (a *api) createUser(ctx context.Context, in *struct{ Body NewUser }) (*tagged[User], error) {
	role, err := muster.ParseRole(in.Body.Role)
	if err != nil {
		return nil, err
	}
	u, err := a.People.CreateUser(ctx, people.NewUser{Name: in.Body.Name, Role: role, Password: muster.Secret(in.Body.Password)})
	if err != nil {
		return nil, err
	}
	return tag(u.Version(), userOf(u)), nil
}

func (a *api) showUser(ctx context.Context, in *named) (*tagged[User], error) {
	u, err := a.People.User(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	return tag(u.Version(), userOf(u)), nil
}

func (a *api) updateUser(ctx context.Context, in *struct {
	Name string `path:"name" maxLength:"255"`
	Expected
	Body UserChange
},
) (*tagged[User], error) {
	c := people.UserChange{Disabled: in.Body.Disabled}
	if in.Body.Role != nil {
		role, err := muster.ParseRole(*in.Body.Role)
		if err != nil {
			return nil, err
		}
		c.Role = &role
	}
	u, err := a.People.UpdateUser(ctx, in.Name, c, in.seen()...)
	if err != nil {
		return nil, err
	}
	return tag(u.Version(), userOf(u)), nil
}

func (a *api) deleteUser(ctx context.Context, in *seenNamed) (*struct{}, error) {
	return nil, a.People.DeleteUser(ctx, in.Name, in.seen()...)
}

func (a *api) setPassword(ctx context.Context, in *struct {
	Name string `path:"name" maxLength:"255"`
	Body NewPassword
},
) (*tagged[User], error) {
	u, err := a.People.SetPassword(ctx, in.Name, muster.Secret(in.Body.Password))
	if err != nil {
		return nil, err
	}
	return tag(u.Version(), userOf(u)), nil
}

func userOf(u muster.User) User {
	return User{
		ID: u.ID.String(), Name: u.Name, Role: u.Role.String(), Disabled: u.Disabled, Elsewhere: u.Subject != "",
		CreatedAt: u.CreatedAt, LastLoginAt: u.LastLoginAt,
	}
}
