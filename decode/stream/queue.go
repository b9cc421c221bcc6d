package stream

import (
	"slices"
	"sort"
)

// queue holds the bytes of one direction that lie behind a hole, sorted and
// without overlap. What was seen first stays.
type queue struct {
	pieces []piece
	bytes  int // captured bytes in pieces
}

// piece is a run of bytes of one packet. n is its length on the wire; of
// these the first len(b) are there.
type piece struct {
	off, n int64
	b      []byte
	frame  int
	time   int64
}

func (p *piece) end() int64 { return p.off + p.n }

// cut takes n bytes off the front.
func (p *piece) cut(n int64) {
	n = min(n, p.n)
	p.off += n
	p.n -= n
	p.b = p.b[min(n, int64(len(p.b))):]
}

// first returns the offset of the first byte. The queue is not empty.
func (q *queue) first() int64 { return q.pieces[0].off }

// add keeps a copy of what p has that is not there yet, and returns how many
// bytes that is.
func (q *queue) add(p piece) int {
	before := q.bytes
	i := sort.Search(len(q.pieces), func(i int) bool { return q.pieces[i].end() > p.off })
	for p.n > 0 {
		free := p.n
		if i < len(q.pieces) {
			free = min(free, q.pieces[i].off-p.off)
		}
		if free <= 0 {
			p.cut(q.pieces[i].end() - p.off)
			i++
			continue
		}
		part := p
		part.n = free
		part.b = slices.Clone(p.b[:min(free, int64(len(p.b)))])
		q.pieces = slices.Insert(q.pieces, i, part)
		q.bytes += len(part.b)
		p.cut(free)
		i++
	}
	return q.bytes - before
}

func (q *queue) pop() piece {
	p := q.pieces[0]
	q.pieces[0].b = nil
	q.pieces = q.pieces[1:]
	q.bytes -= len(p.b)
	return p
}

// covered returns how many bytes from start to before end are there.
func (q *queue) covered(start, end int64) int64 {
	n := int64(0)
	i := sort.Search(len(q.pieces), func(i int) bool { return q.pieces[i].end() > start })
	for ; i < len(q.pieces) && q.pieces[i].off < end; i++ {
		n += min(end, q.pieces[i].end()) - max(start, q.pieces[i].off)
	}
	return n
}

// move adds by to every offset and drops what comes to lie before 0. It
// returns how many captured bytes that were.
func (q *queue) move(by int64) int {
	before := q.bytes
	kept := q.pieces[:0]
	for _, p := range q.pieces {
		p.off += by
		whole := len(p.b)
		if p.off < 0 {
			p.cut(-p.off)
		}
		q.bytes -= whole - len(p.b)
		if p.n > 0 {
			kept = append(kept, p)
		}
	}
	q.pieces = kept
	return before - q.bytes
}

// unseen returns how many of n bytes at off were neither handed on nor wait.
func (h *Half) unseen(off, n int64) int {
	start, end := max(off, h.Next), off+n
	if start >= end {
		return 0
	}
	if h.waiting != nil {
		return int(end - start - h.waiting.covered(start, end))
	}
	return int(end - start)
}
