package admin_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// What is filed in the audit log is written where it is done: the document has to have its words.
func TestTheDocumentKnowsEveryActOfTheAuditLog(t *testing.T) {
	var document struct {
		Components struct {
			Schemas struct {
				AuditEntry struct {
					Properties map[string]struct{ Enum []string }
				}
			}
		}
	}
	if err := json.Unmarshal(theContract().text, &document); err != nil {
		t.Fatal(err)
	}
	known := document.Components.Schemas.AuditEntry.Properties
	said := map[string][]string{}
	for _, way := range []struct{ files, pattern string }{
		{"../sqlite/*.go", `act\{(?:"(?<action>[^"]+)"|action), "(?<noun>[^"]+)"`},
		{"../sqlite/*.go", `(?:auditedCredential\(ctx, tx, |action :?= )"(?<action>[^"]+)"`},
		{"../issuer/*.go", `\.note\(ctx, "(?<action>[^"]+)"`},
	} {
		pattern := regexp.MustCompile(way.pattern)
		files, err := filepath.Glob(way.files)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range pattern.FindAllStringSubmatch(string(text), -1) {
				for i, field := range pattern.SubexpNames() {
					if field != "" && found[i] != "" {
						said[field] = append(said[field], found[i])
					}
				}
			}
		}
	}
	for _, field := range []string{"action", "noun"} {
		words := slices.Compact(slices.Sorted(slices.Values(said[field])))
		if enum := slices.Sorted(slices.Values(known[field].Enum)); !slices.Equal(words, enum) {
			t.Errorf("%s: the log has %q, the document %q", field, words, enum)
		}
	}
}
