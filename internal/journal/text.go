package journal

import (
	"bytes"
	"encoding/hex"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"muster"
)

// Bounds of an attempt's texts, in characters.
const (
	maxName   = muster.MaxNameLength
	maxShown  = 128
	maxDetail = 256
	maxClaim  = 512 // bytes
)

// Digest returns a short keyed digest of a secret: enough to recognise it by, too little to read or to guess it from
// outside.
func Digest(keys *muster.Keyring, secret muster.Secret) string {
	d := keys.Digest("journal", secret.Reveal())
	return hex.EncodeToString(d[:4])
}

// tidy completes an attempt and bounds its texts, which strangers wrote.
func tidy(a *muster.Attempt, now func() time.Time) {
	if a.At.IsZero() {
		a.At = now()
	}
	a.Count = max(a.Count, 1)
	a.Remote = a.Remote.Unmap()
	a.Name = clean(a.Name, maxName)
	a.Key = clean(a.Key, maxName)
	a.Shown = clean(a.Shown, maxShown)
	a.Detail = clean(a.Detail, maxDetail)
	if len(a.Certificate) > maxCertificate {
		a.Certificate = nil
	}
	a.Certificate = bytes.Clone(a.Certificate)
	if c := a.Claims; c != nil && (len(c.Audience) > maxClaim || c.Subject != nil && len(*c.Subject) > maxClaim) {
		a.Claims = nil // cut, they would say something else
	}
}

// clean returns at most limit characters of s, with a replacement character for what is no UTF-8 or a control character.
// A name that a device may have comes through unchanged.
func clean(s string, limit int) string {
	if len(s) > limit*utf8.UTFMax {
		s = s[:limit*utf8.UTFMax] // holds limit characters in any case
	}
	if utf8.RuneCountInString(s) <= limit && !strings.ContainsFunc(s, unfit) {
		return s
	}
	var b strings.Builder
	for i, r := range []rune(s) {
		switch {
		case i == limit:
			return b.String()
		case unfit(r):
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func unfit(r rune) bool { return r == utf8.RuneError || unicode.IsControl(r) }
