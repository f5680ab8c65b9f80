package issuer

import (
	"crypto"
	"sync"
	"time"

	"golang.org/x/crypto/ocsp"

	"muster"
)

const (
	// answerReuse is how long an answer is given again: it is good for as long after that.
	answerReuse = answerLife / 2

	// maxAnswers bounds the answers that are kept.
	maxAnswers = 10_000

	// How many answers are signed a second. Questions about certificates that were never issued are anybody's to make up.
	knownRate   = 500
	unknownRate = 50
)

// answers are those that were signed and are given again. What a certificate is worth is looked up for each question; so a
// revocation is told at once.
type answers struct {
	mu      sync.Mutex // guards all of it
	kept    map[asked]answered
	known   budget
	unknown budget
}

type asked struct {
	by     muster.AuthorityID
	serial string
	hash   crypto.Hash
}

type answered struct {
	status    int
	revokedAt time.Time
	why       int
	at        time.Time
	signed    []byte
}

// sign returns a signed answer: one that says the same and was signed a while ago, or a new one. Beyond so many a second it says
// that the client should try later.
func (k *answers) sign(p *pair, r *ocsp.Response, now time.Time) []byte {
	key := asked{p.id(), string(r.SerialNumber.Bytes()), r.IssuerHash}
	k.mu.Lock()
	was, ok := k.kept[key]
	same := ok && was.status == r.Status && was.revokedAt.Equal(r.RevokedAt) && was.why == r.RevocationReason
	if same && !now.Before(was.at) && now.Before(was.at.Add(answerReuse)) {
		k.mu.Unlock()
		return was.signed
	}
	allowed := r.Status == ocsp.Unknown && k.unknown.take(now, unknownRate) || r.Status != ocsp.Unknown && k.known.take(now, knownRate)
	k.mu.Unlock()
	if !allowed {
		return ocsp.TryLaterErrorResponse
	}
	signed, err := ocsp.CreateResponse(p.leaf, p.leaf, *r, p.key)
	switch {
	case err != nil && muster.ReasonOf(err) == muster.ReasonSignerUnreachable:
		return ocsp.TryLaterErrorResponse
	case err != nil:
		return ocsp.InternalErrorErrorResponse
	case r.Status != ocsp.Unknown:
		k.keep(key, answered{r.Status, r.RevokedAt, r.RevocationReason, now, signed})
	}
	return signed
}

// keep remembers an answer. When there are too many, all are forgotten: they are signed again as they are asked for.
func (k *answers) keep(key asked, a answered) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kept == nil || len(k.kept) >= maxAnswers {
		k.kept = map[asked]answered{}
	}
	k.kept[key] = a
}

// A budget is how many signatures are left of this second.
type budget struct {
	second int64
	spent  int
}

func (b *budget) take(now time.Time, rate int) bool {
	if s := now.Unix(); s != b.second {
		b.second, b.spent = s, 0
	}
	b.spent++
	return b.spent <= rate
}
