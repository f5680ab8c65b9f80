package muster

// A Role says what a person or a script may do. Each role may do what those below it may. The zero role may do nothing.
type Role uint8

// The roles.
const (
	RoleNone     Role = iota
	RoleViewer        // looks at everything but secrets
	RoleOperator      // runs the fleet
	RoleAdmin         // says who may do what, too
)

var roleNames = []string{"none", "viewer", "operator", "admin"}

// String returns the role's name.
func (r Role) String() string { return nameOf(roleNames, int(r)) }

// MarshalText is String.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Allows reports whether r may do what needs the role want.
func (r Role) Allows(want Role) bool { return r >= want }

// ParseRole reads the name of a role that somebody can have: viewer, operator or admin.
func ParseRole(name string) (Role, error) {
	i, err := indexOf(roleNames[RoleViewer:], name, "role")
	if err != nil {
		return RoleNone, err
	}
	return RoleViewer + Role(i), nil
}
