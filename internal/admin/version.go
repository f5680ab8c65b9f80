package admin

import (
	"strings"

	"muster"
)

// Expected is the part of a change that says which state it was made for (RFC 9110, 13.1.1).
type Expected struct {
	IfMatch []string `header:"If-Match" maxItems:"16" doc:"the ETag that the thing was read with; if it has changed since, nothing is done (412). Left out: the change is made whatever it is"`
}

// seen returns the versions that are expected; nil: any.
func (m *Expected) seen() []muster.Version {
	if len(m.IfMatch) == 0 {
		return nil
	}
	versions := make([]muster.Version, 0, len(m.IfMatch))
	for _, text := range m.IfMatch {
		text = strings.TrimSpace(text)
		if text == "*" {
			return nil
		}
		versions = append(versions, muster.Version(strings.Trim(text, `"`))) // a weak tag, W/"...", is no version: it never matches
	}
	return versions
}

// A tagged answer says which state of a thing it shows.
type tagged[T any] struct {
	ETag string `header:"ETag" doc:"for If-Match of a change"`
	Body T
}

func tag[T any](v muster.Version, body T) *tagged[T] { return &tagged[T]{`"` + string(v) + `"`, body} }
