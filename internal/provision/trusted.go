package provision

import (
	"sync"

	"muster"
)

// maxAuthorities bounds the authorities that are remembered.
const maxAuthorities = 256

// trusted are the authorities of profiles, read once for as long as their rule stays what it is.
type trusted struct {
	mu   sync.Mutex // guards kept
	kept map[muster.ProfileID]readAuthority
}

type readAuthority struct {
	rule muster.ChainRule
	*muster.Authority
}

// read returns the authority of a profile that lets devices in by certificates.
func (a *trusted) read(p *muster.Profile) (*muster.Authority, error) {
	rule := *p.Settings.Chain
	a.mu.Lock()
	kept, ok := a.kept[p.ID]
	a.mu.Unlock()
	if ok && kept.rule == rule {
		return kept.Authority, nil
	}
	read, err := rule.Read()
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.kept == nil || len(a.kept) >= maxAuthorities {
		a.kept = make(map[muster.ProfileID]readAuthority)
	}
	a.kept[p.ID] = readAuthority{rule, read}
	return read, nil
}
