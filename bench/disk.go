package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// onDisk measures what a message of three values becomes: bytes that the server writes while messages come in, and bytes
// that are left once the store is at rest. The anchor is the message as it was sent.
func (p plan) onDisk(ctx context.Context, h *house) (results []result, err error) {
	if h, err = h.another(ctx, "disk", crowded.connections); err != nil {
		return nil, err
	}
	written := pairOf("bytes written a message", "B", 400, atMost)
	kept := pairOf("bytes on disk a message", "B", 60, atMost)
	written.anchor.note, kept.anchor.note = "payload", "payload"
	written.anchor.add(float64(len(reading)))
	kept.anchor.add(float64(len(reading)))

	s, err := h.startMuster(ctx)
	if err != nil {
		return nil, err
	}
	long := p
	long.measure = 4 * p.measure
	o, err := long.publish(ctx, s, crowded)
	var bytes float64
	if err == nil {
		time.Sleep(p.settle) // compactions come to an end
		bytes, err = writtenBy(s.pid())
	}
	if err = errors.Join(err, s.stop()); err != nil {
		return nil, err
	}
	written.muster.add(bytes / float64(o.messages))
	size, err := sizeOf(filepath.Join(h.file("muster"), "readings"))
	kept.muster.add(size / float64(o.messages))
	return []result{written, kept}, err
}

// writtenBy returns the bytes that a process has caused to be written to disk so far.
func writtenBy(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "write_bytes: "); ok {
			return strconv.ParseFloat(strings.TrimSpace(value), 64)
		}
	}
	return 0, fmt.Errorf("/proc/%d/io does not tell", pid)
}

// sizeOf returns the size of all files under dir.
func sizeOf(dir string) (size float64, err error) {
	err = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			size += float64(info.Size())
		}
		return err
	})
	return size, err
}
