// Package live tells those who listen what happens while it happens, and those who come back what they have missed.
package live
