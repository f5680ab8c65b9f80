package main

import (
	"net/http"
	"strconv"

	"github.com/spf13/cobra"

	"muster/internal/admin"
)

func newUser() *cobra.Command {
	return group("user", "People who sign in, and what they may do",
		userCreate(), userList(), userShow(), userUpdate(), userPassword(), userDelete())
}

func userCreate() *cobra.Command {
	var n admin.NewUser
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Makes a user; the password is typed, or read from the input",
		Args:  cobra.ExactArgs(1),
	}
	addRole(cmd, &n.Role, "viewer")
	return asking(cmd, func(args []string) (_ call, err error) {
		n.Name = args[0]
		if n.Password, err = askPassword(cmd, n.Name); err != nil {
			return call{}, err
		}
		return call{method: http.MethodPost, path: []string{"v1", "users"}, body: n}, nil
	}, shownUser)
}

// addRole gives a command the flag --role.
func addRole(cmd *cobra.Command, role *string, usual string) {
	cmd.Flags().StringVar(role, "role", usual, "viewer, operator or admin")
	_ = cmd.RegisterFlagCompletionFunc("role", cobra.FixedCompletions([]string{"viewer", "operator", "admin"}, cobra.ShellCompDirectiveNoFileComp))
}

func shownUser(u admin.User) (any, table) { return u, userTable(u) }

func userTable(all ...admin.User) table {
	t := table{columns: []string{"name", "role", "disabled", "elsewhere", "created", "last sign-in"}}
	for _, u := range all {
		t.add(u.Name, u.Role, u.Disabled, u.Elsewhere, u.CreatedAt, u.LastLoginAt)
	}
	return t
}

func userList() *cobra.Command {
	return listing(&cobra.Command{Use: "list", Short: "Lists users", Args: cobra.NoArgs}, []filter{
		{"search", "search", "part of the name, case ignored"},
		{"role", "role", "viewer, operator or admin alone"},
		{"disabled", "disabled", "true: disabled ones alone; false: the others"},
		{"sort", "sort", "name, created or lastLogin; with a minus sign before it the last come first"},
	}, []string{"v1", "users"}, func(all []admin.User) table { return userTable(all...) })
}

func userShow() *cobra.Command {
	return asking(&cobra.Command{Use: "show NAME", Short: "Shows a user", Args: cobra.ExactArgs(1)}, func(args []string) (call, error) {
		return call{method: http.MethodGet, path: []string{"v1", "users", args[0]}}, nil
	}, shownUser)
}

func userUpdate() *cobra.Command {
	var role, disabled string
	cmd := &cobra.Command{Use: "update NAME", Short: "Changes the role of a user, or disables them", Args: cobra.ExactArgs(1)}
	addRole(cmd, &role, "")
	cmd.Flags().StringVar(&disabled, "disabled", "", "true: they cannot sign in any more; false: they can again")
	return asking(cmd, func(args []string) (call, error) {
		var c admin.UserChange
		if role != "" {
			c.Role = &role
		}
		if disabled != "" {
			b, err := strconv.ParseBool(disabled)
			if err != nil {
				return call{}, usagef("--disabled: %q is neither true nor false", disabled)
			}
			c.Disabled = &b
		}
		if c == (admin.UserChange{}) {
			return call{}, usagef("nothing to change: give --role or --disabled")
		}
		return call{method: http.MethodPatch, path: []string{"v1", "users", args[0]}, body: c}, nil
	}, shownUser)
}

func userPassword() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "password NAME",
		Short: "Gives a user another password, typed or read from the input, and signs them out everywhere",
		Args:  cobra.ExactArgs(1),
	}
	return asking(cmd, func(args []string) (_ call, err error) {
		var n admin.NewPassword
		if n.Password, err = askPassword(cmd, args[0]); err != nil {
			return call{}, err
		}
		return call{method: http.MethodPost, path: []string{"v1", "users", args[0], "password"}, body: n}, nil
	}, shownUser)
}

func userDelete() *cobra.Command {
	return acting(&cobra.Command{Use: "delete NAME", Short: "Removes a user", Args: cobra.ExactArgs(1)}, func(args []string) call {
		return call{method: http.MethodDelete, path: []string{"v1", "users", args[0]}}
	}, "user %s is deleted")
}
