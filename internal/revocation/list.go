package revocation

import (
	"context"
	"net/url"
	"time"

	"muster"
)

// A List is a list as people see it.
type List struct {
	muster.RevocationList           // without DER
	Subject               string    // whose certificates it is of, RFC 4514; empty: it is not used
	ThisUpdate            time.Time // when it was made
	NextUpdate            time.Time // when the next one should have come
	Entries               int
	Failure               string // why the last fetch failed, or why it is not used
	Outdated              bool
}

func (s *Service) listOf(h *held) List {
	l := List{RevocationList: h.RevocationList, Failure: h.failure}
	if h.crl != nil {
		l.Subject, l.ThisUpdate, l.NextUpdate, l.Entries = subjectOf(h.crl.issuer), h.crl.thisUpdate, h.crl.nextUpdate, len(h.crl.serials)
		l.Outdated = !s.o.Now().Before(h.crl.nextUpdate)
	}
	return l
}

// Lists returns all lists, by name.
func (s *Service) Lists() []List {
	var all []List
	for _, h := range s.snapshot() {
		all = append(all, s.listOf(&h))
	}
	return all
}

// List returns the list called name.
func (s *Service) List(name string) (List, error) {
	h, err := s.find(name)
	if err != nil {
		return List{}, err
	}
	return s.listOf(&h), nil
}

func (s *Service) find(name string) (held, error) {
	for _, h := range s.snapshot() {
		if h.Name == name {
			return h, nil
		}
	}
	return held{}, muster.Refuse(muster.ReasonNotFound, "there is no revocation list %.100q", name)
}

// A Source says where a list comes from: a URL or the CRL itself, DER or PEM.
type Source struct {
	URL    string
	CRL    []byte
	Issuer string // PEM

	again bool // the list is to be of the same certificates as the one before
}

// Create takes in a list, which is fetched at once where it has a URL. Refused with ReasonRevocationListInvalid,
// ReasonRevocationListTaken or ReasonRevocationListUnreachable.
func (s *Service) Create(ctx context.Context, name string, from Source) (List, error) {
	if err := muster.CheckDeviceName(name); err != nil {
		return List{}, muster.Refuse(muster.ReasonRequestInvalid, "the name is none that a list can have")
	}
	text, err := s.text(ctx, from)
	if err != nil {
		return List{}, err
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	if len(s.snapshot()) >= MaxLists {
		return List{}, muster.Refuse(muster.ReasonRequestInvalid, "there are %d lists, the most that there may be", MaxLists)
	}
	h := &held{RevocationList: muster.RevocationList{ID: muster.NewID[muster.RevocationList](), Name: name, CreatedAt: s.now()}}
	if _, err := s.read(ctx, h, text, from); err != nil {
		return List{}, err
	}
	if err := s.store.CreateRevocationList(ctx, h.RevocationList); err != nil {
		return List{}, err
	}
	s.put(h)
	s.o.Changed()
	return s.listOf(h), nil
}

// Update has the list called name come from elsewhere, or takes in a newer CRL, if it is one of the versions that were seen;
// none: whatever it is. An empty issuer of the source leaves the list's as it is. Refused as Create is.
func (s *Service) Update(ctx context.Context, name string, from Source, seen ...muster.Version) (List, error) {
	text, err := s.text(ctx, from)
	if err != nil {
		return List{}, err
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	h, err := s.find(name)
	if err != nil {
		return List{}, err
	}
	if from.Issuer == "" {
		from.Issuer = h.Issuer
	}
	return s.replace(ctx, &h, text, from, seen...)
}

// Refresh fetches the list called name now.
func (s *Service) Refresh(ctx context.Context, name string) (List, error) {
	h, err := s.find(name)
	if err != nil {
		return List{}, err
	}
	if h.URL == "" {
		return List{}, muster.Refuse(muster.ReasonRequestInvalid, "the list has no URL: hand in a newer one")
	}
	return s.refetch(ctx, &h)
}

// refetch fetches a list once more, and notes how that went.
func (s *Service) refetch(ctx context.Context, known *held) (List, error) {
	from := Source{URL: known.URL, Issuer: known.Issuer, again: true}
	text, err := s.text(ctx, from)
	s.changing.Lock()
	defer s.changing.Unlock()
	h, gone := s.find(known.Name)
	switch {
	case gone != nil:
		return List{}, gone
	case h.URL != known.URL || h.ID != known.ID:
		return s.listOf(&h), nil // it comes from elsewhere by now
	}
	var l List
	if err == nil {
		l, err = s.replace(ctx, &h, text, from)
	}
	if err != nil {
		s.change(h.ID, func(h *held) { h.failure, h.due = muster.MessageOf(err), s.o.Now().Add(fetchAgain) })
	}
	return l, err
}

// replace takes in a list in the place of the one that is held. The caller holds changing.
func (s *Service) replace(ctx context.Context, h *held, text []byte, from Source, seen ...muster.Version) (List, error) {
	news, err := s.read(ctx, h, text, from)
	if err != nil {
		return List{}, err
	}
	if news {
		if err := s.store.UpdateRevocationList(ctx, h.RevocationList, seen...); err != nil {
			return List{}, err
		}
	}
	s.put(h)
	if news {
		s.o.Changed()
	}
	return s.listOf(h), nil
}

// text returns the CRL of a source.
func (s *Service) text(ctx context.Context, from Source) ([]byte, error) {
	switch {
	case (from.URL == "") == (len(from.CRL) == 0):
		return nil, muster.Refuse(muster.ReasonRequestInvalid, "a list comes from a URL, or is handed in: give one of the two")
	case from.URL == "":
		return from.CRL, nil
	}
	if err := checkURL(from.URL); err != nil {
		return nil, err
	}
	if s.o.Fetch == nil {
		return nil, muster.Refuse(muster.ReasonRevocationListUnreachable, "")
	}
	text, err := s.o.Fetch(ctx, from.URL, muster.MaxRevocationList)
	if err != nil {
		return nil, muster.Because(muster.ReasonRevocationListUnreachable, err)
	}
	return text, nil
}

// read reads a CRL into h, if it follows the one that is there, and reports whether anything is new. The caller holds changing.
func (s *Service) read(ctx context.Context, h *held, text []byte, from Source) (news bool, err error) {
	issuers, err := s.issuers(ctx, from.Issuer)
	if err != nil {
		return false, err
	}
	now := s.now()
	read, der, err := readCRL(text, issuers, now)
	if err != nil {
		return false, err
	}
	if err := read.follows(h.crl); err != nil {
		return false, err
	}
	if from.again {
		if err := read.replaces(h.crl); err != nil {
			return false, err
		}
	}
	if news = h.crl == nil || h.crl.digest != read.digest || h.URL != from.URL || h.Issuer != from.Issuer; news {
		h.URL, h.Issuer, h.DER, h.TakenAt, h.crl = from.URL, from.Issuer, der, now, read
	}
	h.failure, h.due = "", now.Add(min(max(read.nextUpdate.Sub(now)/2, fetchAgain), fetchEvery))
	return news, nil
}

// checkURL refuses what is no address of a list.
func checkURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || len(text) > 2000 || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return muster.Refuse(muster.ReasonRequestInvalid, "the URL is not one of http or https, without a user")
	}
	return nil
}

// Delete forgets the list called name, if it is one of the versions that were seen; none: whatever it is.
func (s *Service) Delete(ctx context.Context, name string, seen ...muster.Version) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	h, err := s.find(name)
	if err != nil {
		return err
	}
	if err := s.store.DeleteRevocationList(ctx, h.ID, seen...); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.held, h.ID)
	s.reindex()
	return nil
}

// now is the time as stores keep it.
func (s *Service) now() time.Time { return s.o.Now().Truncate(time.Millisecond) }
