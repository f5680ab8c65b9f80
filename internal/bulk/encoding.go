package bulk

import (
	"bufio"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// decoded returns the text of r in UTF-8, without a byte order mark. UTF-16 is known by its mark, or by a zero in one of the
// first two bytes, as files of devices begin with a plain character; everything else is taken for UTF-8.
func decoded(r io.Reader) io.Reader {
	in := bufio.NewReaderSize(r, 4<<10)
	head, _ := in.Peek(3) // an error comes again when it is read
	skip := func(n int) { _, _ = in.Discard(n) }
	two := len(head) >= 2
	switch {
	case len(head) == 3 && head[0] == 0xEF && head[1] == 0xBB && head[2] == 0xBF:
		skip(3)
	case two && head[0] == 0xFF && head[1] == 0xFE:
		skip(2)
		return &utf16Reader{in: in, low: 0}
	case two && head[0] == 0xFE && head[1] == 0xFF:
		skip(2)
		return &utf16Reader{in: in, low: 1}
	case two && head[0] != 0 && head[1] == 0:
		return &utf16Reader{in: in, low: 0}
	case two && head[0] == 0 && head[1] != 0:
		return &utf16Reader{in: in, low: 1}
	}
	return in
}

// A utf16Reader turns UTF-16 into UTF-8. What is none becomes U+FFFD.
type utf16Reader struct {
	in   *bufio.Reader
	low  int    // where in a pair of bytes the low one stands
	left []byte // encoded and not handed out yet
	room [utf8.UTFMax]byte
	held rune // a unit that was read too early
	has  bool
}

// Read hands out whole and partial characters.
func (u *utf16Reader) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(u.left) == 0 {
			r, err := u.rune()
			if err != nil {
				if n > 0 {
					return n, nil
				}
				return 0, err
			}
			u.left = utf8.AppendRune(u.room[:0], r)
		}
		copied := copy(p[n:], u.left)
		u.left = u.left[copied:]
		n += copied
	}
	return n, nil
}

func (u *utf16Reader) rune() (rune, error) {
	first, err := u.unit()
	if err != nil || !utf16.IsSurrogate(first) {
		return first, err
	}
	second, err := u.unit()
	if err != nil {
		return utf8.RuneError, nil // the next call tells
	}
	if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
		return r, nil
	}
	u.held, u.has = second, true
	return utf8.RuneError, nil
}

func (u *utf16Reader) unit() (rune, error) {
	if u.has {
		u.has = false
		return u.held, nil
	}
	var pair [2]byte
	switch _, err := io.ReadFull(u.in, pair[:]); {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return utf8.RuneError, nil // half a unit
	case err != nil:
		return 0, err
	}
	return rune(pair[u.low]) | rune(pair[1-u.low])<<8, nil
}
