package est

import (
	"strings"

	"muster"
)

// A link is a resource as it is told to whoever looks for it (RFC 9148, 4.1).
type link struct{ path, kind, formats string }

// links are the resources, each for any profile.
var links = [...]link{
	{"/.well-known/est/crts", "ace.est.crts", "281 287"},
	{"/.well-known/est/sen", "ace.est.sen", "281 287"},
	{"/.well-known/est/sren", "ace.est.sren", "281 287"},
	{"/.well-known/est/att", "ace.est.att", "285"},
	{"/.well-known/est/skg", "ace.est.skg", "62"},
	{"/.well-known/est/skc", "ace.est.skc", "62"},
}

// readDiscovery understands a request for the resources that there are, which may say which of them are wanted (RFC 6690, 4.1).
func readDiscovery(r *muster.Request) (*muster.Enrolment, error) {
	e := &muster.Enrolment{Operation: muster.EnrolDiscovery}
	switch {
	case r.Transport != muster.CoAP:
		return nil, muster.Refuse(muster.ReasonTopicUnknown, "")
	case r.Method != "GET":
		return nil, muster.Refuse(muster.ReasonMethodNotAllowed, "")
	}
	var told []string
	for _, l := range links {
		if l.wanted(r.Query) {
			told = append(told, "<"+l.path+`>;rt="`+l.kind+`";ct="`+l.formats+`"`)
		}
	}
	e.Links = []byte(strings.Join(told, ","))
	return e, negotiate(r, e)
}

// wanted reports whether a query asks for the link: by its type or its path, of which a star leaves the end open. What else it
// says is not looked at.
func (l link) wanted(query []string) bool {
	for _, q := range query {
		name, want, _ := strings.Cut(q, "=")
		is := ""
		switch name {
		case "rt":
			is = l.kind
		case "href":
			is = l.path
		default:
			continue
		}
		start, open := strings.CutSuffix(want, "*")
		if is != want && !(open && strings.HasPrefix(is, start)) {
			return false
		}
	}
	return true
}
