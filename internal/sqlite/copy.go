package sqlite

import (
	"context"
	"errors"
	"fmt"
)

// CopyTo makes a copy of one committed state of the database in a new file at path, while everybody goes on.
func (r *Registry) CopyTo(ctx context.Context, path string) error {
	c, err := connect(r.readers.path, "cache_size = -2048")
	if err != nil {
		return failure(err)
	}
	stop := c.watch(ctx)
	_, err = c.exec(`VACUUM INTO ?`, text(path))
	stop()
	if err := errors.Join(err, c.close()); err != nil {
		return fmt.Errorf("copy the registry: %w", failure(err))
	}
	return nil
}
