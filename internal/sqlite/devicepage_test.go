package sqlite

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"muster"
)

func TestEveryPageOfDevicesFollowsAnIndex(t *testing.T) {
	r, p, k, _ := furnished(t)
	states := []*muster.DeviceState{nil, new(muster.DeviceState), new(muster.DeviceState)}
	*states[1] = muster.DeviceActive
	for _, sort := range []muster.DeviceSort{muster.ByName, muster.ByCreation, muster.ByProvisioning} {
		for bits := range 1 << 6 {
			has := func(bit int) bool { return bits>>bit&1 == 1 }
			for _, state := range states {
				q := muster.DeviceQuery{Sort: sort, State: state, Limit: 1, Descending: has(0), Tag: "site", Kind: new(muster.CredentialKind)}
				if has(1) {
					q.After = &muster.DeviceMark{Name: "a"}
				}
				if has(2) {
					q.Profile = p.ID
				}
				if has(3) {
					q.Key = k.ID
				}
				if has(4) {
					q.Prefix = "a"
				}
				if has(5) {
					q.Search, q.Label = "a", "b"
				}
				if _, err := r.Devices(t.Context(), q); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	c := r.readers.pop()
	defer func() { r.readers.idle = append(r.readers.idle, c) }()
	queries := slices.Collect(maps.Keys(c.prepared))
	for _, query := range queries {
		for _, step := range planOf(t, c, query) {
			whole := strings.HasPrefix(step, "SCAN") && !strings.Contains(step, "SCAN t VIRTUAL") &&
				step != "SCAN d" && !strings.HasPrefix(step, "SCAN d USING INDEX") // in its order, and no further than need be
			if whole || strings.Contains(step, "TEMP B-TREE") {
				t.Errorf("%s\n%s", step, query)
			}
		}
	}
	if len(queries) > 64 {
		t.Errorf("%d queries are kept", len(queries))
	}
}

func TestAPageLooksAtABoundedNumberOfDevices(t *testing.T) {
	r, _, k, _ := furnished(t)
	for i := range 10 {
		a := admission(k, fmt.Sprintf("d%d", i))
		if err := r.Admit(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	c, err := r.readers.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.readers.giveBack(c)
	q := muster.DeviceQuery{Search: "9", Limit: 5, Count: true}
	var found []string
	for pages := 1; ; pages++ {
		page, err := devicePage(c, &q, 4)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range page.Devices {
			found = append(found, d.Name)
		}
		if page.Next == nil {
			if pages != 3 || !slices.Equal(found, []string{"d9"}) || page.Least {
				t.Errorf("%d pages found %q, %+v", pages, found, page)
			}
			return
		}
		if !page.Least {
			t.Error("what was counted passes for all there are")
		}
		q.After = page.Next
	}
}

func TestWhatAKeyLetInIsFoundInTheOrderOfAnIndex(t *testing.T) {
	r, _, k, _ := furnished(t)
	q := muster.LetInQuery{Key: k.ID, After: &muster.DeviceMark{}, Left: muster.SweepSuspend, Limit: 1}
	if _, err := r.LetIn(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	c := r.readers.pop()
	defer func() { r.readers.idle = append(r.readers.idle, c) }()
	queries := slices.DeleteFunc(slices.Collect(maps.Keys(c.prepared)), func(q string) bool { return !strings.Contains(q, "provisioned_with = ?1") })
	if len(queries) != 1 {
		t.Fatalf("%q", queries)
	}
	if steps := planOf(t, c, queries[0]); len(steps) != 1 || !strings.HasPrefix(steps[0], "SEARCH d USING INDEX device_by_key (provisioned_with=? AND (provisioned_at,id)>") {
		t.Errorf("%q", steps)
	}
}
