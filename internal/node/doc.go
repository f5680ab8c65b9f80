// Package node is one running Muster: it makes the data directory, wires the rooms together, serves, and stops in order.
package node
