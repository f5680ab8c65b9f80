package sqlite

import (
	"encoding/json"
	"net/netip"
	"time"

	"zombiezen.com/go/sqlite"

	"muster"
)

// A value is what a parameter of a query is set to. The zero value is NULL.
type value struct {
	form   sqlite.ColumnType
	number int64
	text   string
	blob   []byte
}

func (v *value) bind(stmt *sqlite.Stmt, parameter int) {
	switch v.form {
	case sqlite.TypeInteger:
		stmt.BindInt64(parameter, v.number)
	case sqlite.TypeText:
		stmt.BindText(parameter, v.text)
	case sqlite.TypeBlob:
		stmt.BindBytes(parameter, v.blob)
	default:
		stmt.BindNull(parameter)
	}
}

func number[T ~uint8 | ~int | ~int64](n T) value {
	return value{form: sqlite.TypeInteger, number: int64(n)}
}

func flag(b bool) value {
	if b {
		return number(1)
	}
	return number(0)
}

func text[T ~string](s T) value { return value{form: sqlite.TypeText, text: string(s)} }

// blob is never NULL: no bytes are empty bytes.
func blob(b []byte) value { return value{form: sqlite.TypeBlob, blob: b} }

func idOrNull[T any](id muster.ID[T]) value {
	if id.IsZero() {
		return value{}
	}
	return blob(id[:])
}

// millis is NULL for the zero time.
func millis(t time.Time) value {
	if t.IsZero() {
		return value{}
	}
	return number(t.UnixMilli())
}

func addr(a netip.Addr) value {
	if !a.IsValid() {
		return text("")
	}
	return text(a.String())
}

// jsonText is an empty object for nil.
func jsonText[T map[string]string | []netip.Prefix | muster.ProfileSettings | muster.ImportOptions | muster.CampaignSelection](v T) (value, error) {
	b, err := json.Marshal(v)
	if string(b) == "null" {
		return text("{}"), err
	}
	return text(string(b)), err
}
