package main

import (
	"strings"
	"testing"
	"time"

	"muster/internal/admin"
)

func TestWhyIsReadableAtNight(t *testing.T) {
	now := time.Date(2026, 3, 1, 3, 0, 0, 0, time.Local)
	all := []admin.Attempt{
		{
			At: now.Add(-2 * time.Minute), Count: 12, Action: "connect", Transport: "mqtt", Remote: "192.0.2.7", Name: "pump",
			Shown: "user name 1a2b3c4d", Reason: "token-unknown", Title: "no device has this access token", Detail: "no device has this access token",
			Advice: "Compare the token with the device's, or provision it again.",
		},
		{
			At: now.Add(-time.Hour), Count: 1, Action: "connect", Transport: "mqtt", Remote: "192.0.2.7", Name: "pump-\x1b[31m",
			Reason: "token-unknown", Title: "no device has this access token", Advice: "Compare the token with the device's, or provision it again.",
		},
		{At: now.Add(-26 * time.Hour), Count: 1, Action: "provision", Transport: "http", Name: "pump"},
	}
	var b strings.Builder
	if err := tellWhy(&b, "pump", all, now); err != nil {
		t.Fatal(err)
	}
	want := `pump was refused 2 minutes ago: no device has this access token. It was last let in 1 day ago.

2 minutes ago  2026-03-01 02:58:00   connect over mqtt from 192.0.2.7, 12 times
               refused: no device has this access token (token-unknown)
               showed user name 1a2b3c4d

1 hour ago     2026-03-01 02:00:00   connect over mqtt from 192.0.2.7
               refused: no device has this access token (token-unknown)
               called itself pump-\x1b[31m

1 day ago      2026-02-28 01:00:00   provision over http
               let in

What to do
  token-unknown
      Compare the token with the device's, or provision it again.
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestWhyOfAStrangerSaysWhereToLook(t *testing.T) {
	var b strings.Builder
	if err := tellWhy(&b, "ghost", nil, time.Now()); err != nil || !strings.HasPrefix(b.String(), "Nobody tried to get in as ghost") {
		t.Errorf("%q, %v", b.String(), err)
	}
}

func TestAgo(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "just now", 0: "just now", time.Second: "1 second ago", 59 * time.Second: "59 seconds ago",
		90 * time.Second: "1 minute ago", 23 * time.Hour: "23 hours ago", 50 * time.Hour: "2 days ago",
	} {
		if got := ago(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}
