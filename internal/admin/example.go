package admin

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// deepest bounds how far examples go into schemas.
const deepest = 6

// addExample gives content an example of the JSON that its schema describes. An object in it has the fields that are
// required and those that have an example.
func addExample(schemas huma.Registry, content map[string]*huma.MediaType) {
	for kind, media := range content {
		if media.Example == nil && media.Schema != nil && kind == "application/json" {
			media.Example = example(schemas, media.Schema, deepest)
		}
	}
}

// example returns a value such as s describes; nil: nothing can be said.
func example(schemas huma.Registry, s *huma.Schema, depth int) any {
	t := reflect.Type(nil)
	if s.Ref != "" {
		t = schemas.TypeFromRef(s.Ref)
		s = schemas.SchemaFromRef(s.Ref)
	}
	switch {
	case depth == 0:
		return nil
	case len(s.Examples) > 0:
		return s.Examples[0]
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.Default != nil:
		return s.Default
	}
	switch s.Type {
	case huma.TypeObject:
		o := object{}
		for _, name := range fieldNames(t, s) {
			p := s.Properties[name]
			if !slices.Contains(s.Required, name) && len(p.Examples) == 0 {
				continue
			}
			o = append(o, member{name, example(schemas, p, depth-1)})
		}
		return o
	case huma.TypeArray:
		return []any{example(schemas, s.Items, depth-1)}
	}
	return plainExample(s)
}

func plainExample(s *huma.Schema) any {
	switch s.Type {
	case huma.TypeString:
		if s.Format == "date-time" {
			return "2026-03-01T08:30:00Z"
		}
		return "text"
	case huma.TypeInteger, huma.TypeNumber:
		return 1
	case huma.TypeBoolean:
		return false
	}
	return 21.5 // any JSON
}

// An object is a JSON object whose members have an order.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, _ := json.Marshal(m.name) // text always encodes
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// fieldNames returns the names of the properties of s, in the order in which t, the type that s was made of, declares them.
func fieldNames(t reflect.Type, s *huma.Schema) []string {
	var names []string
	if t != nil {
		names = slices.DeleteFunc(declared(t), func(name string) bool { return s.Properties[name] == nil })
	}
	var others []string
	for name := range s.Properties {
		if !slices.Contains(names, name) {
			others = append(others, name)
		}
	}
	slices.Sort(others)
	return append(names, others...)
}

// declared returns the names that the fields of t have in JSON, those of embedded ones in their place.
func declared(t reflect.Type) (names []string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			names = append(names, declared(f.Type)...)
		case f.IsExported() && name != "" && name != "-":
			names = append(names, name)
		}
	}
	return names
}
