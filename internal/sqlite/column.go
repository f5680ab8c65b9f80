package sqlite

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"time"

	"muster"
)

// What a column is read into. Each knows one form of the schema.
type (
	idColumn[T any]               struct{ to *muster.ID[T] }     // 16 bytes; NULL is the zero ID
	digestColumn                  struct{ to *muster.LookupKey } // 32 bytes
	timeColumn                    struct{ to *time.Time }        // epoch milliseconds; NULL is the zero time
	numberColumn[T ~uint8 | ~int] struct{ to *T }                // an integer
	jsonColumn                    struct{ to any }               // JSON text; an empty object or array leaves the zero value
	valueColumn                   struct{ to *muster.Value }     // muster.Value.Encode
	addrColumn                    struct{ to *netip.Addr }       // text; none is empty
)

func (c idColumn[T]) Scan(v any) error {
	switch b, ok := v.([]byte); {
	case v == nil:
		*c.to = muster.ID[T]{}
		return nil
	case ok && len(b) == len(c.to):
		*c.to = muster.ID[T](b)
		return nil
	}
	return unreadable("id", v)
}

func (c digestColumn) Scan(v any) error {
	b, ok := v.([]byte)
	if !ok || len(b) != len(c.to) {
		return unreadable("digest", v)
	}
	*c.to = muster.LookupKey(b)
	return nil
}

func (c timeColumn) Scan(v any) error {
	switch ms, ok := v.(int64); {
	case v == nil:
		*c.to = time.Time{}
		return nil
	case ok:
		*c.to = time.UnixMilli(ms).UTC()
		return nil
	}
	return unreadable("time", v)
}

func (c numberColumn[T]) Scan(v any) error {
	n, ok := v.(int64)
	if !ok || int64(T(n)) != n {
		return unreadable("number", v)
	}
	*c.to = T(n)
	return nil
}

func (c jsonColumn) Scan(v any) error {
	text, ok := v.(string)
	if !ok {
		return unreadable("JSON", v)
	}
	if text == "{}" || text == "[]" {
		return nil
	}
	return json.Unmarshal([]byte(text), c.to)
}

func (c valueColumn) Scan(v any) error {
	b, ok := v.([]byte)
	if !ok {
		return unreadable("value", v)
	}
	value, rest, ok := muster.DecodeValue(b)
	if !ok || len(rest) > 0 {
		return unreadable("value", v)
	}
	*c.to = value
	return nil
}

func (c addrColumn) Scan(v any) error {
	text, ok := v.(string)
	if !ok {
		return unreadable("address", v)
	}
	return c.to.UnmarshalText([]byte(text))
}

// unreadable names the type of what was found, and not what was found: it may be secret.
func unreadable(what string, v any) error {
	return fmt.Errorf("a column does not hold the %s it should: %T", what, v)
}

// How values are written, where the driver would not do it by itself.

func idOrNull[T any](id muster.ID[T]) any {
	if id.IsZero() {
		return nil
	}
	return id[:]
}

func millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// notNull keeps nil bytes from becoming NULL.
func notNull(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func jsonText[T map[string]string | []netip.Prefix | muster.ProfileSettings](v T) (string, error) {
	text, err := json.Marshal(v)
	if string(text) == "null" {
		return "{}", err
	}
	return string(text), err
}

func addrText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}
