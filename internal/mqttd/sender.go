package mqttd

import "syscall"

// A sender writes to a socket what it takes without waiting.
type sender struct {
	b   []byte
	n   int
	err error
	try func(fd uintptr) bool
}

func newSender() *sender {
	s := new(sender)
	s.try = s.attempt
	return s
}

// attempt is called by the runtime, and always done: what is left over is for the queue.
func (s *sender) attempt(fd uintptr) bool {
	for s.n < len(s.b) {
		n, err := syscall.Write(int(fd), s.b[s.n:])
		if n > 0 {
			s.n += n
		}
		switch err {
		case nil, syscall.EINTR:
		case syscall.EAGAIN:
			return true
		default:
			s.err = err
			return true
		}
	}
	return true
}

// send writes as much of b as the socket takes now.
func (p *buffers) send(raw syscall.RawConn, b []byte) (int, error) {
	s := p.senders.Get().(*sender)
	s.b, s.n, s.err = b, 0, nil
	err := raw.Write(s.try)
	if err == nil {
		err = s.err
	}
	n := s.n
	s.b, s.err = nil, nil
	p.senders.Put(s)
	return n, err
}
