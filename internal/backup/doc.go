// Package backup puts a whole data directory into one file while it is in use, and back.
package backup
