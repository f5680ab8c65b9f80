package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"muster/internal/admin"
)

// A progress tells on a terminal how far an import is, and elsewhere now and then in a line. The zero value says nothing.
type progress struct {
	out      io.Writer // nil: nobody is told
	terminal bool
	told     time.Time // when something was said last
	open     bool      // the line on the terminal is not ended
	rows     int       // what the last line said
}

const (
	barWidth   = 30
	barEvery   = 100 * time.Millisecond
	linesEvery = 5 * time.Second
)

func newProgress(out io.Writer, wanted bool) *progress {
	if !wanted {
		return &progress{}
	}
	f, ok := out.(*os.File)
	return &progress{out: out, terminal: ok && term.IsTerminal(int(f.Fd())), told: time.Now()}
}

// due reports whether it is time to say something again.
func (p *progress) due() bool {
	every := linesEvery
	if p.terminal {
		every = barEvery
	}
	if p.out == nil || time.Since(p.told) < every {
		return false
	}
	p.told = time.Now()
	return true
}

// show tells how far the import is.
func (p *progress) show(i admin.Import) {
	if !p.due() || i.Rows == p.rows && !p.terminal {
		return
	}
	p.rows = i.Rows
	what := fmt.Sprintf("%d rows", i.Rows)
	if i.Failed > 0 {
		what += fmt.Sprintf(", %d failed", i.Failed)
	}
	p.say(i.Read, i.Bytes, what)
}

func (p *progress) say(done, all int64, what string) {
	if !p.terminal {
		fmt.Fprintf(p.out, "%3d %%  %s\n", percent(done, all), what)
		return
	}
	full := int(barWidth * percent(done, all) / 100)
	fmt.Fprintf(p.out, "\r\x1b[K[%s%s] %3d %%  %s", strings.Repeat("=", full), strings.Repeat(" ", barWidth-full), percent(done, all), what)
	p.open = true
}

// line tells something without a bar.
func (p *progress) line(what string) {
	if !p.terminal {
		fmt.Fprintln(p.out, what)
		return
	}
	fmt.Fprintf(p.out, "\r\x1b[K%s", what)
	p.open = true
}

func percent(done, all int64) int64 {
	if all <= 0 {
		return 0
	}
	return min(100*done/all, 100)
}

// end ends the line on the terminal.
func (p *progress) end() {
	if p.open {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.open = false
	}
}

// reading tells how much of in, which has that size, was read.
func (p *progress) reading(in io.Reader, size int64) io.Reader {
	return &readingFile{progress: p, in: in, size: size}
}

type readingFile struct {
	progress   *progress
	in         io.Reader
	size, done int64
}

// Read reads on, and tells.
func (r *readingFile) Read(b []byte) (int, error) {
	n, err := r.in.Read(b)
	r.done += int64(n)
	if r.size > 0 && r.progress.due() {
		r.progress.say(r.done, r.size, "handed in")
	}
	return n, err
}
