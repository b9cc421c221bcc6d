package capture

import (
	"encoding/binary"
	"fmt"
	"math"
)

// BlockType is the type of a pcapng block (draft-ietf-opsawg-pcapng, Section 11.1).
type BlockType uint32

// The block types that are read, and those that are passed over but count as
// frames in Wireshark.
const (
	BlockSection    BlockType = 0x0a0d0d0a
	BlockInterface  BlockType = 1
	BlockPacket     BlockType = 2 // obsolete
	BlockSimple     BlockType = 3
	BlockStatistics BlockType = 5
	BlockEnhanced   BlockType = 6
	BlockSecrets    BlockType = 10

	blockJournal    BlockType = 9
	blockCustom     BlockType = 0x00000bad
	blockCustomKeep BlockType = 0x40000bad
	blockSysdig     BlockType = 0x204
	blockSysdig2    BlockType = 0x216
	blockSysdig2Big BlockType = 0x221
)

// secretsTLS is the secrets type of an NSS key log ("TLSK").
const secretsTLS = 0x544c534b

const byteOrderMagic = 0x1a2b3c4d

// section is the state of the section that is being read.
type section struct {
	big        order
	first      int              // Reader index of its interface 0
	interfaces []blockInterface // by number in this section
}

type blockInterface struct {
	link  LinkType
	limit uint32 // bytes believed of a packet
	snap  uint32
	clock clock
}

// nextBlock reads the block at r.at and says how long it was. isPacket tells
// whether p was filled.
func (r *Reader) nextBlock(p *Packet) (size int, isPacket bool, err error) {
	if r.end-r.at < 12 && !r.need(12) {
		return 0, false, r.ended("block header", 12)
	}
	head := r.buf[r.at : r.at+12]
	kind := BlockType(r.section.big.u32(head))
	if kind == BlockSection {
		if err := r.byteOrder(head); err != nil {
			return 0, false, err
		}
	}
	length := r.section.big.u32(head[4:])
	if length < 12 {
		return 0, false, r.fail("a block of %d bytes cannot be (at least 12)", length)
	}
	if length > maxBlock {
		return 0, false, r.fail("a block of %d bytes is too large (at most %d)", length, maxBlock)
	}
	size = pad4(int(length))
	if r.end-r.at < size && !r.need(size) {
		return 0, false, r.ended("block", size)
	}
	block := r.buf[r.at : r.at+size : r.at+size]
	if again := r.section.big.u32(block[size-4:]); again != length {
		return 0, false, r.fail("the block's length is %d at its beginning and %d at its end", length, again)
	}
	body := block[8 : size-4 : size-4]
	if kind == BlockEnhanced {
		isPacket, err = true, r.enhanced(body, p)
	} else {
		isPacket, err = r.parseBlock(kind, body, p)
	}
	if err != nil {
		return 0, false, err
	}
	r.at += size
	return size, isPacket, nil
}

func (r *Reader) parseBlock(kind BlockType, body []byte, p *Packet) (isPacket bool, err error) {
	switch kind {
	case BlockSimple:
		return true, r.simple(body, p)
	case BlockPacket:
		return true, r.obsolete(body, p)
	case BlockSection:
		return false, r.newSection(body)
	case BlockInterface:
		return false, r.newInterface(body)
	case BlockStatistics:
		r.statistics(body)
	case BlockSecrets:
		r.keepSecrets(body)
	case blockJournal, blockCustom, blockCustomKeep, blockSysdig, blockSysdig2, blockSysdig2Big:
		r.frame++
	}
	return false, nil
}

// byteOrder reads the byte order that a section begins with. It holds for the
// section header's own length.
func (r *Reader) byteOrder(head []byte) error {
	switch binary.LittleEndian.Uint32(head[8:]) {
	case byteOrderMagic:
		r.section.big = false
	case 0x4d3c2b1a:
		r.section.big = true
	default:
		return r.fail("a section begins without its byte order mark")
	}
	return nil
}

// newSection reads a section header block (Section 4.1). The section length
// in it is of no use to a sequential reader.
func (r *Reader) newSection(body []byte) error {
	s := r.section
	if len(body) < 16 {
		return r.fail("the section header has %d bytes (at least 28)", len(body)+12)
	}
	major, minor := s.big.u16(body[4:]), s.big.u16(body[6:])
	if major != 1 {
		return r.fail("pcapng version %d.%d is not known (1.0 is)", major, minor)
	}
	s.first = len(r.interfaces)
	s.interfaces = s.interfaces[:0]
	for rest := body[16:]; len(rest) > 0; {
		var code int
		var value []byte
		code, value, rest = option(rest, s.big)
		switch code {
		case optComment:
			r.addComment(value)
		case optMalformed:
			r.overrun("section header")
		}
	}
	return nil
}

func (r *Reader) overrun(what string) { r.warn("the options of a %s run over its end", what) }

// newInterface reads an interface description block (Section 4.2).
func (r *Reader) newInterface(body []byte) error {
	s := r.section
	if len(body) < 8 {
		return r.fail("the interface description has %d bytes (at least 20)", len(body)+12)
	}
	if len(r.interfaces) == maxInterfaces {
		return r.fail("more than %d interfaces", maxInterfaces)
	}
	link, snap := LinkType(s.big.u16(body)), s.big.u32(body[4:])
	out := Interface{LinkType: link, SnapLen: int(min(snap, maxBusPacket))}
	resol, offset := byte(6), int64(0)
	for rest := body[8:]; len(rest) > 0; {
		var code int
		var value []byte
		code, value, rest = option(rest, s.big)
		switch code {
		case optMalformed:
			r.overrun("interface description")
		case optComment:
			r.addComment(value)
		case optIfName:
			out.Name = name(value)
		case optIfDescription:
			out.Description = name(value)
		case optIfTsResol:
			if len(value) > 0 {
				resol = value[0]
			}
		case optIfTsOffset:
			offset = int64(number(value, s.big))
		}
	}
	s.interfaces = append(s.interfaces, blockInterface{link, link.maxPacket(), snap, newClock(resol, offset)})
	r.addInterface(out)
	return nil
}

func name(text []byte) string { return string(text[:min(len(text), maxName)]) }

// enhanced reads an enhanced packet block (Section 4.3).
func (r *Reader) enhanced(body []byte, p *Packet) error {
	if len(body) < 20 {
		return r.fail("the packet block has %d bytes (at least 32)", len(body)+12)
	}
	big := r.section.big
	at := place{number: big.u32(body), captured: big.u32(body[12:]), length: big.u32(body[16:])}
	stamp := uint64(big.u32(body[4:]))<<32 | uint64(big.u32(body[8:]))
	return r.timed(at, stamp, body[20:], p)
}

// obsolete reads a packet block, which enhanced ones replaced.
func (r *Reader) obsolete(body []byte, p *Packet) error {
	if len(body) < 20 {
		return r.fail("the packet block has %d bytes (at least 32)", len(body)+12)
	}
	big := r.section.big
	number, lost := big.u16(body), big.u16(body[2:])
	at := place{number: uint32(number), captured: big.u32(body[12:]), length: big.u32(body[16:])}
	stamp := uint64(big.u32(body[4:]))<<32 | uint64(big.u32(body[8:]))
	err := r.timed(at, stamp, body[20:], p)
	if err == nil && lost != math.MaxUint16 {
		r.lose(p.Interface, uint64(lost))
	}
	return err
}

// place says where a packet was captured and how much of it.
type place struct{ number, captured, length uint32 }

// timed fills p from a block with time stamp, data and options.
func (r *Reader) timed(at place, stamp uint64, rest []byte, p *Packet) error {
	s := r.section
	if at.number >= uint32(len(s.interfaces)) {
		return r.fail("a packet of interface %d, but the section has described only %d", at.number, len(s.interfaces))
	}
	i := &s.interfaces[at.number]
	if at.captured > i.limit {
		return r.fail("a packet of %d bytes cannot be (at most %d); the file is damaged here", at.captured, i.limit)
	}
	if uint64(at.captured) > uint64(len(rest)) {
		return r.fail("a packet of %d bytes in a block with room for %d", at.captured, len(rest))
	}
	p.Time, p.HasTime = i.clock.nanoseconds(stamp)
	r.place(at, rest[:at.captured:at.captured], p)
	if used := pad4(int(at.captured)); used < len(rest) {
		p.options, p.big = rest[used:], s.big
		r.countDrops(p)
	}
	return nil
}

// place fills what all packets have.
func (r *Reader) place(at place, data []byte, p *Packet) {
	r.frame++
	p.Number = r.frame
	p.Length = wireLength(at.length, at.captured)
	p.Data = data
	p.LinkType = r.section.interfaces[at.number].link
	p.Interface = r.section.first + int(at.number)
	p.Offset = r.base + int64(r.at)
	p.options = nil
}

func (r *Reader) countDrops(p *Packet) {
	for rest := p.options; len(rest) > 0; {
		var code int
		var value []byte
		code, value, rest = option(rest, p.big)
		switch code {
		case optEPBDropCount:
			r.lose(p.Interface, number(value, p.big))
		case optMalformed:
			r.overrun("packet block")
		}
	}
}

// simple reads a simple packet block (Section 4.4): it belongs to the
// section's first interface and has no time.
func (r *Reader) simple(body []byte, p *Packet) error {
	s := r.section
	if len(s.interfaces) == 0 {
		return r.fail("a packet, but the section has described no interface")
	}
	if len(body) < 4 {
		return r.fail("the simple packet block has %d bytes (at least 16)", len(body)+12)
	}
	length, data := s.big.u32(body), body[4:]
	captured := length
	if snap := s.interfaces[0].snap; snap != 0 {
		captured = min(captured, snap)
	}
	if limit := s.interfaces[0].limit; captured > limit {
		return r.fail("a packet of %d bytes cannot be (at most %d); the file is damaged here", captured, limit)
	}
	if uint64(captured) > uint64(len(data)) {
		return r.fail("a packet of %d bytes in a block with room for %d", captured, len(data))
	}
	p.Time, p.HasTime = 0, false
	r.place(place{captured: captured, length: length}, data[:captured:captured], p)
	return nil
}

// statistics reads an interface statistics block (Section 4.6). Its numbers
// are totals since the capture began.
func (r *Reader) statistics(body []byte) {
	s := r.section
	if len(body) < 12 || s.big.u32(body) >= uint32(len(s.interfaces)) {
		r.warn("interface statistics of no known interface")
		return
	}
	var lost uint64
	for rest := body[12:]; len(rest) > 0; {
		var code int
		var value []byte
		code, value, rest = option(rest, s.big)
		switch code {
		case optISBIfDrop, optISBOSDrop:
			lost = min(lost+r.believed(number(value, s.big)), maxDrops)
		case optMalformed:
			r.overrun("interface statistics block")
		}
	}
	d := &r.drops[s.first+int(s.big.u32(body))]
	d.reported = max(d.reported, lost)
}

// keepSecrets reads a decryption secrets block (Section 4.7).
func (r *Reader) keepSecrets(body []byte) {
	big := r.section.big
	if len(body) < 8 || uint64(big.u32(body[4:])) > uint64(len(body)-8) {
		r.warn("a decryption secrets block is longer than its block")
		return
	}
	if big.u32(body) != secretsTLS {
		return
	}
	secret := body[8 : 8+big.u32(body[4:])]
	if r.secretBytes+len(secret) > maxSecrets {
		r.warn("more than %d bytes of decryption secrets; the later ones are left out", maxSecrets)
		return
	}
	r.secretBytes += len(secret)
	r.secrets = append(r.secrets, append([]byte(nil), secret...))
}

// String names a block type for debugging.
func (t BlockType) String() string { return fmt.Sprintf("0x%08x", uint32(t)) }
