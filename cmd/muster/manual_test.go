package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/spf13/pflag"

	"muster"
)

var (
	fence  = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$")
	inline = regexp.MustCompile("`(muster [^`]+)`")
)

// shown returns the command lines of this program in a Markdown text: those of its shell blocks and of its code spans.
func shown(text string) [][]string {
	var lines []string
	for _, b := range fence.FindAllStringSubmatch(text, -1) {
		if b[1] == "sh" {
			lines = append(lines, strings.Split(strings.ReplaceAll(b[2], "\\\n", " "), "\n")...)
		}
	}
	for _, s := range inline.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		lines = append(lines, s[1])
	}
	var all [][]string
	for _, l := range lines {
		words := strings.Fields(l)
		if len(words) > 1 && filepath.Base(words[0]) == "muster" {
			all = append(all, words[1:])
		}
	}
	return all
}

// check reports what is wrong with a command line as the manual shows it: an unknown command, or an unknown flag.
func check(t *testing.T, where string, words []string) {
	t.Helper()
	cmd, rest, err := newRoot().Find(words)
	if err != nil {
		t.Errorf("%s: muster %s: %v", where, strings.Join(words, " "), err)
		return
	}
	if cmd.HasSubCommands() && len(rest) > 0 && unicode.IsLower(rune(rest[0][0])) {
		t.Errorf("%s: %q has no command %s", where, cmd.CommandPath(), rest[0])
	}
	for _, word := range rest {
		name, long := strings.CutPrefix(word, "--")
		name, _, _ = strings.Cut(name, "=")
		var flag *pflag.Flag
		switch {
		case long:
			flag = cmd.Flags().Lookup(name)
		case len(word) == 2 && word[0] == '-':
			flag = cmd.Flags().ShorthandLookup(word[1:])
		default:
			continue
		}
		if flag == nil {
			t.Errorf("%s: %q has no flag %s", where, cmd.CommandPath(), word)
		}
	}
}

func TestTheManualShowsOnlyWhatThereIs(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, page := range append(pages, "../../README.md", "../../CHANGELOG.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, words := range shown(string(text)) {
			check(t, page, words)
			count++
		}
	}
	if count < 20 {
		t.Errorf("only %d command lines were found in the manual", count)
	}
}

func TestTheAdviceShowsOnlyWhatThereIs(t *testing.T) {
	for _, reason := range muster.Reasons() {
		for _, words := range shown(reason.Advice()) {
			check(t, string(reason), words)
		}
	}
}
