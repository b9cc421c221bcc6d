package stream

import (
	"slices"
	"time"
)

const (
	wheelSlots = 4096
	wheelStep  = int64(250 * time.Millisecond)
	maxTime    = 1 << 62 // year 2116; keeps sums of times in range
)

// wheel holds every open connection in the slot of the time at which it
// has to be looked at again: a list through Conn.prev and Conn.next. A packet
// only sets Conn.seen; a connection that turns out to be alive is put into a
// later slot.
type wheel struct {
	heads [wheelSlots]uint32 // Conn.ref
	now   int64              // capture time up to which slots were looked at, a multiple of wheelStep
	begun bool
}

func slotOf(time int64) uint16 { return uint16(uint64(time/wheelStep) % wheelSlots) }

// Tick tells the table the time of the capture, so that idle connections
// are closed when only other packets come. Segment calls it.
func (t *Table) Tick(now int64) {
	now = min(max(now, 0), maxTime)
	if d := now - t.wheel.now; d < wheelStep && d > -int64(t.lim.Idle) && t.wheel.begun {
		return
	}
	t.turn(now - now%wheelStep)
}

func (t *Table) turn(now int64) {
	w := &t.wheel
	first := max(w.now, now-wheelSlots*wheelStep)
	again := w.begun && now > w.now
	w.now, w.begun = now, true
	if !again {
		return // the first packet, or an older capture follows
	}
	for at := first; at < now; at += wheelStep {
		t.expire(slotOf(at))
	}
}

// expire looks at the connections of one slot. Those that go on are put into
// a slot of the future.
func (t *Table) expire(slot uint16) {
	ref := t.wheel.heads[slot]
	t.wheel.heads[slot] = 0
	for ref != 0 {
		c := t.conns[ref-1]
		ref = c.next
		c.prev, c.next, c.armed = 0, 0, false
		t.settle(c)
		if due := t.deadline(c); due > t.wheel.now && !c.muted {
			t.arm(c, due)
			continue
		}
		c.revive = !c.closed && !c.muted
		t.expired = append(t.expired, c)
	}
	slices.SortFunc(t.expired, byNumber)
	for i, c := range t.expired {
		t.finish(c)
		t.expired[i] = nil
	}
	t.expired = t.expired[:0]
}

// deadline returns when c is to be closed if nothing more comes.
func (t *Table) deadline(c *Conn) int64 {
	if c.seen > t.wheel.now+int64(t.lim.Idle) {
		c.seen = t.wheel.now // from a capture of a later time
	}
	if c.Half[0].missing() || c.Half[1].missing() {
		return t.wheel.now + wheelStep
	}
	if c.closed {
		return c.seen + int64(t.lim.Linger)
	}
	return c.seen + int64(t.lim.Idle)
}

// arm puts c into the slot of at, or the nearest that the wheel has.
func (t *Table) arm(c *Conn, at int64) {
	at = min(max(at, t.wheel.now), t.wheel.now+(wheelSlots-1)*wheelStep)
	c.due, c.armed = slotOf(at), true
	head := &t.wheel.heads[c.due]
	c.prev, c.next = 0, *head
	if *head != 0 {
		t.conns[*head-1].prev = c.ref
	}
	*head = c.ref
}

func (t *Table) disarm(c *Conn) {
	if !c.armed {
		return
	}
	if c.prev != 0 {
		t.conns[c.prev-1].next = c.next
	} else {
		t.wheel.heads[c.due] = c.next
	}
	if c.next != 0 {
		t.conns[c.next-1].prev = c.prev
	}
	c.prev, c.next, c.armed = 0, 0, false
}

// soon has c looked at after at, sooner than it would be.
func (t *Table) soon(c *Conn, at int64) {
	t.disarm(c)
	t.arm(c, at)
}

// evict closes a connection to make room: of those that are to be looked at
// first, the one that is idle for longest.
func (t *Table) evict() {
	at := t.wheel.now
	for t.wheel.heads[slotOf(at)] == 0 {
		at += wheelStep
	}
	var victim *Conn
	for n, ref := 0, t.wheel.heads[slotOf(at)]; ref != 0 && n < 16; n++ {
		c := t.conns[ref-1]
		if victim == nil || c.seen < victim.seen {
			victim = c
		}
		ref = c.next
	}
	victim.revive = !victim.closed
	t.stats.Evicted++
	t.finish(victim)
}
