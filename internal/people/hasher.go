package people

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"muster"
)

// A Cost is what the hash of a password takes.
type Cost struct {
	Memory uint32 // KiB
	Passes uint32
}

// DefaultCost is that of RFC 9106 for where memory is short, on one thread: some 64 MB for a tenth of a second.
func DefaultCost() Cost { return Cost{Memory: 64 << 10, Passes: 3} }

const (
	saltLength  = 16
	hashLength  = 32
	hashWaiting = 8 // so many may wait for a turn; whoever comes then hears that the server is busy
)

// A hasher makes and compares argon2id hashes. There are two turns, so that at most two hashes are made at once: one for
// those who have signed in from where they are, and one for everybody else, so that a flood of strangers delays strangers.
type hasher struct {
	cost     Cost
	decoy    string // the hash of nobody's password, of the usual cost
	known    turn
	stranger turn
}

func newHasher(cost Cost) *hasher {
	if cost == (Cost{}) {
		cost = DefaultCost()
	}
	salt, sum := make([]byte, saltLength), make([]byte, hashLength)
	_, _ = rand.Read(salt) // never fails since Go 1.24
	_, _ = rand.Read(sum)
	return &hasher{cost: cost, decoy: encodeHash(cost, salt, sum), known: newTurn(), stranger: newTurn()}
}

// A turn lets one work and a bounded number wait.
type turn struct {
	waiting chan struct{}
	working chan struct{}
}

func newTurn() turn {
	return turn{waiting: make(chan struct{}, 1+hashWaiting), working: make(chan struct{}, 1)}
}

// take does the work when it is its turn. Refused with ReasonServerBusy if too many wait already.
func (t turn) take(ctx context.Context, work func()) error {
	select {
	case t.waiting <- struct{}{}:
	default:
		return muster.Refuse(muster.ReasonServerBusy, "too many sign in at once; try again")
	}
	defer func() { <-t.waiting }()
	select {
	case t.working <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-t.working }()
	work()
	return nil
}

// hash returns the hash of a password, with its cost and salt in it.
func (h *hasher) hash(ctx context.Context, password muster.Secret) (text string, err error) {
	salt := make([]byte, saltLength)
	_, _ = rand.Read(salt)
	err = h.known.take(ctx, func() { text = encodeHash(h.cost, salt, h.sum(h.cost, password, salt)) })
	return text, err
}

// same reports whether text is the hash of the password.
func (h *hasher) same(ctx context.Context, t turn, text string, password muster.Secret) (same bool, err error) {
	cost, salt, want, err := decodeHash(text)
	if err != nil {
		return false, err
	}
	err = t.take(ctx, func() { same = subtle.ConstantTimeCompare(h.sum(cost, password, salt), want) == 1 })
	return same, err
}

func (*hasher) sum(cost Cost, password muster.Secret, salt []byte) []byte {
	return argon2.IDKey([]byte(password), salt, cost.Passes, cost.Memory, 1, hashLength)
}

// encodeHash writes a hash in the usual form of argon2's own tools.
func encodeHash(cost Cost, salt, sum []byte) string {
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, cost.Memory, cost.Passes, b.EncodeToString(salt), b.EncodeToString(sum))
}

var errHash = errors.New("a password's hash cannot be read")

func decodeHash(text string) (cost Cost, salt, sum []byte, err error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return cost, nil, nil, errHash
	}
	var version int
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=1", &version, &cost.Memory, &cost.Passes); err != nil || version != argon2.Version {
		return cost, nil, nil, errHash
	}
	if salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return cost, nil, nil, errHash
	}
	if sum, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil {
		return cost, nil, nil, errHash
	}
	return cost, salt, sum, nil
}
