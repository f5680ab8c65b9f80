package node

import (
	"iter"
	"reflect"

	"muster/internal/admin"
)

// Settings are a configuration, and where each part of it comes from.
type Settings struct {
	Config Config
	Source func(key string) string // by the keys of the configuration file; nil: it is not known
}

// A field is one setting within a configuration.
type field struct {
	key     string // as in the configuration file
	value   reflect.Value
	reloads bool // a change of it counts while the node serves
}

// fields are the settings in their order.
func (c *Config) fields() []field { return fieldsOf("", reflect.ValueOf(c).Elem()) }

func fieldsOf(prefix string, v reflect.Value) []field {
	var all []field
	for i := range v.NumField() {
		is := v.Type().Field(i)
		key := prefix + is.Tag.Get("yaml")
		if is.Type.Kind() == reflect.Struct {
			all = append(all, fieldsOf(key+".", v.Field(i))...)
			continue
		}
		all = append(all, field{key, v.Field(i), is.Tag.Get("reload") != ""})
	}
	return all
}

// All returns the settings in their order, by the keys of the configuration file.
func (c *Config) All() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for _, f := range c.fields() {
			if !yield(f.key, f.value.Interface()) {
				return
			}
		}
	}
}

// same reports whether two values mean the same: no list and an empty one do.
func same(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.Slice, reflect.Map:
		if a.Len() == 0 && b.Len() == 0 {
			return true
		}
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}

// source returns where a setting comes from.
func (s *Settings) source(key string) string {
	if s.Source == nil {
		return ""
	}
	return s.Source(key)
}

// shown is a setting that holds.
func (s *Settings) shown(f *field) admin.Setting {
	return admin.Setting{Key: f.key, Value: f.value.Interface(), Source: s.source(f.key), Reloads: f.reloads}
}

// settingsOf shows every setting.
func settingsOf(s *Settings) []admin.Setting {
	var all []admin.Setting
	for _, f := range s.Config.fields() {
		all = append(all, s.shown(&f))
	}
	return all
}
