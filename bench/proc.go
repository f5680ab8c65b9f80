package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

// clockTick is the unit of CPU times in /proc, which is the same on every Linux.
const clockTick = 10 * time.Millisecond

// A reading of a process, from /proc.
type usage struct {
	cpu time.Duration // user and system, since its start
	rss int64         // resident bytes
}

func usageOf(pid int) (usage, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return usage{}, err
	}
	// The second field is the name in brackets and may hold anything; proc(5) numbers from one.
	_, rest, ok := bytes.Cut(stat, []byte(") "))
	fields := bytes.Fields(rest)
	if !ok || len(fields) < 22 {
		return usage{}, fmt.Errorf("/proc/%d/stat cannot be read", pid)
	}
	var numbers [3]int64
	for i, field := range []int{14, 15, 24} { // utime, stime, rss in pages
		if numbers[i], err = strconv.ParseInt(string(fields[field-3]), 10, 64); err != nil {
			return usage{}, err
		}
	}
	return usage{
		cpu: time.Duration(numbers[0]+numbers[1]) * clockTick,
		rss: numbers[2] * int64(os.Getpagesize()),
	}, nil
}

// affordable bounds the connections that are held to each of two servers by the files that this process may open.
func affordable(connections int) (int, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, err
	}
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, err
	}
	return min(connections, int(min(limit.Max, 1<<20))*9/10), nil
}
