package sqlite

import (
	"strings"
	"testing"
	"time"
)

// Only so many credentials are looked at as end in the time that is asked for.
func TestAForecastFollowsTheIndexOfEnds(t *testing.T) {
	r, _, _, _ := furnished(t)
	if _, err := r.Expiring(t.Context(), time.Unix(0, 0), time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.CountExpiring(t.Context(), time.Unix(0, 0), time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	c := r.readers.pop()
	defer func() { r.readers.idle = append(r.readers.idle, c) }()
	steps := strings.Join(planOf(t, c, expiringCredentials), "\n")
	if strings.Contains(steps, "SCAN") || !strings.Contains(steps, "credential_by_expiry (expires_at>? AND expires_at<?)") {
		t.Error(steps)
	}
	if steps := strings.Join(planOf(t, c, countExpiring), "\n"); !strings.Contains(steps, "COVERING INDEX credential_by_expiry (expires_at>? AND expires_at<?)") {
		t.Error(steps)
	}
}
