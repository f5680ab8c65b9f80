package admin

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// A referenceSchema is a kind of JSON object.
type referenceSchema struct {
	Name   string
	Fields []referenceField
}

// A referenceField is a field of an object, or a parameter of a request.
type referenceField struct {
	Name     string
	In       string // of a parameter: path, query or header
	Type     referenceType
	Required bool
	About    string
	Limits   string // what the type does not say
}

// A referenceType is what a value is: Words, and perhaps a schema behind them or the values that it may have.
type referenceType struct {
	Words  string
	Schema string
	Values []string
}

// referenceSchemas returns all kinds of objects that have a name, by it.
func referenceSchemas(schemas huma.Registry) []referenceSchema {
	all := make([]referenceSchema, 0, len(schemas.Map()))
	for name, s := range schemas.Map() {
		if s.Type != huma.TypeObject {
			continue // the codes of reasons, which have a chapter
		}
		all = append(all, referenceSchema{Name: name, Fields: fieldsOf(schemas, name)})
	}
	slices.SortFunc(all, func(a, b referenceSchema) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// fieldsOf returns the fields of the schema of that name, as they were declared; none where there is no such schema.
func fieldsOf(schemas huma.Registry, name string) (fields []referenceField) {
	s := schemas.Map()[name]
	if s == nil {
		return nil
	}
	for _, field := range fieldNames(schemas.TypeFromRef("#/components/schemas/"+name), s) {
		fields = append(fields, referenceFieldOf(field, s.Properties[field], slices.Contains(s.Required, field)))
	}
	return fields
}

func referenceFieldOf(name string, s *huma.Schema, required bool) referenceField {
	return referenceField{Name: name, Type: referenceTypeOf(s), Required: required, About: s.Description, Limits: limitsOf(s)}
}

// referenceTypeOf puts into words what a value is.
func referenceTypeOf(s *huma.Schema) referenceType {
	switch {
	case s == nil:
		return referenceType{Words: "any JSON"}
	case s.Ref != "":
		return referenceType{Schema: s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]}
	case len(s.Enum) > 0:
		return referenceType{Words: "one of", Values: texts(s.Enum)}
	}
	switch s.Type {
	case huma.TypeArray:
		of := referenceTypeOf(s.Items)
		of.Words = strings.TrimSpace("list of " + of.Words)
		return of
	case huma.TypeObject:
		if of, ok := s.AdditionalProperties.(*huma.Schema); ok {
			shown := referenceTypeOf(of)
			shown.Words = strings.TrimSpace("object of " + shown.Words)
			return shown
		}
		return referenceType{Words: "object"}
	case huma.TypeString:
		words := map[string]string{"date-time": "time, RFC 3339", "binary": "bytes"}[s.Format]
		return referenceType{Words: words + map[bool]string{true: "text"}[words == ""]}
	case "":
		return referenceType{Words: "any JSON"}
	}
	return referenceType{Words: s.Type}
}

func texts(values []any) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = fmt.Sprint(v)
	}
	return all
}

// limitsOf puts into words what values may be at most, and what is meant where there is none.
func limitsOf(s *huma.Schema) string {
	var all []string
	say := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	if s.MinLength != nil && *s.MinLength > 0 {
		say("at least %d long", *s.MinLength)
	}
	if s.MaxLength != nil {
		say("at most %d long", *s.MaxLength)
	}
	if s.Minimum != nil {
		say("at least %.0f", *s.Minimum)
	}
	if s.Maximum != nil {
		say("at most %.0f", *s.Maximum)
	}
	if s.MaxItems != nil {
		say("at most %d of them", *s.MaxItems)
	}
	if s.Default != nil {
		text, _ := json.Marshal(s.Default) // it is part of the document
		say("default %s", strings.Trim(string(text), `"`))
	}
	return strings.Join(all, ", ")
}
