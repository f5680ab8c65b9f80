package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// A figure is what one side showed, round by round.
type figure struct {
	rounds []float64
	note   string
}

func (f *figure) add(v float64) { f.rounds = append(f.rounds, v) }

// median returns the middle round, of an even number the mean of the two in the middle.
func (f *figure) median() float64 {
	if len(f.rounds) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(f.rounds))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// A rule says how a floor is meant.
type rule uint8

const (
	noFloor      rule = iota
	ratioAtLeast      // the ratio to the anchor
	ratioAtMost
	atLeast // Muster's own figure
	atMost
)

// A result is a figure of Muster's beside its anchor's.
type result struct {
	name, unit     string
	muster, anchor figure
	floor          float64
	rule           rule
	instead        *result // whose floor may be met in place of this one; nil: none
}

func pairOf(name, unit string, floor float64, r rule) result {
	return result{name: name, unit: unit, floor: floor, rule: r}
}

func (r *result) ratio() float64 { return r.muster.median() / r.anchor.median() }

// met reports whether the floor is met; a result without one always meets it.
func (r *result) met() bool {
	met := true
	switch r.rule {
	case ratioAtLeast:
		met = r.ratio() >= r.floor
	case ratioAtMost:
		met = r.ratio() <= r.floor
	case atLeast:
		met = r.muster.median() >= r.floor
	case atMost:
		met = r.muster.median() <= r.floor
	}
	return met || r.instead != nil && r.instead.met()
}

func (r *result) promise() string {
	verdict := "MISSED"
	if r.met() {
		verdict = "met"
	}
	if r.instead != nil {
		verdict += " by this or " + r.instead.name
	}
	switch r.rule {
	case ratioAtLeast:
		return fmt.Sprintf("ratio ≥ %g: %s", r.floor, verdict)
	case ratioAtMost:
		return fmt.Sprintf("ratio ≤ %g: %s", r.floor, verdict)
	case atLeast:
		return strings.TrimSpace(fmt.Sprintf("≥ %g %s", r.floor, r.unit)) + ": " + verdict
	case atMost:
		return strings.TrimSpace(fmt.Sprintf("≤ %g %s", r.floor, r.unit)) + ": " + verdict
	}
	return ""
}

// show writes a figure with its unit and what it is a figure of.
func (r *result) show(f *figure) string {
	text := number(f.median())
	for _, more := range []string{r.unit, f.note} {
		if more != "" {
			text += " " + more
		}
	}
	return text
}

// number writes two digits behind the point of small figures and groups the thousands of large ones.
func number(v float64) string {
	if v < 100 {
		return fmt.Sprintf("%.2f", v)
	}
	digits := fmt.Sprintf("%.0f", v)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// table lays the results out in Markdown, readable as it stands.
func table(results []result) string {
	rows := [][]string{{"figure", "Muster", "anchor", "ratio", "floor"}, {"---", "---", "---", "---", "---"}}
	for _, r := range results {
		rows = append(rows, []string{r.name, r.show(&r.muster), r.show(&r.anchor), fmt.Sprintf("%.2f", r.ratio()), r.promise()})
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			fill := " "
			if cell == "---" {
				fill = "-"
			}
			b.WriteString("| " + cell + strings.Repeat(fill, widths[i]-len([]rune(cell))) + " ")
		}
		b.WriteString("|\n")
	}
	return b.String()
}

// floors returns an error that names every floor that was missed.
func floors(results []result) error {
	var errs []error
	for _, r := range results {
		if !r.met() {
			errs = append(errs, fmt.Errorf("%s: %s", r.name, r.promise()))
		}
	}
	return errors.Join(errs...)
}

// appendRecord keeps the table with the day, the commit and the machine that it is from.
func appendRecord(file string, results []result) error {
	commit, err := exec.Command("git", "describe", "--always", "--dirty").Output()
	if err != nil {
		return fmt.Errorf("git describe: %w", err)
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "\n## %s, commit %s\n\n%s, %d cores, %s\n\n%s", time.Now().UTC().Format(time.DateOnly),
		bytes.TrimSpace(commit), processor(), runtime.NumCPU(), runtime.Version(), table(results))
	return errors.Join(err, f.Close())
}

// processor names the CPU.
func processor() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}
