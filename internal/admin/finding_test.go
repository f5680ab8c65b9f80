package admin_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"testing"
)

// Who says findings in another language does so by the codes that the document has.
func TestTheDocumentKnowsEveryCodeOfAFinding(t *testing.T) {
	var document struct {
		Components struct {
			Schemas struct {
				Finding struct {
					Properties struct{ Code struct{ Enum []string } }
				}
			}
		}
	}
	if err := json.Unmarshal(theContract().text, &document); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("finding.go")
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, found := range regexp.MustCompile(`FindingCode = "([^"]+)"`).FindAllStringSubmatch(string(text), -1) {
		codes = append(codes, found[1])
	}
	if enum := document.Components.Schemas.Finding.Properties.Code.Enum; len(codes) == 0 || !slices.Equal(enum, codes) {
		t.Errorf("the document has %q, the source %q", enum, codes)
	}
}
