package people

import (
	"context"
	"strings"
	"unicode/utf8"

	"muster"
)

// The bounds of a new password, in characters and in bytes.
const (
	minPassword      = 10
	maxPasswordBytes = 256
)

// checkPassword refuses a new password that is too short, too long or the user's name.
func checkPassword(name string, password muster.Secret) error {
	text := password.Reveal()
	switch {
	case !utf8.ValidString(text):
		return muster.Refuse(muster.ReasonPasswordUnfit, "the password is not UTF-8")
	case utf8.RuneCountInString(text) < minPassword:
		return muster.Refuse(muster.ReasonPasswordUnfit, "a password has %d characters at least; a few words are easily kept in mind", minPassword)
	case len(text) > maxPasswordBytes:
		return muster.Refuse(muster.ReasonPasswordUnfit, "a password has %d bytes at most", maxPasswordBytes)
	case strings.Trim(strings.ToLower(text), text[:1]) == "":
		return muster.Refuse(muster.ReasonPasswordUnfit, "the password is one character again and again")
	}
	bare := strings.ToLower(strings.TrimSpace(text))
	local, _, _ := strings.Cut(strings.ToLower(name), "@")
	if bare == strings.ToLower(name) || strings.Trim(bare, "0123456789!.-_ ") == local {
		return muster.Refuse(muster.ReasonPasswordUnfit, "the password is the name")
	}
	return nil
}

// sealPassword makes of a new password what is kept of it.
func (s *Service) sealPassword(ctx context.Context, u *muster.User, password muster.Secret) (muster.Sealed, error) {
	if err := checkPassword(u.Name, password); err != nil {
		return nil, err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return nil, err
	}
	return s.keys.Seal(muster.Secret(hash), u.PasswordPurpose()), nil
}

// right reports whether the password is the user's. One of a user who has none takes as long.
func (s *Service) right(ctx context.Context, u *muster.User, t turn, password muster.Secret) (bool, error) {
	hash := muster.Secret(s.hasher.decoy)
	if u.Password != nil {
		opened, err := s.keys.Open(u.Password, u.PasswordPurpose())
		if err != nil {
			return false, err
		}
		hash = opened
	}
	same, err := s.hasher.same(ctx, t, hash.Reveal(), password)
	return same && u.Password != nil, err
}
