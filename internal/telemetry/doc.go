// Package telemetry takes in readings, many to a commit, and says when they are safe.
package telemetry
