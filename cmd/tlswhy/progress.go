package main

import (
	"fmt"
	"io"
	"time"
)

// progress tells how far a long input was read, on a terminal only. It shows
// nothing in the first second.
type progress struct {
	w     io.Writer // nil: nothing is shown
	name  string
	size  int64 // 0: not known
	done  int64
	next  time.Time
	shown bool
}

func newProgress(in *input, size int64) *progress {
	p := &progress{name: printable(in.shown()), size: size, next: time.Now().Add(time.Second)}
	if in.o.progress && isTerminal(in.std.err) {
		p.w = in.std.err
	}
	return p
}

// count counts the bytes that are read.
func (p *progress) count(r io.Reader) io.Reader { return &counter{r, p} }

type counter struct {
	r io.Reader
	p *progress
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.p.done += int64(n)
	return n, err
}

// tick is called with the number of each packet.
func (p *progress) tick(packets int) {
	if p.w == nil || packets&0x3fff != 0 {
		return
	}
	now := time.Now()
	if now.Before(p.next) {
		return
	}
	p.next, p.shown = now.Add(200*time.Millisecond), true
	if p.size > 0 {
		fmt.Fprintf(p.w, "\r\x1b[K%s: %d %%, %d packets", p.name, 100*p.done/p.size, packets)
		return
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s: %d MB, %d packets", p.name, p.done>>20, packets)
}

// clear takes the line away.
func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}
