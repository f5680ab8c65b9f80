// Package identity says who is speaking: it judges what a client shows against the registry, and remembers for a while what
// comes with every request.
package identity
