package backup

import "context"

// A Registry can be copied while it is in use.
type Registry interface {
	// CopyTo makes a copy of one committed state in a new file at path.
	CopyTo(ctx context.Context, path string) error
}

// A Readings can be copied while it is in use.
type Readings interface {
	// CopyTo makes a copy in a new directory at dir, with everything in it that was acknowledged before the call.
	CopyTo(dir string) error
}
