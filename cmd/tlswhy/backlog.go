package main

import (
	"bytes"
	"time"

	"tlswhy/decode/capture"
)

// behind is how long packets wait for their secrets: a client writes them down
// after the packets that they are for have passed.
const behind = 400 * time.Millisecond

const maxBehind = 256 << 20 // bytes that may wait

// backlog holds packets back for a time.
type backlog struct {
	list  []capture.Packet
	bytes int
	keys  *keyFile
}

// add takes a copy of a packet.
func (b *backlog) add(p *capture.Packet) {
	q := *p
	q.Data = bytes.Clone(p.Data)
	b.bytes += len(q.Data)
	b.list = append(b.list, q)
}

// release hands on the packets from before a time, and those that are too many;
// the secrets that came until now go first.
func (b *backlog) release(before int64, secrets func([]byte), packet func(*capture.Packet)) {
	n := 0
	for n < len(b.list) && (b.list[n].Time <= before || b.bytes > maxBehind) {
		if n == 0 {
			secrets(b.keys.more())
		}
		b.bytes -= len(b.list[n].Data)
		packet(&b.list[n])
		n++
	}
	if n > 0 {
		b.list = append([]capture.Packet(nil), b.list[n:]...)
	}
}
