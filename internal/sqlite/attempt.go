package sqlite

import (
	"context"
	"encoding/json"
	"math"
	"net/netip"
	"time"

	"muster"
)

func readAttempt(r *row) muster.Attempt {
	return muster.Attempt{
		Number:    integer[int64](r),
		At:        r.time(),
		Count:     integer[int](r),
		Action:    integer[muster.Action](r),
		Transport: integer[muster.Transport](r),
		Remote:    r.addr(),
		Device:    id[muster.Device](r),
		Name:      r.text(),
		Key:       r.text(),
		Shown:     r.text(),
		Reason:    muster.Reason(r.text()),
		Detail:    r.text(),
		Profile:   id[muster.Profile](r),
		Way:       integer[muster.Way](r),
		Claims:    readClaims(r),
	}
}

// claims are those of a JWT as they are kept, times in seconds.
type claims struct {
	Issued    int64   `json:"iat"`
	Expires   int64   `json:"exp"`
	NotBefore int64   `json:"nbf,omitempty"` // 0: not said
	Audience  string  `json:"aud"`
	Subject   *string `json:"sub,omitempty"`
}

func readClaims(r *row) *muster.Claims {
	var c claims
	if r.json(&c); c == (claims{}) {
		return nil
	}
	read := &muster.Claims{
		IssuedAt: time.Unix(c.Issued, 0).UTC(), ExpiresAt: time.Unix(c.Expires, 0).UTC(), Audience: c.Audience, Subject: c.Subject,
	}
	if c.NotBefore != 0 {
		read.NotBefore = time.Unix(c.NotBefore, 0).UTC()
	}
	return read
}

func claimsText(c *muster.Claims) (value, error) {
	if c == nil {
		return text(""), nil
	}
	kept := claims{Issued: c.IssuedAt.Unix(), Expires: c.ExpiresAt.Unix(), Audience: c.Audience, Subject: c.Subject}
	if !c.NotBefore.IsZero() {
		kept.NotBefore = c.NotBefore.Unix()
	}
	b, err := json.Marshal(kept)
	return text(string(b)), err
}

// AppendAttempts files attempts, those without a profile under that of the provision key that they name, gives each its
// Number, and drops what is older than since, the oldest of devices beyond keep, and the oldest of strangers beyond as many.
// The newest of all stays, so that numbers go on from it.
func (r *Registry) AppendAttempts(ctx context.Context, attempts []muster.Attempt, keep int, since time.Time) error {
	return r.write(ctx, func(tx *conn) error {
		places, err := readPlaces(tx)
		if err != nil {
			return err
		}
		for i, a := range attempts {
			said, err := claimsText(a.Claims)
			if err != nil {
				return err
			}
			_, err = tx.exec(`INSERT INTO attempt (at, count, action, transport, remote, device, name, key, shown, reason, detail, address, place,
					profile, way, claims)
				VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,
					coalesce(?14, (SELECT profile FROM provision_key WHERE key = ?8 AND ?8 <> '')), ?15, ?16)`,
				millis(a.At), number(a.Count), number(a.Action), number(a.Transport), addr(a.Remote), idOrNull(a.Device),
				text(a.Name), text(a.Key), text(a.Shown), text(a.Reason), text(a.Detail), address16(a.Remote), number(places.next(a.Device.IsZero())),
				idOrNull(a.Profile), number(a.Way), said)
			if err != nil {
				return err
			}
			attempts[i].Number = tx.db.LastInsertRowID()
		}
		return dropAttempts(tx, places, max(keep, 0), since)
	})
}

// places are the last ones of attempts of devices, and of strangers.
type places [2]int64

func readPlaces(tx *conn) (p places, err error) {
	for i := range p {
		p[i], err = one(tx, integer[int64], `SELECT max(place) FROM attempt WHERE (device IS NULL) = ?`, number(i))
		if err != nil {
			return p, err
		}
	}
	return p, nil
}

func (p *places) next(stranger bool) int64 {
	i := 0
	if stranger {
		i = 1
	}
	p[i]++
	return p[i]
}

// oldestAtOnce is how many attempts are dropped because of their age with each that is filed: more than come.
const oldestAtOnce = 2048

func dropAttempts(tx *conn, p places, keep int, since time.Time) error {
	for i, last := range p {
		if _, err := tx.exec(`DELETE FROM attempt WHERE (device IS NULL) = ? AND place <= ?`, number(i), number(last-int64(keep))); err != nil {
			return err
		}
	}
	if since.IsZero() {
		return nil
	}
	_, err := tx.exec(`DELETE FROM attempt WHERE number IN (SELECT number FROM attempt ORDER BY number LIMIT ?)
		AND at < ? AND number < (SELECT max(number) FROM attempt)`, number(oldestAtOnce), millis(since))
	return err
}

// What finds attempts by their numbers, newest first and at most ?1, stretch by stretch as the indexes have them. Stretches
// in which nothing is left are passed over.
const (
	attempts  = `SELECT number, at, count, action, transport, remote, device, name, key, shown, reason, detail, profile, way, claims FROM attempt `
	stretches = `WITH RECURSIVE stretch (part) AS (SELECT max(number) >> 12 FROM attempt
		UNION ALL SELECT (SELECT max(number) FROM attempt WHERE number < part << 12) >> 12 FROM stretch WHERE part IS NOT NULL) `
	numbers = `SELECT * FROM (SELECT number FROM stretch CROSS JOIN attempt WHERE number >> 12 = part AND `
	newest  = ` ORDER BY number DESC LIMIT ?1`
	wanted  = `number < ?2 AND number > ?3 AND (?4 = '' OR reason = ?4) AND (?5 = 0 OR action = ?5) AND (?6 = 0 OR transport = ?6)
		AND (?7 = 0 OR (reason <> '') = ?7 - 1) AND (?8 IS NULL OR address BETWEEN ?8 AND ?9)
		AND (?10 IS NULL OR at >= ?10) AND (?11 IS NULL OR at < ?11) AND (?12 IS NULL OR profile = ?12)
		AND (?13 IS NULL OR (device IS NULL AND profile IS NULL) = ?13)`
)

// Attempts returns the newest attempts first.
func (r *Registry) Attempts(ctx context.Context, q muster.AttemptQuery) ([]muster.Attempt, error) {
	args := wantedArgs(&q)
	device, name := blob(q.Device[:]), text(q.Name)
	switch {
	case q.Device.IsZero() && q.Name == "" && !q.Profile.IsZero():
		return list(ctx, r.readers, readAttempt, attempts+`INDEXED BY attempt_by_profile WHERE profile = ?12 AND `+wanted+newest, args...)
	case q.Device.IsZero() && q.Name == "":
		return list(ctx, r.readers, readAttempt, attempts+`WHERE `+wanted+newest, args...)
	case q.Device.IsZero():
		return list(ctx, r.readers, readAttempt, stretches+attempts+`WHERE number IN (`+
			numbers+`name = ?14 AND `+wanted+newest+`))`+newest, append(args, name)...)
	case q.Name == "":
		return list(ctx, r.readers, readAttempt, stretches+attempts+`WHERE number IN (`+
			numbers+`device = ?14 AND `+wanted+newest+`))`+newest, append(args, device)...)
	}
	return list(ctx, r.readers, readAttempt, stretches+attempts+`WHERE number IN (`+
		numbers+`device = ?14 AND `+wanted+newest+`) UNION `+numbers+`name = ?15 AND `+wanted+newest+`))`+newest, append(args, device, name)...)
}

// wantedArgs are ?1 to ?13.
func wantedArgs(q *muster.AttemptQuery) []value {
	before := q.Before
	if before <= 0 {
		before = math.MaxInt64
	}
	var low, high value
	if q.Remote.IsValid() {
		low, high = address16(q.Remote.Masked().Addr()), blob(lastOf(q.Remote))
	}
	var stranger value
	if q.Stranger != nil {
		stranger = flag(*q.Stranger)
	}
	return []value{
		number(max(q.Limit, 0)), number(before), number(q.Since), text(q.Reason), number(q.Action), number(q.Transport),
		number(q.Outcome), low, high, millis(q.From), millis(q.To), idOrNull(q.Profile), stranger,
	}
}

// address16 returns an address in 16 bytes, the order of which is that of addresses.
func address16(a netip.Addr) value {
	if !a.IsValid() {
		return value{}
	}
	b := a.As16()
	return blob(b[:])
}

// lastOf returns the last address of a network, in 16 bytes.
func lastOf(n netip.Prefix) []byte {
	b := n.Masked().Addr().As16()
	bits := n.Bits()
	if n.Addr().Is4() {
		bits += 96
	}
	for i := bits; i < 128; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	return b[:]
}

// CountAttempts returns how often attempts ended with each reason, the most frequent first.
func (r *Registry) CountAttempts(ctx context.Context, from, to time.Time) ([]muster.ReasonCount, error) {
	return list(ctx, r.readers, func(r *row) muster.ReasonCount {
		return muster.ReasonCount{
			Reason: muster.Reason(r.text()), Action: integer[muster.Action](r), Count: integer[int](r), Entries: integer[int](r), LastAt: r.time(),
		}
	}, `SELECT reason, action, sum(count) AS many, count(*), max(at) FROM attempt WHERE (?1 IS NULL OR at >= ?1) AND (?2 IS NULL OR at < ?2)
		GROUP BY reason, action ORDER BY many DESC, reason, action`, millis(from), millis(to))
}
