package main

import (
	"bytes"
	"fmt"

	"tlswhy/analyze"
	"tlswhy/analyze/render"
	"tlswhy/decode/capture"
)

const (
	usualKeep   = 64 << 20 // bytes of recent packets
	maxKeptConn = 1 << 20  // of one connection: a handshake is far smaller
)

// recent keeps the packets of connections that may yet fail, so that a failing
// one can be written from its SYN.
type recent struct {
	dump  *dump
	live  *render.Live
	limit int
	bytes int
	conns map[flowID]*kept
	order []flowID // by their first packets; of some nothing is kept any more
}

// kept are the packets of one connection.
type kept struct {
	packets []capture.Packet
	bytes   int
	written bool // it failed: its packets go to the file at once
	lost    bool // it was too large, or too old
}

func newRecent(d *dump, live *render.Live, limit int) *recent {
	if limit <= 0 {
		limit = usualKeep
	}
	return &recent{dump: d, live: live, limit: limit, conns: map[flowID]*kept{}}
}

// add takes a packet of a connection.
func (r *recent) add(id flowID, p *capture.Packet) {
	k := r.conns[id]
	if k == nil {
		k = &kept{}
		r.conns[id] = k
		r.order = append(r.order, id)
	}
	switch {
	case k.written:
		r.dump.write(p)
		return
	case k.lost:
		return
	case k.bytes+len(p.Data) > maxKeptConn:
		r.bytes -= k.bytes
		*k = kept{lost: true}
		return
	}
	q := *p
	q.Data = bytes.Clone(p.Data)
	k.packets = append(k.packets, q)
	k.bytes += len(q.Data) + 128
	r.bytes += len(q.Data) + 128
	for r.bytes > r.limit && len(r.order) > 0 {
		r.forget(r.order[0])
		r.order = r.order[1:]
	}
	if len(r.order) > 64 && len(r.order) > 4*len(r.conns) {
		r.tidy()
	}
}

// tidy takes out of the order what is kept no more.
func (r *recent) tidy() {
	list := make([]flowID, 0, len(r.conns))
	seen := make(map[flowID]bool, len(r.conns))
	for _, id := range r.order {
		if r.conns[id] != nil && !seen[id] {
			seen[id] = true
			list = append(list, id)
		}
	}
	r.order = list
}

// forget gives the packets of a connection up: it is over, and well, or there
// is no more room.
func (r *recent) forget(id flowID) {
	if k := r.conns[id]; k != nil {
		r.bytes -= k.bytes
		delete(r.conns, id)
	}
}

// failed writes a failing connection: its first packet says why it is there,
// and those that prove it what they show.
func (r *recent) failed(id flowID, h *analyze.Handshake) {
	k := r.conns[id]
	if k == nil {
		k = &kept{lost: true}
		r.conns[id] = k
		r.order = append(r.order, id)
	}
	if k.written {
		return
	}
	comments := map[int][]string{}
	for _, f := range h.Findings {
		for _, e := range f.Evidence {
			comments[e.Frame] = append(comments[e.Frame], r.live.Text(e.Text))
		}
	}
	for i := range k.packets {
		p := &k.packets[i]
		text := comments[p.Number]
		if i == 0 {
			text = append([]string{fmt.Sprintf("tlswhy: %s", r.live.Verdict(h))}, text...)
		}
		r.dump.write(p, text...)
	}
	r.bytes -= k.bytes
	*k = kept{written: true}
}
