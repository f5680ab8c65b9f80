// Package pebble keeps readings in Pebble: durable batches, ordered range reads.
package pebble
