package node

import "syscall"

// reservedFiles is the least that is kept back from MQTT connections: for people, HTTP, and the files of the stores.
const reservedFiles = 200

// connections returns how many MQTT connections the open files that the process may have leave room for: all but 5 %.
func connections(files uint64) int {
	reserved := max(files/20, reservedFiles)
	return int(max(files, 2*reserved) - reserved)
}

// requests returns how many HTTP connections there may be: half of what is kept back, so that the stores have the other.
func requests(files uint64) int64 { return int64(max(files/20, reservedFiles) / 2) }

// tables returns how many files of readings may be open: a quarter of what is kept back, so that logs and the registry
// have the last one, and never more than help.
func tables(files uint64) int { return int(min(max(files/20, reservedFiles)/4, 1000)) }

// openFiles returns how many files the process may have open. The Go runtime has raised the soft limit to the hard one.
func openFiles() uint64 {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		return 1024
	}
	return min(r.Cur, 1<<30)
}
