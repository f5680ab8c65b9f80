package mqttd

import "muster"

// A ring keeps the publishes of one session in the order they came, from the oldest that is not acknowledged on. A
// session has one only while something is in it.
type ring struct {
	head, tail uint64 // tags of the oldest, and of the next to come
	waiting    int    // how many are not answered
	slots      [window]slot
}

// A slot is one publish.
type slot struct {
	id       uint16
	qos      byte
	answered bool
	reply    *reply // nil: it went well, and that is all there is to say
}

// A reply is an answer that is more than yes.
type reply struct {
	message muster.Message
	err     error
}

func (r *ring) full() bool { return r.tail-r.head == window }

func (r *ring) empty() bool { return r.tail == r.head }

// push adds a publish and returns the tag to answer it by.
func (r *ring) push(id uint16, qos byte) (tag uint64) {
	tag = r.tail
	r.slots[tag%window] = slot{id: id, qos: qos}
	r.tail++
	r.waiting++
	return tag
}

// answer keeps what became of a publish until its turn.
func (r *ring) answer(tag uint64, m muster.Message, err error) {
	s := &r.slots[tag%window]
	if err != nil || m.Address != "" {
		s.reply = &reply{m, err}
	}
	s.answered = true
	r.waiting--
}

// oldest returns the publish whose turn it is, if it is answered.
func (r *ring) oldest() *slot {
	if s := &r.slots[r.head%window]; !r.empty() && s.answered {
		return s
	}
	return nil
}

// pop removes the oldest.
func (r *ring) pop() {
	r.slots[r.head%window] = slot{}
	r.head++
}
