package quic

import (
	"tlswhy/decode/wire"
)

const (
	maxConnectionID = 20 // RFC 9000, Section 17.2
	// maxCoalesced bounds the packets that are looked for in one datagram;
	// an honest one has four at most.
	maxCoalesced = 16
	tagLength    = 16 // of every AEAD of QUIC and of the Retry Integrity Tag
)

// PacketType is what kind of packet it is, whatever bits say so in its version.
type PacketType uint8

// Packet types. Google stands for any packet of a version that GoogleQUIC
// reports.
const (
	InitialPacket PacketType = iota
	ZeroRTTPacket
	HandshakePacket
	RetryPacket
	VersionNegotiationPacket
	OneRTTPacket
	GooglePacket
)

// Name is the RFC's word for the type.
func (t PacketType) Name() string {
	switch t {
	case InitialPacket:
		return "Initial"
	case ZeroRTTPacket:
		return "0-RTT"
	case HandshakePacket:
		return "Handshake"
	case RetryPacket:
		return "Retry"
	case VersionNegotiationPacket:
		return "Version Negotiation"
	case OneRTTPacket:
		return "1-RTT"
	}
	return "Google QUIC"
}

// Packet is one packet of a datagram, its protection still on (RFC 9000,
// Section 17). Every slice aliases the datagram.
type Packet struct {
	Type     PacketType
	Version  Version // 0 in Version Negotiation and 1-RTT
	DCID     []byte
	SCID     []byte    // long headers
	Token    []byte    // Initial and Retry
	Versions []Version // Version Negotiation
	Bytes    []byte    // the packet from its first byte to its last
	number   int       // where the packet number stands in Bytes; 0 when there is none
}

// Packets splits a datagram (RFC 9000, Section 12.2). A short header packet
// takes the rest; dcidLength is how long its connection ID is. Bytes after the
// last packet that cannot begin one are padding and left out. With an error
// the packets before the malformed one are returned.
func Packets(datagram []byte, dcidLength int) ([]Packet, *wire.Malformed) {
	var packets []Packet
	for b := datagram; len(b) > 0 && len(packets) < maxCoalesced; {
		p, err := parsePacket(b, dcidLength)
		if len(packets) > 0 && !p.follows(&packets[0]) {
			return packets, nil
		}
		if err != nil {
			return packets, err
		}
		packets = append(packets, p)
		b = b[len(p.Bytes):]
	}
	return packets, nil
}

// follows tells whether p is coalesced with first, and not padding or what a
// receiver ignores (RFC 9000, Section 12.2).
func (p *Packet) follows(first *Packet) bool {
	if string(p.DCID) != string(first.DCID) {
		return false
	}
	return p.Bytes[0]&0x40 != 0 || p.Type != OneRTTPacket || len(p.DCID) > 0
}

func parsePacket(b []byte, dcidLength int) (Packet, *wire.Malformed) {
	if googlePublicHeader(b) {
		return Packet{Type: GooglePacket, Version: versionAt(b, 9), DCID: b[1:9], Bytes: b}, nil
	}
	if b[0]&0x80 == 0 {
		return parseShort(b, dcidLength)
	}
	return parseLong(b)
}

// parseShort is RFC 9000, Section 17.3. The fixed bit may be 0 (RFC 9287).
func parseShort(b []byte, dcidLength int) (Packet, *wire.Malformed) {
	r := reader{b: b, message: "1-RTT packet"}
	r.uint8("flags")
	dcid := r.bytes("destination_connection_id", uint64(dcidLength))
	return Packet{Type: OneRTTPacket, DCID: dcid, Bytes: b, number: r.off}, r.err
}

// parseLong is RFC 9000, Section 17.2 and RFC 8999, Section 5.1. The fixed bit
// may be 0 (RFC 9287).
func parseLong(b []byte) (Packet, *wire.Malformed) {
	r := reader{b: b, message: "long header packet"}
	flags := r.uint8("flags")
	p := Packet{Version: Version(r.uint32("version")), Bytes: b}
	if p.Version.oldLayout() {
		p.Type = GooglePacket
		return p, r.err
	}
	p.DCID = r.connectionID("destination_connection_id")
	p.SCID = r.connectionID("source_connection_id")
	switch {
	case p.Version == VersionNegotiationVersion:
		p.Type = VersionNegotiationPacket
		p.readVersions(&r)
		return p, r.err
	case p.Version.GoogleQUIC():
		p.Type = GooglePacket
		return p, r.err
	case !p.Version.Known() && !p.Version.Reserved() && flags&0x40 == 0:
		r.fail("flags", 0, "fixed bit is 0")
	}
	p.Type = longType(p.Version, flags)
	r.message = p.Type.Name() + " packet"
	if p.Type == RetryPacket {
		p.Token = r.rest()
		if len(p.Token) < tagLength {
			r.fail("retry_integrity_tag", tagLength-len(p.Token), "bytes missing")
		}
		return p, r.err
	}
	p.readProtected(&r)
	return p, r.err
}

// readVersions is RFC 9000, Section 17.2.1.
func (p *Packet) readVersions(r *reader) {
	if len(r.rest()) == 0 || len(r.rest())%4 != 0 {
		r.fail("supported_versions", 0, "length is no multiple of 4")
	}
	for r.err == nil && len(r.rest()) > 0 {
		p.Versions = append(p.Versions, Version(r.uint32("supported_versions")))
	}
}

func (p *Packet) readProtected(r *reader) {
	if p.Type == InitialPacket {
		p.Token = r.bytes("token", r.varint("token_length"))
	}
	length := r.varint("length")
	p.number = r.off
	if body := r.bytes("payload", length); body != nil {
		p.Bytes = p.Bytes[:r.off:r.off]
	}
}

// longType reads the two type bits (RFC 9000, Section 17.2; RFC 9369,
// Section 3.2).
func longType(v Version, flags byte) PacketType {
	t := flags >> 4 & 3
	if v == Version2 {
		t = (t - 1) & 3
	}
	return PacketType(t)
}

// oldLayout reports Google's versions between the public header and the
// IETF's invariants, where one byte has the lengths of both connection IDs.
func (v Version) oldLayout() bool {
	return v.GoogleQUIC() && v < googleQ050
}

// googlePublicHeader reports a client packet of Google QUIC up to Q043:
// flags with a version and an eight-byte connection ID, then "Q0nn".
func googlePublicHeader(b []byte) bool {
	if len(b) < 14 || b[0]&0xc9 != 0x09 {
		return false
	}
	v := versionAt(b, 9)
	return v.GoogleQUIC() && v <= googleQ043
}

func versionAt(b []byte, off int) Version {
	if len(b) < off+4 {
		return 0
	}
	return Version(b[off])<<24 | Version(b[off+1])<<16 | Version(b[off+2])<<8 | Version(b[off+3])
}
