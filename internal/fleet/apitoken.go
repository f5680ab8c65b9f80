package fleet

import (
	"context"
	"strings"
	"time"

	"muster"
)

const (
	tokenPrefix = "mst_" // so that a token is recognised where one was left lying about
	tokenLength = 43     // characters behind the prefix: 256 bits
	maxToken    = 128
	setupTime   = time.Hour
)

// CreateAPIToken makes a token for a person or a script called name and returns it; it is shown this once.
func (s *Service) CreateAPIToken(ctx context.Context, name string) (muster.Secret, error) {
	return s.issueToken(ctx, muster.APIToken{Name: name}, s.store.CreateAPIToken)
}

// CreateSetupToken makes a token that can be exchanged for an API token once, within an hour.
func (s *Service) CreateSetupToken(ctx context.Context) (muster.Secret, error) {
	t := muster.APIToken{Name: "setup", Once: true, ExpiresAt: s.now().Add(setupTime)}
	return s.issueToken(ctx, t, s.store.CreateAPIToken)
}

// ExchangeSetupToken spends a setup token and returns an API token in its place. Refused with ReasonAPITokenWrong the
// second time.
func (s *Service) ExchangeSetupToken(ctx context.Context, setup muster.Secret) (muster.Secret, error) {
	t, err := s.apiToken(ctx, setup)
	if err != nil {
		return "", err
	}
	if !t.Once {
		return "", muster.Refuse(muster.ReasonAPITokenWrong, "")
	}
	made, err := s.issueToken(ctx, muster.APIToken{Name: t.Name}, func(ctx context.Context, made muster.APIToken) error {
		return s.store.SpendAPIToken(ctx, t.Digest, made)
	})
	return made, wrongToken(err)
}

// CheckAPIToken returns what is known of a live token for people and scripts. Everything else is refused with
// ReasonAPITokenWrong.
func (s *Service) CheckAPIToken(ctx context.Context, token muster.Secret) (muster.APIToken, error) {
	t, err := s.apiToken(ctx, token)
	if err != nil {
		return muster.APIToken{}, err
	}
	if t.Once {
		return muster.APIToken{}, muster.Refuse(muster.ReasonAPITokenWrong, "")
	}
	return t, nil
}

// apiToken returns the token of either sort, unless it has expired.
func (s *Service) apiToken(ctx context.Context, token muster.Secret) (muster.APIToken, error) {
	if len(token) > maxToken || !strings.HasPrefix(token.Reveal(), tokenPrefix) {
		return muster.APIToken{}, muster.Refuse(muster.ReasonAPITokenWrong, "")
	}
	t, err := s.store.APIToken(ctx, s.tokenDigest(token))
	if err != nil {
		return muster.APIToken{}, wrongToken(err)
	}
	if !t.ExpiresAt.IsZero() && !s.now().Before(t.ExpiresAt) {
		return muster.APIToken{}, muster.Refuse(muster.ReasonAPITokenWrong, "the API token has expired")
	}
	return t, nil
}

func wrongToken(err error) error {
	if err != nil && muster.KindOf(err) == muster.NotFound {
		return muster.Refuse(muster.ReasonAPITokenWrong, "")
	}
	return err
}

func (s *Service) tokenDigest(token muster.Secret) muster.LookupKey {
	return s.keys.Digest("api-token", token.Reveal())
}

// issueToken completes t and hands it to file.
func (s *Service) issueToken(ctx context.Context, t muster.APIToken, file func(context.Context, muster.APIToken) error) (muster.Secret, error) {
	if t.Name == "" || len(t.Name) > muster.MaxNameLength {
		return "", invalid("an API token's name has 1 to %d bytes", muster.MaxNameLength)
	}
	token := muster.Secret(tokenPrefix + muster.RandomText(tokenLength))
	t.Digest, t.CreatedAt = s.tokenDigest(token), s.now()
	if err := file(ctx, t); err != nil {
		return "", err
	}
	return token, nil
}
