package thingsboard_test

import (
	"muster/internal/dispatch"
	"muster/internal/thingsboard"
)

var _ dispatch.Platform = (*thingsboard.Dialect)(nil)
