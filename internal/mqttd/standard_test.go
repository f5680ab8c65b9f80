package mqttd

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// statements311 and statements5 count the numbered statements of both standards, section by section. Those of MQTT 3.1.1
// include 3.1.2-7 and 3.8.3-4, whose labels are misprinted there. [MQTT 3.1.1 and MQTT 5, Appendix B]
const (
	statements311 = `1.5.3:3 2.2.2:2 2.3.1:7 3.1.0:2 3.1.2:24 3.1.3:11 3.1.4:5 3.2.0:1 3.2.2:6 3.3.1:12 3.3.2:3 3.3.4:1 3.3.5:2
		3.6.1:1 3.8.1:1 3.8.3:4 3.8.4:6 3.9.3:2 3.10.1:1 3.10.3:2 3.10.4:6 3.12.4:1 3.14.1:1 3.14.4:3 4.1.0:2 4.3.1:1 4.3.2:2
		4.3.3:2 4.4.0:1 4.5.0:2 4.6.0:6 4.7.1:3 4.7.2:1 4.7.3:4 4.8.0:2 6.0.0:4 7.0.0:2 7.1.1:1 7.1.2:1`
	statements5 = `1.5.4:3 1.5.5:1 1.5.7:1 2.1.3:1 2.2.1:2-6 2.2.2:1 3.1.0:2 3.1.2:30 3.1.3:12 3.1.4:6 3.2.0:2 3.2.2:22 3.3.1:13
		3.3.2:20 3.3.4:10 3.4.2:3 3.5.2:3 3.6.1:1 3.6.2:3 3.7.2:3 3.8.1:1 3.8.3:5 3.8.4:8 3.9.2:2 3.9.3:2 3.10.1:1 3.10.3:2
		3.10.4:6 3.11.2:2 3.11.3:2 3.12.4:1 3.14.0:1 3.14.1:1 3.14.2:4 3.14.4:3 3.15.1:1 3.15.2:3 4.1.0:2 4.2:1 4.3.1:1
		4.3.2:5 4.3.3:13 4.4.0:2 4.5.0:2 4.6.0:6 4.7.0:1 4.7.1:2 4.7.2:1 4.7.3:4 4.8.2:6 4.9.0:3 4.12.0:7 4.12.1:2 4.13.1:1
		4.13.2:1 6.0.0:4`
)

// numbers are the statements that such a list counts.
func numbers(t *testing.T, list string) (all []string) {
	t.Helper()
	for _, part := range strings.Fields(list) {
		section, span, _ := strings.Cut(part, ":")
		first, last, ranged := strings.Cut(span, "-")
		if !ranged {
			first, last = "1", span
		}
		from, err := strconv.Atoi(first)
		to, err2 := strconv.Atoi(last)
		if err != nil || err2 != nil {
			t.Fatal(part, err, err2)
		}
		for n := from; n <= to; n++ {
			all = append(all, fmt.Sprintf("%s-%d", section, n))
		}
	}
	return all
}

// A suite is the tests of one package, and the texts in its test files: the names of cases are among them.
type suite struct{ tests, texts map[string]bool }

func readSuite(t *testing.T, pkg string) suite {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", pkg, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests of %s: %v", pkg, err)
	}
	s := suite{map[string]bool{}, map[string]bool{}}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				s.tests[n.Name.Name] = true
			case *ast.BasicLit:
				if text, err := strconv.Unquote(n.Value); err == nil {
					s.texts[text] = true
				}
			}
			return true
		})
	}
	return s
}

// suites are those that were asked for.
type suites map[string]suite

// has reports whether there is the test that ref names, and the case in it.
func (all suites) has(t *testing.T, ref string) bool {
	t.Helper()
	found := named.FindStringSubmatch(ref)
	if found == nil {
		return false
	}
	pkg, test, part := found[1], found[2], found[3]
	if _, ok := all[pkg]; !ok {
		all[pkg] = readSuite(t, pkg)
	}
	return all[pkg].tests[test] && (part == "" || all[pkg].texts[part])
}

var (
	statement = regexp.MustCompile(`(?m)^\| ([0-9][0-9.]*-[0-9]+) \| (.+?) \| (.*?) \| (.*?) \|$`)
	reference = regexp.MustCompile("`[^`]+`")
	named     = regexp.MustCompile("^`([a-z]+)\\.(Test[A-Za-z0-9]+)(?:/([^`]+))?`$")
	otherwise = regexp.MustCompile(`^(client|(none|differs): .+)$`)
)

// TestEveryStatementOfTheStandardsIsAccountedFor holds the two tables against the lists of statements, and against the
// tests that they name.
func TestEveryStatementOfTheStandardsIsAccountedFor(t *testing.T) {
	all := suites{}
	for name, list := range map[string]string{"mqtt-3.1.1.md": statements311, "mqtt-5.md": statements5} {
		page, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		var listed []string
		for _, row := range statement.FindAllStringSubmatch(string(page), -1) {
			number, shown, other := row[1], row[3], strings.TrimSpace(row[4])
			listed = append(listed, number)
			if other != "" && !otherwise.MatchString(other) || shown == "" && other == "" {
				t.Errorf("%s: %s says neither what shows it nor why nothing does", name, number)
			}
			refs := reference.FindAllString(shown, -1)
			if strings.Join(refs, ", ") != shown {
				t.Errorf("%s: %s has more than tests in %s", name, number, shown)
			}
			for _, ref := range refs {
				if !all.has(t, ref) {
					t.Errorf("%s: %s: there is no test %s", name, number, ref)
				}
			}
		}
		if want := numbers(t, list); !slices.Equal(listed, want) {
			t.Errorf("%s lists %d statements of %d; the first that is not in its place: %s", name, len(listed), len(want), firstApart(listed, want))
		}
	}
}

// firstApart returns the first of want that is not where it is in got.
func firstApart(got, want []string) string {
	for i, w := range want {
		if i >= len(got) || got[i] != w {
			return w
		}
	}
	return "one too many"
}
