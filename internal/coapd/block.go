package coapd

import (
	"time"

	"github.com/plgd-dev/go-coap/v3/message/codes"
)

const (
	largestBlock = 6 // as an exponent: 1024 bytes
	bodyPatience = time.Minute
)

// A block says which part of a body a message carries. [RFC 7959, 2.2]
type block struct {
	number uint32
	more   bool
	size   uint8 // as an exponent: 2^(size+4) bytes
}

func (b block) value() uint32 {
	v := b.number<<4 | uint32(b.size)
	if b.more {
		v |= 1 << 3
	}
	return v
}

// readBlock reads a block option; ok is false for the size that is reserved.
func readBlock(value []byte) (b block, ok bool) {
	v := uintOption(value)
	b = block{number: v >> 4, more: v&(1<<3) != 0, size: uint8(v & 7)}
	return b, b.size <= largestBlock
}

func (b block) bytes() int  { return 16 << b.size }
func (b block) offset() int { return int(b.number) * b.bytes() }

// An upload is a body of which not all blocks have come. A peer has at most one.
type upload struct {
	key  string // method and address
	body []byte
	at   time.Time
}

// A download is an answer of which not all blocks were fetched. A peer has at most one.
type download struct {
	key    string
	answer answer // with the whole payload
	at     time.Time
}

// takeBlock adds a block to the body that p sends to key; announced is how large the whole will be, 0 if that was not
// said. After the last block it returns the body, with done set, and the caller gives its bytes back with release.
// Otherwise reply asks for the next block or says what is wrong.
func (p *peer) takeBlock(key string, b block, payload []byte, announced int, now time.Time) (body []byte, reply answer, done bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if b.number == 0 {
		p.dropUpload()
		p.upload = &upload{key: key}
	}
	if reply = p.addBlock(key, b, payload, announced); reply.code != codes.Continue {
		p.dropUpload()
		return nil, reply, false
	}
	if b.more {
		p.upload.at = now
		reply.block1 = &b
		return nil, reply, false
	}
	body, p.upload = p.upload.body, nil
	return body, answer{}, true
}

// addBlock adds a block to the unfinished body if it belongs there. The caller holds mu.
func (p *peer) addBlock(key string, b block, payload []byte, announced int) answer {
	u, end := p.upload, b.offset()+len(payload)
	switch {
	case p.gone: // and nobody would give its body up
		return bare(codes.ServiceUnavailable)
	case u == nil || u.key != key || b.offset() > len(u.body) || !b.more && end < len(u.body):
		return bare(codes.RequestEntityIncomplete)
	case b.more && len(payload) != b.bytes():
		return bare(codes.BadRequest)
	case max(end, announced) > p.server.o.MaxBody:
		return tooLarge(p.server.o.MaxBody)
	}
	if fresh := end - len(u.body); fresh > 0 {
		if !p.server.reserve(fresh) {
			return bare(codes.ServiceUnavailable)
		}
		u.body = append(u.body, payload[len(payload)-fresh:]...)
	}
	return bare(codes.Continue)
}

// dropUpload gives up the unfinished body. The caller holds mu.
func (p *peer) dropUpload() {
	if p.upload != nil {
		p.server.release(len(p.upload.body))
		p.upload = nil
	}
}

// reserve takes n bytes from what all unfinished bodies may hold.
func (s *Server) reserve(n int) bool {
	if s.uploading.Add(int64(n)) > maxUploading {
		s.uploading.Add(int64(-n))
		return false
	}
	return true
}

func (s *Server) release(n int) { s.uploading.Add(int64(-n)) }

// cut returns the part of a whole answer that one message carries. What does not fit is kept for the blocks that the
// client asks for next.
func (p *peer) cut(key string, whole answer, asked block, now time.Time) answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.keep(key, whole, asked, now)
}

// keep is cut for who holds mu.
func (p *peer) keep(key string, whole answer, asked block, now time.Time) answer {
	if asked.number == 0 && len(whole.payload) <= asked.bytes() {
		return whole
	}
	p.download = &download{key: key, answer: whole, at: now}
	p.download.answer.observation = nil // the first block alone says that it is one
	return slice(whole, asked)
}

// fetch returns a further part of the answer that is kept for key.
func (p *peer) fetch(key string, asked block) (answer, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.download == nil || p.download.key != key {
		return answer{}, false
	}
	return slice(p.download.answer, asked), true
}

func slice(whole answer, asked block) answer {
	from := asked.offset()
	if from >= len(whole.payload) {
		return bare(codes.BadRequest)
	}
	to := min(from+asked.bytes(), len(whole.payload))
	part := whole
	part.payload = whole.payload[from:to]
	part.block2 = &block{number: asked.number, more: to < len(whole.payload), size: asked.size}
	return part
}

// giveUpBody forgets bodies whose next block does not come.
func (p *peer) giveUpBody(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.upload != nil && now.Sub(p.upload.at) > bodyPatience {
		p.dropUpload()
	}
	if p.download != nil && now.Sub(p.download.at) > bodyPatience {
		p.download = nil
	}
}
