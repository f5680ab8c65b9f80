// Package bulk files devices from files of a million rows, and writes the whole fleet out again.
package bulk
