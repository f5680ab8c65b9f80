package journal

import "muster"

const (
	mostCertificates = 256     // that are remembered
	maxCertificate   = 4 << 10 // bytes of one; a longer one is not remembered
)

// certificates are the newest that nobody had when they were shown, so that somebody may register one. They are in memory
// alone: what strangers show takes no room on the disk, and a device that is still there shows its certificate again.
type certificates struct {
	ring [mostCertificates]certificate
	next int // the oldest, which goes first
}

// A certificate is one that was shown.
type certificate struct {
	number int64 // of the attempt
	der    []byte
}

func (c *certificates) put(number int64, der []byte) {
	c.ring[c.next] = certificate{number, der}
	c.next = (c.next + 1) % mostCertificates
}

func (c *certificates) of(number int64) []byte {
	for i := range c.ring {
		if c.ring[i].number == number {
			return c.ring[i].der
		}
	}
	return nil
}

// taken is a certificate that was taken from an attempt which has no number yet.
type taken struct {
	index int
	der   []byte
}

// takeCertificates takes from attempts what is not to be filed.
func takeCertificates(attempts []muster.Attempt) (all []taken) {
	for i := range attempts {
		if der := attempts[i].Certificate; der != nil {
			all = append(all, taken{i, der})
			attempts[i].Certificate = nil
		}
	}
	return all
}
