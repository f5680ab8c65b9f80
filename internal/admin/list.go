package admin

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
