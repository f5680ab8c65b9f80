// Package identity says who is speaking: it judges what a client shows against the registry and remembers the answer for
// a while.
package identity
