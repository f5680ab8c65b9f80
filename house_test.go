package muster_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A floor is where a room stands; what a room may import follows from its floor alone.
type floor string

const (
	words     floor = "words"
	payload   floor = "payload" // the JSON of devices, which the dialects share
	tool      floor = "tools"
	job       floor = "jobs"
	entrance  floor = "dispatch"
	transport floor = "transports"
	humans    floor = "admin"   // the transport whose peers are people
	console   floor = "console" // the pages for people, which only speak the API
	node      floor = "node"
	suite     floor = "storetest"
	blackBox  floor = "conformance" // test files only
	field     floor = "field"       // devices, as they are outside
	command   floor = "commands"
	measure   floor = "bench"
)

// rooms holds every room of the house. A folder with Go files that is missing here stands on no floor.
var rooms = map[string]floor{
	".":                    words,
	"internal/payload":     payload,
	"internal/mqtt":        tool,
	"internal/thingsboard": tool,
	"internal/akenza":      tool,
	"internal/est":         tool,
	"internal/proxy":       tool,
	"internal/sqlite":      tool,
	"internal/pebble":      tool,
	"internal/signer":      tool,
	"internal/identity":    job,
	"internal/provision":   job,
	"internal/telemetry":   job,
	"internal/revocation":  job,
	"internal/session":     job,
	"internal/expiry":      job,
	"internal/campaign":    job,
	"internal/fleet":       job,
	"internal/issuer":      job,
	"internal/bulk":        job,
	"internal/backup":      job,
	"internal/journal":     job,
	"internal/live":        job,
	"internal/people":      job,
	"internal/trace":       job,
	"internal/dispatch":    entrance,
	"internal/mqttd":       transport,
	"internal/httpd":       transport,
	"internal/coapd":       transport,
	"internal/admin":       humans,
	"web":                  console,
	"internal/node":        node,
	"internal/storetest":   suite,
	"internal/freeport":    suite,
	"internal/conformance": blackBox,
	"internal/simulate":    field,
	"cmd/muster":           command,
	"bench":                measure,
}

// walls says which floors a floor may import. No floor may import itself.
var walls = map[floor][]floor{
	words:     {},
	payload:   {words},
	tool:      {words},
	job:       {words},
	entrance:  {words, job},
	transport: {words, entrance},
	humans:    {words, job},
	console:   {},
	node:      {words, payload, tool, job, entrance, transport, humans, console},
	suite:     {words, job},
	blackBox:  {},
	field:     {words},
	command:   {words, node, humans, field},            // the client commands read what admin writes
	measure:   {words, tool, job, entrance, transport}, // fills stores, and serves without sockets
}

// doors are the single imports that a room may make beyond its floor's walls.
var doors = map[string][]string{
	"internal/mqttd":       {"internal/mqtt"},
	"internal/issuer":      {"internal/signer"},
	"cmd/muster":           {"internal/signer"}, // it is the program behind the socket, too
	"internal/simulate":    {"internal/mqtt"},
	"internal/thingsboard": {"internal/payload"},
	"internal/akenza":      {"internal/payload"},
}

// addresses says in which rooms code from outside may live: the longest prefix of its import path counts. What is not
// here may live anywhere.
var addresses = map[string][]string{
	"database/sql":                    {},
	"modernc.org/sqlite":              {},
	"zombiezen.com/go/sqlite":         {"internal/sqlite", "bench"}, // there it is the anchor
	"github.com/cockroachdb/pebble":   {"internal/pebble"},
	"github.com/plgd-dev/go-coap":     {"internal/coapd", "internal/simulate", "bench"},
	"github.com/pion/dtls":            {"internal/coapd"},
	"github.com/coder/websocket":      {"internal/httpd"},
	"net/http":                        {"internal/httpd", "internal/admin", "web", "internal/node", "internal/simulate", "cmd/muster", "bench"},
	"github.com/danielgtaylor/huma":   {"internal/admin"},
	"golang.org/x/crypto/argon2":      {"internal/people", "internal/backup"},
	"golang.org/x/crypto/x509roots":   {"internal/fleet"},
	"golang.org/x/oauth2":             {"internal/admin"},
	"golang.org/x/term":               {"cmd/muster"},
	"github.com/coreos/go-oidc":       {"internal/admin"},
	"github.com/goccy/go-yaml":        {"internal/node", "cmd/muster"},
	"github.com/spf13/cobra":          {"cmd/muster"},
	"github.com/eclipse/paho.golang":  {},
	"github.com/eclipse/paho.mqtt":    {},
	"github.com/google/go-cmp":        {"internal/storetest"},
	"github.com/rogpeppe/go-internal": {},
	"github.com/santhosh-tekuri":      {},
	"go.uber.org/goleak":              {},
	"pgregory.net/rapid":              {"internal/storetest"},
	"testing":                         {"internal/storetest"},
}

const longestFile = 450

// A source is one parsed Go file.
type source struct {
	name  string // slash-separated, from the root of the module
	room  string
	test  bool
	lines int
	tree  *ast.File
}

// house parses every Go file of the module.
func house(t *testing.T) []source {
	t.Helper()
	var all []source
	files := token.NewFileSet()
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		name = filepath.ToSlash(name)
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && (strings.HasPrefix(entry.Name(), ".") || slices.Contains([]string{"testdata", "tools", "bin", "data", "node_modules"}, entry.Name())):
			return fs.SkipDir
		case entry.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		tree, err := parser.ParseFile(files, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		all = append(all, source{
			name:  name,
			room:  path.Dir(name),
			test:  strings.HasSuffix(name, "_test.go"),
			lines: files.File(tree.FileStart).LineCount(),
			tree:  tree,
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestEveryRoomStandsOnAFloor(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range house(t) {
		if _, ok := rooms[s.room]; !ok && !seen[s.room] {
			t.Errorf("%s stands on no floor: give it one in the table", s.room)
		}
		seen[s.room] = true
	}
	for room := range rooms {
		if !seen[room] {
			t.Errorf("%s has a floor and no Go file", room)
		}
	}
}

func TestImportsOnlyRunDown(t *testing.T) {
	for _, s := range house(t) {
		if s.test {
			continue
		}
		if rooms[s.room] == blackBox {
			t.Errorf("%s: the black box has test files only", s.name)
		}
		for _, imported := range imports(t, s) {
			if to, ours := roomOf(imported); ours && !mayImport(s.room, to) {
				t.Errorf("%s: %s (%s) may not import %s (%s)", s.name, s.room, rooms[s.room], to, rooms[to])
			}
		}
	}
}

func TestForeignCodeHasAnAddress(t *testing.T) {
	for _, s := range house(t) {
		if s.test {
			continue
		}
		for _, imported := range imports(t, s) {
			if allowed, listed := addressOf(imported); listed && !slices.Contains(allowed, s.room) {
				t.Errorf("%s: %s lives only in %v", s.name, imported, allowed)
			}
		}
	}
}

func TestTheTablesRefuse(t *testing.T) {
	for _, tc := range []struct{ from, to string }{
		{".", "internal/mqtt"},
		{"internal/sqlite", "internal/pebble"},
		{"internal/sqlite", "internal/fleet"},
		{"internal/fleet", "internal/sqlite"},
		{"internal/fleet", "internal/journal"},
		{"internal/dispatch", "internal/thingsboard"},
		{"internal/httpd", "internal/mqtt"},
		{"internal/httpd", "internal/fleet"},
		{"internal/httpd", "internal/mqttd"},
		{"internal/admin", "internal/dispatch"},
		{"internal/sqlite", "internal/payload"},
		{"internal/storetest", "internal/sqlite"},
		{"internal/node", "internal/elsewhere"},
	} {
		if mayImport(tc.from, tc.to) {
			t.Errorf("%s may import %s", tc.from, tc.to)
		}
	}
	for imported, want := range map[string]bool{"net/http": true, "net/http/pprof": true, "net/httptest": false, "net": false} {
		if _, listed := addressOf(imported); listed != want {
			t.Errorf("%s has an address: %v", imported, listed)
		}
	}
}

func TestEveryRoomHasItsSentence(t *testing.T) {
	comments := map[string][]string{}
	names := map[string]string{}
	for _, s := range house(t) {
		if s.tree.Doc != nil {
			comments[s.room] = append(comments[s.room], s.tree.Doc.Text())
		}
		if name := s.tree.Name.Name; !strings.HasSuffix(name, "_test") {
			names[s.room] = name
		}
	}
	for room := range names {
		if len(comments[room]) != 1 {
			t.Errorf("%s has %d package comments, not one", room, len(comments[room]))
			continue
		}
		sentence, _, _ := strings.Cut(strings.TrimSpace(comments[room][0]), "\n\n")
		if name := names[room]; !strings.HasPrefix(sentence, "Package "+name+" ") && !strings.HasPrefix(sentence, "Command "+path.Base(room)+" ") {
			t.Errorf("%s: the package comment does not begin with its name: %s", room, sentence)
		}
		if strings.Count(sentence+" ", ". ")+strings.Count(sentence, ".\n") != 1 || !strings.HasSuffix(sentence, ".") {
			t.Errorf("%s: the package comment does not begin with one sentence: %s", room, sentence)
		}
	}
}

func TestNoRoomIsForOddsAndEnds(t *testing.T) {
	banned := []string{"util", "utils", "common", "helpers", "helper", "manager", "model", "models", "types", "pkg", "service"}
	for _, s := range house(t) {
		if slices.Contains(banned, s.tree.Name.Name) || slices.Contains(banned, path.Base(s.room)) {
			t.Errorf("%s: a room is named by what it does, not %s", s.name, s.tree.Name.Name)
		}
	}
}

func TestNothingRunsBeforeMain(t *testing.T) {
	for _, s := range house(t) {
		for _, d := range s.tree.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s has an init function", s.name)
			}
		}
	}
}

func TestAFileIsOneThing(t *testing.T) {
	for _, s := range house(t) {
		if !s.test && !ast.IsGenerated(s.tree) && s.lines > longestFile {
			t.Errorf("%s has %d lines: over %d it is two files", s.name, s.lines, longestFile)
		}
	}
}

func imports(t *testing.T, s source) []string {
	t.Helper()
	paths := map[string]bool{}
	for _, i := range s.tree.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		paths[p] = true
	}
	return slices.Sorted(maps.Keys(paths))
}

// roomOf returns the room that an import path of this module leads to.
func roomOf(imported string) (room string, ours bool) {
	if imported == "muster" {
		return ".", true
	}
	return strings.CutPrefix(imported, "muster/")
}

func mayImport(from, to string) bool {
	return slices.Contains(walls[rooms[from]], rooms[to]) || slices.Contains(doors[from], to)
}

// addressOf returns where the code behind an import path may live.
func addressOf(imported string) (allowed []string, listed bool) {
	longest := ""
	for prefix, at := range addresses {
		inside := imported == prefix || strings.HasPrefix(imported, prefix+"/") || strings.HasPrefix(imported, prefix+".")
		if inside && len(prefix) > len(longest) {
			longest, allowed, listed = prefix, at, true
		}
	}
	return allowed, listed
}
