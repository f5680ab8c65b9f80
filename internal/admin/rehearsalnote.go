package admin

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"muster"
	"muster/internal/journal"
)

// notes say what the rehearsal could not see.
func (s *stage) notes() []string {
	notes := []string{}
	add := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	if s.short {
		add("The journal has nothing from before %s: what came earlier was not judged.", s.oldest.UTC().Format(time.RFC3339))
	}
	for _, action := range s.limited {
		add("Only the newest %d entries of the journal to %s were judged.", maxRehearsed, action)
	}
	if s.alike > 0 {
		add("%d entries stand for several attempts alike: each was judged as one, and counts as one for a key's maximum and rate.", s.alike)
	}
	if s.let {
		add("The credential that a device asks for is not kept: who would be let in is taken to have asked for one that can be used.")
	}
	if s.looked > 0 {
		add("Whether a name was taken or listed was not asked then for %d attempts: the registry of today has answered.", s.looked)
	}
	if s.let || s.looked > 0 {
		add("A key that was suspended then stays suspended here.")
	}
	before, after := &s.had.Settings, &s.profile.Settings
	if before.SessionLimit() != after.SessionLimit() {
		add("How many connections a device has at once is not in the journal: that limit was not rehearsed.")
	}
	if before.Holds() || after.Holds() {
		add("The waiting room was not rehearsed: devices are judged as if nobody had to be approved, and what waited then is not judged.")
	}
	if !reflect.DeepEqual(before.Chain, after.Chain) {
		add("Certificate chains are not kept: the rule for them was not rehearsed.")
	}
	if before.HideReasons != after.HideReasons || before.RetentionDays != after.RetentionDays || s.had.Description != s.profile.Description {
		add("Nobody is let in or refused because of the description, the retention or hidden reasons.")
	}
	add("Requests that name no provision key that there is, and connects in which no device was recognised, belong to no profile and were left out.")
	return notes
}

// reach finds out whether the journal goes as far back as was asked for.
func (s *stage) reach(ctx context.Context, j *journal.Journal) error {
	older, err := j.Attempts(ctx, muster.AttemptQuery{To: s.from, Limit: 1})
	s.short = err == nil && len(older) == 0 && len(s.limited) == 0 && !s.oldest.IsZero()
	return err
}
