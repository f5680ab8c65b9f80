package admin

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"muster"
)

// Paging says which page of a list is wanted.
type Paging struct {
	After string `query:"after" maxLength:"2000" doc:"next of the page before, of a request that is otherwise the same"`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"at most so many"`
}

// A cursor is a place in an order, as it is handed to people: they keep it and give it back.
type cursor struct {
	Sort string `json:"s"`
	Name string `json:"n,omitempty"`
	At   int64  `json:"t,omitempty"`
	ID   string `json:"i,omitempty"`
}

func (c *cursor) text() string {
	text, _ := json.Marshal(c) // texts and a number always encode
	return base64.RawURLEncoding.EncodeToString(text)
}

// parseCursor reads a cursor of that order; nil: the first page.
func parseCursor(text, sort string) (*cursor, error) {
	if text == "" {
		return nil, nil
	}
	var c cursor
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil || c.Sort != sort {
		return nil, muster.Refuse(muster.ReasonRequestInvalid, "after: not the next of a page in this order")
	}
	return &c, nil
}

// A place is where a thing stands in an order: by text, or by a number such as a time, and then by id.
type place struct {
	text   string
	number int64
	id     string
}

func (p place) compare(q place) int {
	return cmp.Or(strings.Compare(p.text, q.text), cmp.Compare(p.number, q.number), strings.Compare(p.id, q.id))
}

// byText and byTime are places.
func byText(text, id string) place { return place{text: text, id: id} }

func byTime(at time.Time, id string) place { return place{number: at.UnixMilli(), id: id} }

// pageOf shows a page of things that are few enough to be read at once: those that are wanted, in the order of their
// places. An order that begins with a minus sign is the other way round.
func pageOf[T, S any](all []T, in Paging, order string, wanted func(*T) bool, at func(order string, t *T) place, show func(T) S) (*answer[List[S]], error) {
	after, err := parseCursor(in.After, order)
	if err != nil {
		return nil, err
	}
	name, descending := strings.CutPrefix(order, "-")
	compare := func(a, b place) int {
		if descending {
			a, b = b, a
		}
		return a.compare(b)
	}
	var found []T
	for i := range all {
		t := &all[i]
		behind := after == nil || compare(at(name, t), place{after.Name, after.At, after.ID}) > 0
		if behind && wanted(t) {
			found = append(found, *t)
		}
	}
	slices.SortFunc(found, func(a, b T) int { return compare(at(name, &a), at(name, &b)) })
	next := ""
	if len(found) > in.Limit {
		found = found[:in.Limit]
		last := at(name, &found[in.Limit-1])
		next = (&cursor{Sort: order, Name: last.text, At: last.number, ID: last.id}).text()
	}
	out := listOf(found, show)
	out.Body.Next = next
	return out, nil
}

// has reports whether part is in text, case ignored.
func has(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}
