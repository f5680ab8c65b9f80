package sqlite

import (
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"muster"
)

// before returns the migrations that a database was made with before that number was there.
func before(t *testing.T, number int) fstest.MapFS {
	t.Helper()
	some := fstest.MapFS{}
	entries, err := migrations.ReadDir("migration")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		script, err := migrations.ReadFile("migration/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		if numberOf(e.Name()) < number {
			some["migration/"+e.Name()] = &fstest.MapFile{Data: script}
		}
	}
	return some
}

// older makes a database as it was before that number was there.
func older(t *testing.T, path string, number int) *writer {
	t.Helper()
	if err := createMissing(path); err != nil {
		t.Fatal(err)
	}
	w, err := openWriter(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := all(w.conn, (*row).text, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'migration'`)
	if err != nil {
		t.Fatal(err)
	}
	script := []string{"PRAGMA foreign_keys = OFF", "DELETE FROM migration"}
	for _, name := range tables {
		script = append(script, "DROP TABLE "+name)
	}
	if err := w.conn.script(strings.Join(script, ";")); err != nil {
		t.Fatal(err)
	}
	if err := migrate(w.conn, before(t, number), keepNothing); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestTokensOfAnOlderDatabaseStayGood(t *testing.T) {
	path := filepath.Join(t.TempDir(), "registry.db")
	w := older(t, path, 11)
	c := w.conn
	for i, token := range []struct {
		name string
		once bool
	}{{"init", false}, {"init", false}, {"setup", true}, {"setup", false}, {"init", false}} {
		digest := muster.LookupKey{byte(i + 1)}
		_, err := c.exec(`INSERT INTO api_token (digest, name, once, created_at, expires_at) VALUES (?, ?, ?, ?, NULL)`,
			blob(digest[:]), text(token.name), flag(token.once), number(i+1))
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	r := opened(t, path)
	found, err := r.APITokens(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, token := range found {
		names = append(names, token.Name)
		if token.Role != muster.RoleAdmin || token.ID.IsZero() || token.Live(time.Now(), netip.Addr{}) != nil {
			t.Errorf("got %+v", token)
		}
	}
	if want := []string{"init", "init-02000000", "setup", "init-05000000"}; !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
	if once, err := r.APIToken(t.Context(), muster.LookupKey{3}); err != nil || !once.Once {
		t.Errorf("the setup link is %+v, %v", once, err)
	}
}

func TestTheAuditLogIsBounded(t *testing.T) {
	r, _, _, _ := furnished(t)
	ctx := muster.WithActor(t.Context(), muster.Actor{Name: "anna"})
	create := func(name string) {
		t.Helper()
		if err := r.CreateProfile(ctx, muster.Profile{ID: muster.NewID[muster.Profile](), Name: name, CreatedAt: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	create("first")
	create("second")
	err := r.write(t.Context(), func(tx *conn) error {
		_, err := tx.exec(`UPDATE audit SET number = number + ? WHERE name = 'second'`, number(auditKept-3))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	create("third")
	got, err := r.AuditEntries(t.Context(), muster.AuditQuery{Limit: 10})
	if err != nil || len(got) != 3 {
		t.Fatalf("at the bound: %d, %v", len(got), err)
	}
	create("fourth")
	got, err = r.AuditEntries(t.Context(), muster.AuditQuery{Limit: 10})
	if err != nil || len(got) != 3 || got[2].Name != "second" {
		t.Errorf("beyond the bound: %+v, %v", got, err)
	}
}
