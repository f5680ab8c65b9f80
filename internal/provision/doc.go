// Package provision lets new devices in: a provision request becomes a grant, atomically, or a refusal with its reason.
package provision
