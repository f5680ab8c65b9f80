package muster_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"muster"
)

// manual returns the text of every page, by its path.
func manual(t *testing.T) map[string]string {
	t.Helper()
	pages := map[string]string{}
	read := func(name string) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		pages[name] = string(text)
	}
	read("README.md")
	err := filepath.WalkDir("docs", func(name string, _ fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(name) == ".md" {
			read(name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

func TestEveryReasonHasItsSection(t *testing.T) {
	page := manual(t)[filepath.Join("docs", "reasons.md")]
	var written []muster.Reason
	for _, section := range strings.Split(page, "\n### ")[1:] {
		title, text, _ := strings.Cut(section, "\n")
		code := muster.Reason(strings.Trim(title, "`"))
		written = append(written, code)
		if strings.Count(text, "**Do:**") != 1 {
			t.Errorf("the section of %s does not say what to do", code)
		}
		if public := code.Public(); public != code && !strings.Contains(text, "The device hears `"+string(public)+"`.") {
			t.Errorf("the section of %s does not say that the device hears %s", code, public)
		}
	}
	for _, code := range muster.Reasons() {
		if !slices.Contains(written, code) {
			t.Errorf("%s has no section", code)
		}
		if code.Title() == "" || code.Advice() == "" {
			t.Errorf("%s has no title or no advice", code)
		}
	}
	for i, code := range written {
		if !slices.Contains(muster.Reasons(), code) {
			t.Errorf("%s has a section and is no reason", code)
		}
		if slices.Contains(written[:i], code) {
			t.Errorf("%s has two sections", code)
		}
	}
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	dropped = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchors returns what the headings of a page are linked by.
func anchors(text string) []string {
	var all []string
	for _, h := range heading.FindAllStringSubmatch(text, -1) {
		all = append(all, strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-"))
	}
	return all
}

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	pages := manual(t)
	for name, text := range pages {
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			target, anchor, _ := strings.Cut(found[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			page := name
			if target != "" {
				page = filepath.Join(filepath.Dir(name), target)
			}
			if _, err := os.Stat(page); err != nil {
				t.Errorf("%s: %s leads nowhere", name, found[1])
			} else if anchor != "" && !slices.Contains(anchors(pages[page]), anchor) {
				t.Errorf("%s: %s has no heading %s", name, page, anchor)
			}
		}
	}
}
