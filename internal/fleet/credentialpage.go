package fleet

import (
	"cmp"
	"context"

	"muster"
)

// A CredentialList says which credentials of the fleet are wanted. The profile of the query stands here by its name.
type CredentialList struct {
	muster.CredentialQuery        // Now is the service's; Limit 0: 100, at most 1000
	ProfileName            string // empty: of any profile
}

// FleetCredentials returns a page of the credentials of all devices, without what could open a door.
func (s *Service) FleetCredentials(ctx context.Context, l CredentialList) (muster.CredentialPage, error) {
	q := l.CredentialQuery
	q.Limit, q.Now = cmp.Or(q.Limit, defaultPage), s.now()
	switch {
	case q.Limit < 0 || q.Limit > maxPage:
		return muster.CredentialPage{}, invalid("a page has 1 to %d credentials, not %d", maxPage, q.Limit)
	case !shortText(q.Search):
		return muster.CredentialPage{}, invalid("what is searched for is longer than %d characters, or not UTF-8", muster.MaxTagLength)
	}
	if l.ProfileName != "" {
		p, err := s.Profile(ctx, l.ProfileName)
		if err != nil {
			return muster.CredentialPage{}, err
		}
		q.Profile = p.ID
	}
	page, err := s.store.FleetCredentials(ctx, q)
	for i := range page.Credentials {
		conceal(&page.Credentials[i].Credential)
	}
	return page, err
}
