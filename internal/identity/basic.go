package identity

import (
	"context"

	"muster"
)

// byBasic is ThingsBoard device API 2.5, in its three steps.
func (s *Service) byBasic(ctx context.Context, p *muster.Proof) (muster.Identity, error) {
	if len(p.ClientID) > muster.MaxEvidence || len(p.Username) > muster.MaxEvidence || len(p.Password) > muster.MaxEvidence {
		return muster.Identity{}, muster.Refuse(muster.ReasonTokenUnknown, "")
	}
	judge := func(r *record) error { return r.compare(p) }
	if p.Username == "" {
		// 1: the client id alone is the credential.
		if p.ClientID == "" {
			if p.Password == "" {
				return muster.Identity{}, muster.Refuse(muster.ReasonCredentialsMissing, "")
			}
			return muster.Identity{}, muster.Refuse(muster.ReasonClientIDUnknown, "")
		}
		return s.recognise(ctx, s.basicKey(p.ClientID, ""), judge, muster.ReasonClientIDUnknown)
	}
	if p.ClientID == "" {
		return s.byUsername(ctx, p)
	}
	// 2: client id and user name; a wrong password is final.
	pair, err := s.find(ctx, s.store.BasicHolder, s.basicKey(p.ClientID, p.Username), judge, muster.ReasonClientIDMismatch)
	switch {
	case muster.ReasonOf(err) == muster.ReasonClientIDMismatch:
		return s.byUsername(ctx, p)
	case pair == nil || pair.opens(s.now()) == nil:
		return s.level(ctx, p, pair, err)
	}
	// A pair that does not open the door any more stands in nobody's way: ThingsBoard would have forgotten it.
	who, other := s.byUsername(ctx, p)
	if muster.ReasonOf(other) == muster.ReasonTokenUnknown {
		return s.verdict(pair, err)
	}
	return who, other
}

// byUsername is step 3: the user name alone, which may be an access token: then client id and password do not matter.
func (s *Service) byUsername(ctx context.Context, p *muster.Proof) (muster.Identity, error) {
	who, err := s.recognise(ctx, muster.CredentialDigest(s.keys, p.Username), func(r *record) error {
		if r.kind == muster.AccessToken {
			return nil
		}
		return r.compare(p)
	}, muster.ReasonTokenUnknown)
	if muster.ReasonOf(err) == muster.ReasonTokenUnknown {
		s.pretend(p)
	}
	return who, err
}

func (s *Service) basicKey(clientID, username string) muster.LookupKey {
	return muster.CredentialDigest(s.keys, muster.BasicID(clientID, username))
}

// compare refuses a proof that is not the basic credential's: what the credential leaves empty is not asked for.
func (r *record) compare(p *muster.Proof) error {
	b := r.basic
	switch {
	case b == nil:
		return muster.Refuse(muster.ReasonClientIDMismatch, "")
	case b.ClientID != "" && b.ClientID != p.ClientID, b.Username != "" && b.Username != p.Username:
		return muster.Refuse(muster.ReasonClientIDMismatch, "")
	case b.Password != "" && !muster.SameSecret(b.Password, p.Password):
		return muster.Refuse(muster.ReasonPasswordWrong, "")
	}
	return nil
}

// level makes a wrong password take as long as an unknown user name, which is looked for once more.
func (s *Service) level(ctx context.Context, p *muster.Proof, pair *record, err error) (muster.Identity, error) {
	if muster.ReasonOf(err) == muster.ReasonPasswordWrong {
		if _, lost := s.load(ctx, s.store.Holder, muster.CredentialDigest(s.keys, p.Username)); lost != nil {
			return muster.Identity{}, lost
		}
	}
	return s.verdict(pair, err)
}

// pretend makes an unknown user name take as long as a wrong password, which is opened and compared.
func (s *Service) pretend(p *muster.Proof) {
	if e, err := s.decoy.Open(s.keys); err == nil {
		muster.SameSecret(e.Password, p.Password)
	}
}

// decoy returns a credential that no proof can name.
func decoy(keys *muster.Keyring) muster.Credential {
	e := muster.Evidence{Kind: muster.MQTTBasic, Username: "nobody", Password: muster.Secret(muster.RandomText(32))}
	c := muster.Credential{ID: muster.NewID[muster.Credential](), Kind: e.Kind}
	c.Value = keys.Seal(e.Value(), c.Purpose())
	return c
}
