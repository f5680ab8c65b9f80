package akenza_test

import (
	"muster/internal/akenza"
	"muster/internal/dispatch"
)

var _ dispatch.Dialect = akenza.Dialect{}
