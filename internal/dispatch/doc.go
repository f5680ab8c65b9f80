// Package dispatch recognises peers, understands what they send in their dialect, and takes it to the right job.
package dispatch
