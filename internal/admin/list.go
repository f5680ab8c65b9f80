package admin

import (
	"io"

	"github.com/danielgtaylor/huma/v2"
)

// A List is some or all of what there is.
type List[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"there is more: ask again with after set to this"`
}

// answer is the output of an operation.
type answer[T any] struct{ Body T }

// listOf shows each of all.
func listOf[T, S any](all []T, show func(T) S) *answer[List[S]] {
	items := make([]S, 0, len(all))
	for _, t := range all {
		items = append(items, show(t))
	}
	return &answer[List[S]]{List[S]{Items: items}}
}

// formats are the library's, but that an answer which can writes itself.
func formats() map[string]huma.Format {
	format := huma.DefaultJSONFormat
	format.Marshal = func(w io.Writer, v any) error {
		if a, ok := v.(interface{ appendJSON([]byte) []byte }); ok {
			_, err := w.Write(a.appendJSON(nil))
			return err
		}
		return huma.DefaultJSONFormat.Marshal(w, v)
	}
	return map[string]huma.Format{"application/json": format, "json": format}
}
