package capture

import (
	"encoding/binary"
	"math"
)

// Magic numbers of classic pcap, as its writer's byte order makes them.
const (
	magicMicro    = 0xa1b2c3d4
	magicNano     = 0xa1b23c4d
	magicModified = 0xa1b2cd34 // Kuznetzov's patch: record headers of 24 bytes
)

const (
	fileHeader     = 24
	recordHeader   = 16
	modifiedHeader = 24
)

// swapping says in which order a record header has its two lengths.
type swapping uint8

const (
	capturedFirst swapping = iota
	largerLast             // version 2.3: either; the captured length is the smaller one
	capturedLast           // before 2.3, and 543 (DG/UX)
)

// pcapFile is what the file header says.
type pcapFile struct {
	big    order
	scale  int64 // nanoseconds in a unit of the fraction
	header int   // bytes of a record header
	swap   swapping
	link   LinkType
	limit  uint32 // bytes believed of a packet
	magic  uint32
}

func (r *Reader) openPcap(magic []byte) error {
	f := &r.pcap
	f.header, f.scale = recordHeader, 1000
	for _, f.big = range []order{false, true} {
		f.magic = f.big.u32(magic)
		switch f.magic {
		case magicMicro:
			return r.pcapHeader()
		case magicNano:
			f.scale = 1
			return r.pcapHeader()
		case magicModified:
			f.header = modifiedHeader
			return r.pcapHeader()
		}
	}
	return r.fail("%s", unknownFormat(magic))
}

// pcapHeader reads the file header (draft-ietf-opsawg-pcap, Section 4).
func (r *Reader) pcapHeader() error {
	if !r.need(fileHeader) {
		return r.ended("file header", fileHeader)
	}
	h, f := r.buf[r.at:], &r.pcap
	major, minor := f.big.u16(h[4:]), f.big.u16(h[6:])
	snap := f.big.u32(h[16:])
	f.link = LinkType(f.big.u32(h[20:])) // the upper 16 bits say how long the FCS is
	switch {
	case major == 543 || major == 2 && minor < 3:
		f.swap = capturedLast
	case major == 2 && minor == 3:
		f.swap = largerLast
	case major != 2 || minor != 4:
		r.warn("pcap version %d.%d is read as 2.4", major, minor)
	}
	if major == 2 && minor == 2 && f.aix() {
		f.scale = 1
	}
	f.limit = f.link.maxPacket()
	r.addInterface(Interface{LinkType: f.link, SnapLen: int(min(snap, maxBusPacket))})
	r.at += fileHeader
	return nil
}

// aix takes the interface types of RFC 1573, which AIX writes with version
// 2.2 and nanoseconds, for what they mean. None of them was a link type in use
// when others wrote that version.
func (f *pcapFile) aix() bool {
	switch f.link {
	case 6:
		f.link = LinkEthernet
	case 9:
		f.link = LinkTokenRing
	case 15:
		f.link = LinkFDDI
	case 24:
		f.link = LinkNull
	default:
		return false
	}
	return true
}

// nextRecord reads a record (draft-ietf-opsawg-pcap, Section 5).
func (r *Reader) nextRecord(p *Packet) error {
	f := &r.pcap
	if r.end-r.at < f.header && !r.need(f.header) {
		return r.ended("record header", f.header)
	}
	h := r.buf[r.at : r.at+recordHeader]
	captured, length := f.big.u32(h[8:]), f.big.u32(h[12:])
	if f.swap != capturedFirst && (f.swap == capturedLast || captured > length) {
		captured, length = length, captured
	}
	if captured > f.limit {
		return r.fail("a packet of %d bytes cannot be (at most %d); the file is damaged here", captured, f.limit)
	}
	seconds, fraction := f.big.u32(h), f.big.u32(h[4:])
	if captured == 0 && seconds == f.magic {
		return r.fail("another pcap file begins here; files cannot be joined end to end (mergecap joins them)")
	}
	size := f.header + int(captured)
	if r.end-r.at < size && !r.need(size) {
		return r.ended("record", size)
	}
	r.frame++
	p.Number = r.frame
	p.Time = int64(seconds)*1e9 + int64(fraction)*f.scale
	p.HasTime = true
	p.Length = wireLength(length, captured)
	p.Data = r.buf[r.at+f.header : r.at+size : r.at+size]
	p.LinkType = f.link
	p.Interface = 0
	p.Offset = r.base + int64(r.at)
	p.options = nil
	r.at += size
	return nil
}

// wireLength is never less than what was captured, nor more than 31 bits hold.
func wireLength(length, captured uint32) int {
	return int(min(max(length, captured), math.MaxInt32))
}

// unknownFormat says what a file is that is no capture we read, as far as its
// first bytes tell.
func unknownFormat(magic []byte) string {
	const hint = "; convert it to pcapng with editcap"
	switch binary.BigEndian.Uint32(magic) {
	case 0xfd377a58:
		return "not a capture: xz data; decompress it first"
	case 0x425a6839, 0x425a6831:
		return "not a capture: bzip2 data; decompress it first"
	case 0x04224d18:
		return "not a capture: LZ4 data; decompress it first"
	case 0x504b0304:
		return "not a capture: a ZIP archive; unpack it first"
	case 0x736e6f6f:
		return "a snoop capture" + hint
	case 0x474d4255:
		return "a Network Monitor capture" + hint
	case 0x52545353:
		return "a Network Monitor 1 capture" + hint
	case 0x5452534e, 0x58435000:
		return "a Sniffer capture" + hint
	}
	return "not a capture: neither pcap nor pcapng begins with these bytes"
}
