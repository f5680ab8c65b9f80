package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"muster"
)

func importSentences() []sentence {
	return []sentence{
		{"an import comes back as it was filed, the newest first", importComesBack},
		{"an import that nobody filed is not found", func(t *testing.T, r *registry) {
			_, err := r.Import(t.Context(), muster.NewID[muster.Import]())
			r.missing(err)
			_, err = r.UpdateImport(t.Context(), muster.NewID[muster.Import](), func(*muster.Import) error { return nil })
			r.missing(err)
		}},
		{"ended imports beyond the newest hundred are forgotten, and no others", importsForgotten},
		{"rows are filed with what belongs to them", rowsFiled},
		{"a refused row undoes itself alone", rowRefused},
		{"of rows that want the same the first has it", rowsContend},
		{"a device that is there becomes what the merge says", rowMerged},
		{"a row gives a device no more credentials than it may have", rowTooMany},
		{"a dry run counts and files nothing", rowsTried},
		{"rows that were counted are not counted again", rowsAgain},
		{"rows of an import that is not running are refused", rowsStopped},
		{"an import that has ended is forgotten on request", importDeleted},
		{"failed rows come page by page, and go with their import", failedRows},
		{"who waits to write does not wait for many batches", rowsGiveWay},
		{"devices come with all that belongs to them, page by page", recordsByPage},
		{"that secrets were shown is in the audit log", secretsShown},
	}
}

// running files an import that runs.
func (r *registry) running() muster.Import {
	r.t.Helper()
	i := muster.Import{ID: muster.NewID[muster.Import](), State: muster.ImportRunning, CreatedAt: birth}
	r.must(r.CreateImport(r.t.Context(), i))
	return i
}

// batch returns rows that become devices of these names, each with a token of its name. A device that is there stays, and a
// refusal is kept with its reason.
func (r *registry) batch(first int, names ...string) muster.ImportBatch {
	b := muster.ImportBatch{First: first, Last: first + len(names) - 1, Read: int64(100 * (first + len(names) - 1))}
	for _, name := range names {
		d := r.newDevice(name)
		b.Rows = append(b.Rows, muster.DeviceRecord{
			Device: d, Credentials: []muster.Credential{newCredential(d.ID, "token of "+name)}, Attributes: []muster.Attribute{provisioned(birth)},
		})
	}
	b.Merge = func(int, muster.DeviceRecord) (*muster.DeviceChange, error) { return nil, nil } //nolint:nilnil // nothing changes
	b.Refused = func(i int, c *muster.Credential, err error) muster.FailedRow {
		f := muster.FailedRow{Number: first + i, Reason: muster.ReasonOf(err), Record: muster.Sealed("row")}
		if c != nil {
			f.Column = c.Kind.String()
		}
		return f
	}
	return b
}

// file files batches of an import together.
func (r *registry) file(id muster.ImportID, batches ...muster.ImportBatch) ([][]muster.FiledRow, muster.ImportProgress) {
	r.t.Helper()
	filed, p, err := r.FileRows(r.t.Context(), id, batches)
	r.must(err)
	r.same(len(filed), len(batches))
	return filed, p
}

func importComesBack(t *testing.T, r *registry) {
	i := muster.Import{
		ID: muster.NewID[muster.Import](), State: muster.ImportWaiting, File: "fleet.csv", Size: 1234, By: "anna", CreatedAt: birth,
		Options: muster.ImportOptions{
			Format: "csv", Delimiter: ";", Headless: true, Columns: map[string]string{"1": "name"}, Profile: "p", DryRun: true, Fields: []string{"name"},
		},
	}
	r.must(r.CreateImport(t.Context(), i))
	second := r.running()
	r.reopen()
	got, err := r.Imports(t.Context())
	r.must(err)
	r.same(got, []muster.Import{second, i})

	i.State, i.StartedAt, i.FinishedAt = muster.ImportFailed, after(1), after(2)
	i.Reason, i.Detail = muster.ReasonImportFailures, "too many"
	i.Progress = muster.ImportProgress{Rows: 10, Created: 1, Updated: 2, Unchanged: 3, Failed: 4, Settled: 9, Read: 99}
	_, err = r.UpdateImport(t.Context(), i.ID, func(to *muster.Import) error {
		*to = i
		to.File, to.Size = "other", 1 // stay
		return nil
	})
	r.must(err)
	one, err := r.Import(t.Context(), i.ID)
	r.must(err)
	r.same(one, i)
	no := errors.New("no")
	if _, err = r.UpdateImport(t.Context(), i.ID, func(*muster.Import) error { return no }); !errors.Is(err, no) {
		t.Errorf("got %v", err)
	}
}

func importsForgotten(t *testing.T, r *registry) {
	oldest := r.running()
	for range 102 {
		r.must(r.CreateImport(t.Context(), muster.Import{ID: muster.NewID[muster.Import](), State: muster.ImportDone, CreatedAt: birth}))
	}
	all, err := r.Imports(t.Context())
	r.must(err)
	r.same(len(all), 101)
	r.same(all[100].ID, oldest.ID)
}

func rowsFiled(t *testing.T, r *registry) {
	i := r.running()
	b := r.batch(1, "c", "a", "b")
	b.Rows[1].Credentials = append(b.Rows[1].Credentials, newCredential(b.Rows[1].Device.ID, "another"))
	b.Rows[2].Device.Tags = map[string]string{"site": "Bern"}
	filed, p := r.file(i.ID, b)
	r.same(p, muster.ImportProgress{Rows: 3, Created: 3, Read: 300})
	for n, row := range b.Rows {
		r.same(filed[0][n], muster.FiledRow{Device: row.Device.ID, Outcome: muster.RowCreated})
		d, err := r.Device(t.Context(), row.Device.Name)
		r.must(err)
		r.same(d, row.Device)
		credentials, err := r.Credentials(t.Context(), d.ID)
		r.must(err)
		r.same(credentials, row.Credentials)
		attributes, err := r.Attributes(t.Context(), d.ID)
		r.must(err)
		r.same(attributes, row.Attributes)
	}
	r.reopen()
	kept, err := r.Import(t.Context(), i.ID)
	r.must(err)
	r.same(kept.Progress, p)
}

func rowRefused(t *testing.T, r *registry) {
	_, taken := r.list("holder")
	i := r.running()
	b := r.batch(1, "a", "b", "c")
	b.Rows[1].Credentials = append(b.Rows[1].Credentials, taken)
	b.Rows[1].Credentials[1].ID = muster.NewID[muster.Credential]()
	b.Rows[2].Device.Profile = muster.NewID[muster.Profile]()
	b.Failed = []muster.FailedRow{{Number: 4, Reason: muster.ReasonImportRowInvalid, Column: "label", Message: "no", Record: muster.Sealed("x")}}
	b.Last = 4
	filed, p := r.file(i.ID, b)
	r.same(filed[0], []muster.FiledRow{{Device: b.Rows[0].Device.ID, Outcome: muster.RowCreated}, {}, {}})
	r.same(p, muster.ImportProgress{Rows: 4, Created: 1, Failed: 3, Read: 300})
	for _, name := range []string{"b", "c"} {
		_, err := r.Device(t.Context(), name)
		r.missing(err)
	}
	if _, err := r.Holder(t.Context(), digest("token of b")); !errors.Is(err, muster.NotFound) {
		t.Errorf("the other credential of a refused row is filed: %v", err)
	}
	failed, err := r.FailedRows(t.Context(), i.ID, 0, 10)
	r.must(err)
	r.same(failed, []muster.FailedRow{
		{Number: 2, Reason: muster.ReasonCredentialInUse, Column: taken.Kind.String(), Record: muster.Sealed("row")},
		{Number: 3, Reason: muster.ReasonNotFound, Record: muster.Sealed("row")},
		b.Failed[0],
	})
}

func rowsContend(t *testing.T, r *registry) {
	i := r.running()
	b := r.batch(1, "z", "y", "z", "x")
	b.Rows[1].Credentials[0].Lookup = b.Rows[0].Credentials[0].Lookup
	b.Rows[2].Credentials[0].Lookup = digest("of its own")
	met := 0
	b.Merge = func(n int, held muster.DeviceRecord) (*muster.DeviceChange, error) {
		r.same(n, 2)
		r.same(held.Device, b.Rows[0].Device)
		met++
		return nil, nil //nolint:nilnil // nothing changes
	}
	filed, p := r.file(i.ID, b)
	r.same(met, 1)
	r.same(p, muster.ImportProgress{Rows: 4, Created: 2, Unchanged: 1, Failed: 1, Read: 400})
	r.same(filed[0][2], muster.FiledRow{Device: b.Rows[0].Device.ID, Outcome: muster.RowUnchanged})
	h, err := r.Holder(t.Context(), b.Rows[0].Credentials[0].Lookup)
	r.must(err)
	r.same(h.Device.Name, "z")
}

func rowMerged(t *testing.T, r *registry) {
	d, held := r.list("pump")
	other := newProfile("other")
	r.must(r.CreateProfile(t.Context(), other))
	i := r.running()
	b := r.batch(1, "pump", "fan")
	added := newCredential(d.ID, "added")
	attribute := muster.Attribute{Scope: muster.SharedScope, Key: "n", Value: muster.LongValue(1), UpdatedAt: after(1)}
	b.Merge = func(_ int, got muster.DeviceRecord) (*muster.DeviceChange, error) {
		r.same(got, muster.DeviceRecord{Device: d, Credentials: []muster.Credential{held}})
		d.Profile, d.Label, d.State = other.ID, "new", muster.DeviceSuspended
		held.State, held.Value, held.ExpiresAt = muster.CredentialRevoked, muster.Sealed("again"), after(9)
		return &muster.DeviceChange{
			Device: d, Set: []muster.Credential{held}, Add: []muster.Credential{added}, Attributes: []muster.Attribute{attribute},
			Ends: muster.ReasonDeviceSuspended,
		}, nil
	}
	filed, p := r.file(i.ID, b)
	r.same(filed[0][0], muster.FiledRow{Device: d.ID, Outcome: muster.RowUpdated, Ends: muster.ReasonDeviceSuspended})
	r.same(p, muster.ImportProgress{Rows: 2, Created: 1, Updated: 1, Read: 200})
	got, err := r.Device(t.Context(), "pump")
	r.must(err)
	r.same(got, d)
	credentials, err := r.Credentials(t.Context(), d.ID)
	r.must(err)
	r.same(credentials, []muster.Credential{held, added})
	attributes, err := r.Attributes(t.Context(), d.ID)
	r.must(err)
	r.same(attributes, []muster.Attribute{attribute})

	// A merge that refuses, and one that cannot be: both change nothing.
	b = r.batch(3, "pump", "fan")
	b.Merge = func(n int, got muster.DeviceRecord) (*muster.DeviceChange, error) {
		if n == 0 {
			return nil, muster.Refuse(muster.ReasonDeviceProvisioned, "")
		}
		got.Device.Label = "changed"
		return &muster.DeviceChange{Device: got.Device, Add: []muster.Credential{newCredential(got.Device.ID, "added")}}, nil
	}
	_, p = r.file(i.ID, b)
	r.same(p, muster.ImportProgress{Rows: 4, Created: 1, Updated: 1, Failed: 2, Settled: 2, Read: 400})
	fan, err := r.Device(t.Context(), "fan")
	r.must(err)
	r.same(fan.Label, "")
}

func rowTooMany(t *testing.T, r *registry) {
	_, held := r.list("pump")
	b := r.batch(1, "pump")
	b.Merge = func(_ int, got muster.DeviceRecord) (*muster.DeviceChange, error) {
		change := muster.DeviceChange{Device: got.Device}
		for n := range muster.MaxCredentials {
			change.Add = append(change.Add, newCredential(got.Device.ID, fmt.Sprint("added ", n)))
		}
		return &change, nil
	}
	_, p := r.file(r.running().ID, b)
	r.same(p, muster.ImportProgress{Rows: 1, Failed: 1, Read: 100})
	credentials, err := r.Credentials(t.Context(), held.Device)
	r.must(err)
	r.same(credentials, []muster.Credential{held})
}

func rowsTried(t *testing.T, r *registry) {
	r.list("old")
	i := r.running()
	b := r.batch(1, "a", "old", "b")
	b.DryRun = true
	b.Rows[2].Credentials[0].Lookup = b.Rows[0].Credentials[0].Lookup
	_, p := r.file(i.ID, b)
	r.same(p, muster.ImportProgress{Rows: 3, Created: 1, Unchanged: 1, Failed: 1, Read: 300})
	_, err := r.Device(t.Context(), "a")
	r.missing(err)
	failed, err := r.FailedRows(t.Context(), i.ID, 0, 10)
	r.must(err)
	r.same(len(failed), 1)
}

func rowsAgain(t *testing.T, r *registry) {
	i := r.running()
	_, p := r.file(i.ID, r.batch(1, "a", "b"), r.batch(3, "c"))
	r.same(p, muster.ImportProgress{Rows: 3, Created: 3, Read: 300})
	again := r.batch(1, "a", "b", "c")
	filed, p := r.file(i.ID, again)
	r.same(filed[0][0].Outcome, muster.RowUnchanged)
	r.same(p, muster.ImportProgress{Rows: 3, Created: 3, Read: 300})
	_, p = r.file(i.ID, r.batch(4, "d"))
	r.same(p, muster.ImportProgress{Rows: 4, Created: 4, Settled: 3, Read: 400})
}

func rowsStopped(t *testing.T, r *registry) {
	i := r.running()
	_, err := r.UpdateImport(t.Context(), i.ID, func(i *muster.Import) error {
		i.State = muster.ImportCancelled
		return nil
	})
	r.must(err)
	_, _, err = r.FileRows(t.Context(), i.ID, []muster.ImportBatch{r.batch(1, "a")})
	r.refused(err, muster.ReasonImportStopped)
	_, err = r.Device(t.Context(), "a")
	r.missing(err)
	_, _, err = r.FileRows(t.Context(), muster.NewID[muster.Import](), []muster.ImportBatch{r.batch(1, "a")})
	r.missing(err)
}

func failedRows(t *testing.T, r *registry) {
	i := r.running()
	b := muster.ImportBatch{First: 1, Last: 5}
	for n := range 5 {
		b.Failed = append(b.Failed, muster.FailedRow{Number: 10 * (n + 1), Reason: muster.ReasonImportRowInvalid, Record: muster.Sealed("x")})
	}
	r.file(i.ID, b)
	page, err := r.FailedRows(t.Context(), i.ID, 20, 2)
	r.must(err)
	r.same(page, b.Failed[2:4])
	_, err = r.UpdateImport(t.Context(), i.ID, func(i *muster.Import) error {
		i.Progress = muster.ImportProgress{}
		return nil
	})
	r.must(err)
	page, err = r.FailedRows(t.Context(), i.ID, 0, 10)
	r.must(err)
	r.same(len(page), 0)
}

func rowsGiveWay(t *testing.T, r *registry) {
	i := r.running()
	inside, seen := make(chan struct{}), make(chan struct{})
	first := r.batch(1, "a", "a")
	first.Merge = func(int, muster.DeviceRecord) (*muster.DeviceChange, error) {
		close(inside)
		<-seen
		return nil, nil //nolint:nilnil // nothing changes
	}
	first.Rows[1].Credentials = nil
	var all sync.WaitGroup
	ctx := context.WithoutCancel(t.Context())
	all.Go(func() {
		<-inside
		all.Go(func() { r.must(r.Admit(ctx, r.admission("device"))) })
		time.Sleep(50 * time.Millisecond) // until it waits
		close(seen)
	})
	filed, p, err := r.FileRows(t.Context(), i.ID, []muster.ImportBatch{first, r.batch(3, "b")})
	r.must(err)
	all.Wait()
	r.same(fmt.Sprint(len(filed), p.Rows), "1 2")
}

func recordsByPage(t *testing.T, r *registry) {
	i := r.running()
	b := r.batch(1, "c", "a", "b")
	b.Rows[1].Credentials = append(b.Rows[1].Credentials, newCredential(b.Rows[1].Device.ID, "another"))
	b.Rows[0].Credentials, b.Rows[0].Attributes = nil, nil
	r.file(i.ID, b)
	page, err := r.DeviceRecords(t.Context(), "", 2)
	r.must(err)
	r.same(page, []muster.DeviceRecord{b.Rows[1], b.Rows[2]})
	page, err = r.DeviceRecords(t.Context(), "b", 2)
	r.must(err)
	r.same(page, []muster.DeviceRecord{b.Rows[0]})
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err = r.DeviceRecords(ended, "", 2); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	page, err = r.DeviceRecords(t.Context(), "c", 2)
	r.must(err)
	r.same(len(page), 0)
}

func secretsShown(t *testing.T, r *registry) {
	r.must(r.SecretsShown(muster.WithActor(t.Context(), muster.Actor{Name: "anna", Role: muster.RoleAdmin})))
	entries, err := r.AuditEntries(t.Context(), muster.AuditQuery{Limit: 10})
	r.must(err)
	r.same(len(entries), 1)
	r.same(entries[0].Actor+" "+entries[0].Action, "anna export")
}

func importDeleted(t *testing.T, r *registry) {
	i := r.running()
	r.refused(r.DeleteImport(t.Context(), i.ID), muster.ReasonImportStopped)
	b := r.batch(1, "a")
	b.Last = 2
	b.Failed = []muster.FailedRow{{Number: 2, Reason: muster.ReasonImportRowInvalid, Message: "no", Record: muster.Sealed("x")}}
	r.file(i.ID, b)
	_, err := r.UpdateImport(t.Context(), i.ID, func(i *muster.Import) error {
		i.State = muster.ImportCancelled
		return nil
	})
	r.must(err)
	r.must(r.DeleteImport(t.Context(), i.ID))
	_, err = r.Import(t.Context(), i.ID)
	r.missing(err)
	left, err := r.FailedRows(t.Context(), i.ID, 0, 9)
	r.must(err)
	r.same(len(left), 0)
	r.missing(r.DeleteImport(t.Context(), i.ID))
}
