package capture

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// Reader reads one capture from its beginning. It is not safe for concurrent
// use.
type Reader struct {
	name    string
	packing string // "gzip", "zstd" or ""
	src     io.Reader
	srcErr  error // what src returned; nothing is read after it

	buf     []byte
	at, end int   // unread bytes are buf[at:end]
	base    int64 // offset of buf[0] in the input

	err   error // what Next returns from now on
	frame int   // number of the last frame

	pcap    pcapFile
	section *section // nil for classic pcap

	interfaces   []Interface
	links        []LinkType
	drops        []drops // by interface
	secrets      [][]byte
	secretBytes  int
	comments     []string
	commentBytes int
	warnings     []string
}

// NewReader looks at the first bytes of r and returns a Reader for what they
// are. The name is used in errors. The error is an *Error when r holds no
// capture that can be read. r is read in large pieces, but a Reader never
// waits for more bytes than the next packet needs, so r may be a pipe that
// grows.
func NewReader(r io.Reader, name string) (*Reader, error) {
	c := &Reader{name: name, src: r, buf: make([]byte, firstSize)}
	if err := c.unpack(); err != nil {
		return nil, err
	}
	if err := c.open(); err != nil {
		return nil, err
	}
	return c, nil
}

func (r *Reader) open() error {
	if !r.need(4) {
		if r.srcErr == io.EOF && r.end == 0 {
			return r.fail("the file is empty")
		}
		return r.ended("file header", 4)
	}
	magic := r.buf[r.at : r.at+4]
	if binary.LittleEndian.Uint32(magic) == uint32(BlockSection) {
		r.section = &section{}
		return nil
	}
	return r.openPcap(magic)
}

// Next fills p with the next packet. It returns io.EOF at a clean end and an
// *Error where the capture is cut or malformed; every later call returns the
// same.
func (r *Reader) Next(p *Packet) error {
	if r.err != nil {
		return r.err
	}
	if r.section == nil {
		return r.nextRecord(p)
	}
	for {
		_, isPacket, err := r.nextBlock(p)
		if isPacket || err != nil {
			return err
		}
	}
}

// need makes n bytes available at r.at. It is false when the input ends first.
func (r *Reader) need(n int) bool {
	for r.end-r.at < n {
		if r.srcErr != nil {
			return false
		}
		r.fill(n)
	}
	return true
}

// fill reads once. The buffer grows towards n only as far as bytes have come
// to fill it, whatever a length field promises.
func (r *Reader) fill(n int) {
	buf := r.buf
	if r.end == len(buf) && len(buf) < readSize {
		buf = make([]byte, readSize)
	} else if r.end-r.at == len(buf) {
		buf = make([]byte, min(2*len(buf), n+readSize))
	}
	r.base += int64(r.at)
	r.end = copy(buf, r.buf[r.at:r.end])
	r.at = 0
	r.buf = buf
	for range 100 {
		got, err := r.src.Read(r.buf[r.end:])
		r.end += got
		r.srcErr = err
		if got > 0 || err != nil {
			return
		}
	}
	r.srcErr = io.ErrNoProgress
}

// Format is "pcap" or "pcapng", with "+gzip" or "+zstd" for a compressed one.
func (r *Reader) Format() string {
	format := "pcap"
	if r.section != nil {
		format = "pcapng"
	}
	if r.packing != "" {
		format += "+" + r.packing
	}
	return format
}

// Interfaces returns the interfaces described so far, of all sections in
// order. The slice is the Reader's own and must not be changed.
func (r *Reader) Interfaces() []Interface { return r.interfaces }

// LinkTypes returns the different link types of the interfaces so far, in
// order of appearance, as far as a bound allows.
func (r *Reader) LinkTypes() []LinkType { return slices.Clone(r.links) }

// Secrets returns the TLS key logs (NSS format) that decryption secrets blocks
// held so far, in order. The bytes are copies that nobody changes.
func (r *Reader) Secrets() [][]byte { return r.secrets }

// Comments returns the comments on sections and interfaces so far. Those on
// packets are the Packet's.
func (r *Reader) Comments() []string { return r.comments }

// Warnings returns what was odd so far but did not stop the reading.
func (r *Reader) Warnings() []string { return r.warnings }

// Dropped is the number of packets that the capture says it lost, so far.
func (r *Reader) Dropped() uint64 {
	var sum uint64
	for _, d := range r.drops {
		sum += max(d.reported, d.counted)
	}
	return sum
}

// drops is what a capture says of the packets that one interface lost: as
// totals in statistics, and one by one ahead of packets. Both tell of the
// same losses.
type drops struct{ reported, counted uint64 }

// believed returns a count of lost packets, or nothing of one that no link
// reaches.
func (r *Reader) believed(lost uint64) uint64 {
	if lost > maxDrops {
		r.warn("a statistic of %d lost packets is not believed", lost)
		return 0
	}
	return lost
}

// lose counts packets that a packet says were lost before it.
func (r *Reader) lose(at int, lost uint64) {
	d := &r.drops[at]
	d.counted = min(d.counted+r.believed(lost), maxDrops)
}

func (r *Reader) addInterface(i Interface) {
	r.interfaces = append(r.interfaces, i)
	r.drops = append(r.drops, drops{})
	switch {
	case slices.Contains(r.links, i.LinkType):
	case len(r.links) == maxLinks:
		r.warn("interfaces of more than %d link types; the others are not listed", maxLinks)
	default:
		r.links = append(r.links, i.LinkType)
	}
}

func (r *Reader) warn(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if len(r.warnings) < maxWarnings && !slices.Contains(r.warnings, text) {
		r.warnings = append(r.warnings, text)
	}
}

func (r *Reader) addComment(text []byte) {
	if r.commentBytes+len(text) > maxComments {
		r.warn("more than %d bytes of comments; the later ones are left out", maxComments)
		return
	}
	r.commentBytes += len(text)
	r.comments = append(r.comments, string(text))
}
