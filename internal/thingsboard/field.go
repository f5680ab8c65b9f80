package thingsboard

import (
	"slices"

	"muster"
	"muster/internal/payload"
)

// readFields reads the named members of an object, which are scalars; null is absent. A member that is no scalar is
// refused with unfit, but only when all of body has proved to be JSON.
func readFields(body []byte, unfit muster.Reason, names ...string) (map[string]string, error) {
	var s payload.Scanner
	if err := s.Start(body, nil); err != nil {
		return nil, err
	}
	if err := s.Object(); err != nil {
		return nil, err
	}
	fields, compound := make(map[string]string), ""
	for first := true; ; first = false {
		name, more, err := s.Member(first)
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
		text, form, err := s.Text()
		if err != nil {
			return nil, err
		}
		if !slices.Contains(names, string(name)) {
			continue
		}
		switch form {
		case payload.Null:
			delete(fields, string(name))
		case payload.Scalar:
			fields[string(name)] = text
		case payload.Compound:
			compound = string(name)
		}
	}
	if err := s.End(); err != nil {
		return nil, err
	}
	if compound != "" {
		return nil, muster.Refuse(unfit, "the field %s is not a single value", compound)
	}
	return fields, nil
}
