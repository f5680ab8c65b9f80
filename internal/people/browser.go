package people

import (
	"crypto/subtle"
	"encoding/base64"
	"strings"

	"muster"
)

// A browser in which somebody has signed in keeps a mark for the next time. It opens nothing; tries that show it are
// counted by it and not by their network, so that nobody at the same network, or behind the same proxy, can delay them.
const (
	markPrefix = "msk_"
	markLength = 22 // characters that tell one mark from another
	sortOfMark = "browser"
	maxMark    = 200
)

// newMark returns a mark for a browser in which the user has signed in.
func (s *Service) newMark(user muster.UserID) muster.Secret {
	text := user.String() + "." + muster.RandomText(markLength)
	return muster.Secret(markPrefix + text + "." + s.signMark(text))
}

func (s *Service) signMark(text string) string {
	sum := s.keys.Digest(sortOfMark, text)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// marked returns what a try is counted by that shows a mark; false if the mark is not of that user.
func (s *Service) marked(mark muster.Secret, user muster.UserID) (lane string, ok bool) {
	if len(mark) > maxMark {
		return "", false
	}
	text, cut := strings.CutPrefix(mark.Reveal(), markPrefix+user.String()+".")
	number, signed, whole := strings.Cut(text, ".")
	if !cut || !whole {
		return "", false
	}
	want := s.signMark(user.String() + "." + number)
	return "browser " + number, subtle.ConstantTimeCompare([]byte(signed), []byte(want)) == 1
}
