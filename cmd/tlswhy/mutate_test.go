package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"slices"

	"github.com/klauspost/compress/zstd"
)

// captureFile is a capture taken apart as far as mutations need it: its head, and
// its packets (classic) or blocks (pcapng) with their own headers.
type captureFile struct {
	head   []byte
	pieces [][]byte
	order  binary.ByteOrder
	ng     bool
}

// maxUnpacked bounds what a compressed capture is unpacked to.
const maxUnpacked = 4 << 20

// unpacked returns the content of a compressed file, or the file.
func unpacked(file []byte) []byte {
	var r io.Reader
	switch {
	case bytes.HasPrefix(file, []byte{0x1f, 0x8b, 8}):
		z, err := gzip.NewReader(bytes.NewReader(file))
		if err != nil {
			return file
		}
		r = z
	case bytes.HasPrefix(file, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(bytes.NewReader(file), zstd.WithDecoderConcurrency(1))
		if err != nil {
			return file
		}
		defer z.Close()
		r = z
	default:
		return file
	}
	b, _ := io.ReadAll(io.LimitReader(r, maxUnpacked))
	return b
}

// takeApart never fails: what is not understood is one piece.
func takeApart(file []byte) captureFile {
	if len(file) < 28 {
		return captureFile{head: file, order: binary.LittleEndian}
	}
	switch binary.BigEndian.Uint32(file) {
	case 0x0a0d0d0a:
		c := captureFile{order: binary.LittleEndian, ng: true}
		if file[8] == 0x1a {
			c.order = binary.BigEndian
		}
		c.pieces = cut(file, func(rest []byte) int { return int(c.order.Uint32(rest[4:])) })
		c.head, c.pieces = c.pieces[0], c.pieces[1:]
		return c
	case 0xd4c3b2a1, 0x4d3cb2a1:
		return takePcapApart(file, binary.LittleEndian)
	case 0xa1b2c3d4, 0xa1b23c4d:
		return takePcapApart(file, binary.BigEndian)
	}
	return captureFile{head: file[:24], pieces: [][]byte{file[24:]}, order: binary.LittleEndian}
}

func takePcapApart(file []byte, order binary.ByteOrder) captureFile {
	return captureFile{head: file[:24], order: order, pieces: cut(file[24:], func(rest []byte) int { return 16 + int(order.Uint32(rest[8:])) })}
}

// cut divides b into pieces of the lengths that their first 16 bytes give.
func cut(b []byte, length func([]byte) int) [][]byte {
	var out [][]byte
	for len(b) > 0 {
		n := len(b)
		if len(b) >= 16 {
			if l := length(b); l >= 12 && l < n {
				n = l
			}
		}
		out = append(out, b[:n])
		b = b[n:]
	}
	return out
}

func (c *captureFile) bytes() []byte { return slices.Concat(append([][]byte{c.head}, c.pieces...)...) }

// mutator makes captures that no tool wrote. The same seed makes the same.
type mutator struct {
	*rand.Rand
	others [][]byte // to splice with
}

// mutation changes a capture in place, or makes another one.
type mutation func(*mutator, *captureFile)

// mutations are the ways, each as often as it stands here.
var mutations = []mutation{
	(*mutator).flipBits, (*mutator).flipBits, (*mutator).fill, (*mutator).insert, (*mutator).remove,
	(*mutator).lengths, (*mutator).lengths, (*mutator).lengths, (*mutator).snap,
	(*mutator).swap, (*mutator).repeat, (*mutator).drop, (*mutator).retime, (*mutator).words,
	(*mutator).splice, (*mutator).graft,
}

// mutate returns a capture changed in one to four ways, and sometimes cut.
func (m *mutator) mutate(file []byte) []byte {
	c := takeApart(file)
	for range 1 + m.IntN(4) {
		mutations[m.IntN(len(mutations))](m, &c)
	}
	b := c.bytes()
	if m.IntN(5) == 0 && len(b) > 0 {
		b = b[:m.IntN(len(b))]
	}
	return b
}

// piece chooses one and makes a copy of it that may be changed; nil without
// any.
func (m *mutator) piece(c *captureFile) []byte {
	if len(c.pieces) == 0 {
		return nil
	}
	i := m.IntN(len(c.pieces))
	c.pieces[i] = bytes.Clone(c.pieces[i])
	return c.pieces[i]
}

// body is what follows the header of a packet or block.
func body(p []byte, c *captureFile) []byte {
	n := 16
	if c.ng {
		n = 28
	}
	return p[min(n, len(p)):]
}

func (m *mutator) flipBits(c *captureFile) {
	for range 1 + m.IntN(8) {
		p := m.piece(c)
		if m.IntN(4) > 0 {
			p = body(p, c)
		}
		if len(p) > 0 {
			p[m.IntN(len(p))] ^= 1 << m.IntN(8)
		}
	}
}

// fill overwrites a run with one value or with noise.
func (m *mutator) fill(c *captureFile) {
	p := body(m.piece(c), c)
	if len(p) == 0 {
		return
	}
	at := m.IntN(len(p))
	run := p[at:min(len(p), at+1+m.IntN(64))]
	value := []byte{0, 0xff, 0x16, byte(m.Uint32())}[m.IntN(4)]
	for i := range run {
		if run[i] = value; m.IntN(8) == 0 {
			value = byte(m.Uint32())
		}
	}
}

// insert and remove change the length of a packet without saying so.
func (m *mutator) insert(c *captureFile) {
	if len(c.pieces) == 0 {
		return
	}
	i := m.IntN(len(c.pieces))
	p := c.pieces[i]
	at := m.IntN(len(p) + 1)
	c.pieces[i] = m.relength(c, slices.Concat(p[:at], make([]byte, 1+m.IntN(40)), p[at:]))
}

func (m *mutator) remove(c *captureFile) {
	if len(c.pieces) == 0 {
		return
	}
	i := m.IntN(len(c.pieces))
	p := c.pieces[i]
	at := m.IntN(len(p))
	c.pieces[i] = m.relength(c, slices.Concat(p[:at], p[min(len(p), at+1+m.IntN(40)):]))
}

// snap cuts a packet short as a snap length does.
func (m *mutator) snap(c *captureFile) {
	if len(c.pieces) == 0 {
		return
	}
	i := m.IntN(len(c.pieces))
	p := c.pieces[i]
	c.pieces[i] = m.relength(c, bytes.Clone(p[:len(p)-m.IntN(len(p))]))
}

// relength mostly makes the lengths of the file format right again, so that
// the reader gets as far as the packet.
func (m *mutator) relength(c *captureFile, p []byte) []byte {
	if m.IntN(8) == 0 {
		return p
	}
	if !c.ng {
		if len(p) >= 16 {
			c.order.PutUint32(p[8:], uint32(len(p)-16))
		}
		return p
	}
	for len(p)%4 != 0 {
		p = append(p, 0)
	}
	if len(p) >= 32 {
		c.order.PutUint32(p[4:], uint32(len(p)))
		c.order.PutUint32(p[len(p)-4:], uint32(len(p)))
		if c.order.Uint32(p) == 6 {
			c.order.PutUint32(p[20:], uint32(len(p)-32))
		}
	}
	return p
}

// lengths changes a field that is the length of what follows it, or any.
func (m *mutator) lengths(c *captureFile) {
	p := m.piece(c)
	if m.IntN(8) > 0 {
		p = body(p, c)
	}
	if len(p) < 8 {
		return
	}
	width := []int{1, 2, 2, 2, 3, 4}[m.IntN(6)]
	var found []int
	for at := 0; at+width <= len(p); at++ {
		if n := number(p[at : at+width]); n > 0 && (n == len(p)-at-width || width < 4 && n > 1 && n <= len(p)-at-width) {
			found = append(found, at)
		}
	}
	at := m.IntN(len(p) - width + 1)
	if len(found) > 0 && m.IntN(4) > 0 {
		at = found[m.IntN(len(found))]
	}
	put(p[at:at+width], number(p[at:at+width]), m)
}

func number(b []byte) int {
	n := 0
	for _, c := range b {
		n = n<<8 | int(c)
	}
	return n
}

// put writes a number that lies in wait for those who add or subtract.
func put(b []byte, was int, m *mutator) {
	top := 1<<(8*len(b)) - 1
	n := []int{0, 1, was - 1, was + 1, was * 2, was / 2, top, top - 1, top / 2, top/2 + 1, m.IntN(top + 1)}[m.IntN(11)]
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = byte(n)
		n >>= 8
	}
}

func (m *mutator) swap(c *captureFile) {
	for range 1 + m.IntN(4) {
		if n := len(c.pieces); n > 1 {
			i, j := m.IntN(n), m.IntN(n)
			c.pieces[i], c.pieces[j] = c.pieces[j], c.pieces[i]
		}
	}
}

// repeat gives a run of packets again, up to hundreds of times.
func (m *mutator) repeat(c *captureFile) {
	if len(c.pieces) == 0 {
		return
	}
	at := m.IntN(len(c.pieces))
	run := c.pieces[at:min(len(c.pieces), at+1+m.IntN(3))]
	times := 1 + m.IntN(1<<m.IntN(9))
	to := m.IntN(len(c.pieces) + 1)
	c.pieces = slices.Insert(slices.Clone(c.pieces), to, slices.Repeat(run, times)...)
}

func (m *mutator) drop(c *captureFile) {
	c.pieces = slices.Clone(c.pieces)
	for range 1 + m.IntN(3) {
		if n := len(c.pieces); n > 0 {
			i := m.IntN(n)
			c.pieces = slices.Delete(c.pieces, i, i+1)
		}
	}
}

// retime gives packets another time.
func (m *mutator) retime(c *captureFile) {
	for range 1 + m.IntN(3) {
		p, at := m.piece(c), 0
		if c.ng {
			at = 12
		}
		if len(p) >= at+8 {
			put(p[at:at+4], number(p[at:at+4]), m)
			if m.IntN(2) == 0 {
				put(p[at+4:at+8], number(p[at+4:at+8]), m)
			}
		}
	}
}

// words puts something hostile where a name or a line stood.
func (m *mutator) words(c *captureFile) {
	p := body(m.piece(c), c)
	var runs [][]byte
	for at := 0; at < len(p); {
		n := at
		for n < len(p) && p[n] >= ' ' && p[n] < 0x7f {
			n++
		}
		if n-at >= 5 {
			runs = append(runs, p[at:n])
		}
		at = n + 1
	}
	if len(runs) > 0 {
		copy(runs[m.IntN(len(runs))], hostileWords[m.IntN(len(hostileWords))])
	}
}

var hostileWords = []string{
	"\x1b[2J\x1b]8;;http://x/\x07y", "\x9b31m\x90", "\u202egnp.\u2066x", "</script><script>alert(1)</script>",
	"\"><svg onload=alert(1)>", "```\n</details>", "|a|b|`", "%%{init:{}}%%", "\xff\xfe\xc3\x28", "=1+1", "\r\n\x00", "{0}{1}", `\x41\`,
}

// splice goes on with another capture from some packet on; graft puts some of
// its packets between those that are there. Packets of the other file format
// stay what they are.
func (m *mutator) splice(c *captureFile) {
	o := takeApart(m.others[m.IntN(len(m.others))])
	at, from := m.IntN(len(c.pieces)+1), m.IntN(len(o.pieces)+1)
	pieces := o.pieces[from:]
	if m.IntN(3) == 0 {
		pieces = append([][]byte{o.head}, pieces...) // as cat joins files
	}
	c.pieces = slices.Concat(c.pieces[:at], pieces)
}

func (m *mutator) graft(c *captureFile) {
	o := takeApart(m.others[m.IntN(len(m.others))])
	for range 1 + m.IntN(8) {
		if p := m.piece(&o); p != nil {
			c.pieces = slices.Insert(slices.Clone(c.pieces), m.IntN(len(c.pieces)+1), p)
		}
	}
}
