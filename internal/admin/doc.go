// Package admin is the API for people and scripts under /v1, the one-time setup page, and the plain page at the root.
package admin
