// Package journal keeps every attempt to get in, its outcome and its reason, bounded, for people to be told why.
package journal
