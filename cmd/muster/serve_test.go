package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestADurationIsReadableInAJSONLog(t *testing.T) {
	var b bytes.Buffer
	slog.New(slog.NewJSONHandler(&b, logOptions())).Info("stopped", "uptime", 90*time.Second, "sessions", 3)
	if !strings.Contains(b.String(), `"uptime":"1m30s","sessions":3`) {
		t.Error(b.String())
	}
}
