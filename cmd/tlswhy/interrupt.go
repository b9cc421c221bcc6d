package main

import (
	"context"
	"errors"
	"io"
)

var errInterrupted = errors.New("interrupted")

// interruptible reads from a pipe or terminal until the context ends: a read
// that waits for more is left alone, its bytes are not missed.
func interruptible(ctx context.Context, r io.Reader) io.Reader {
	if ctx.Done() == nil {
		return r
	}
	p := &pipe{ctx: ctx, pieces: make(chan piece), free: make(chan []byte, 2)}
	p.free <- make([]byte, 256<<10)
	p.free <- make([]byte, 256<<10)
	go p.fill(r)
	return p
}

type piece struct {
	buf []byte
	n   int
	err error
}

type pipe struct {
	ctx    context.Context
	pieces chan piece
	free   chan []byte
	at     piece
	off    int
	err    error // what ended the reading; every later call returns it
}

// fill reads ahead by one piece.
func (p *pipe) fill(r io.Reader) {
	for {
		select {
		case buf := <-p.free:
			n, err := r.Read(buf)
			select {
			case p.pieces <- piece{buf, n, err}:
			case <-p.ctx.Done():
				return
			}
			if err != nil {
				return
			}
		case <-p.ctx.Done():
			return
		}
	}
}

func (p *pipe) Read(b []byte) (int, error) {
	for p.off == p.at.n {
		if p.at.err != nil {
			p.err = p.at.err
		}
		if p.err != nil {
			return 0, p.err
		}
		if p.at.buf != nil {
			p.free <- p.at.buf
			p.at.buf = nil
		}
		select {
		case p.at = <-p.pieces:
			p.off = 0
		case <-p.ctx.Done():
			p.err = errInterrupted
		}
	}
	n := copy(b, p.at.buf[p.off:p.at.n])
	p.off += n
	return n, nil
}
