// Package stream keeps the flow table: it tells connections apart, numbers
// them as Wireshark does, and puts the bytes of each TCP direction in order.
//
// Offsets count the bytes of one direction from 0, the byte after its SYN.
// Where the SYN is not in the capture, 0 is what the other end acknowledged
// first, or else the first byte seen.
package stream

import "tlswhy/decode/packet"

// Dir says which end of a connection sent something. It is 0 for the end
// that sent the first packet seen and 1 for the other.
type Dir uint8

// Key tells a connection apart, with the ends in the order of Dir.
type Key struct {
	Addr  [2]packet.Addr
	Port  [2]uint16
	Proto packet.Proto
}

// Conn is one connection (TCP) or flow of datagrams (UDP). What every packet
// touches stands first. It belongs to the table, which uses its memory for
// another one after Handler.Close returned.
type Conn struct {
	Key    Key
	IPv6   bool
	muted  bool
	known  [2]bool // which isn is known
	ended  bool    // a FIN or RST was seen
	closed bool    // both FINs, or a RST: it only lingers
	revive bool    // nobody ended it: a later packet is no news of a closed connection
	armed  bool    // it is in a slot of the timer wheel
	due    uint16  // which one
	seen   int64   // time of the last packet
	frame  int     // number of the last packet
	Half   [2]Half // by sender

	User   any   // belongs to the Handler
	Stream int32 // Wireshark's tcp.stream or udp.stream

	ref    uint32    // place in Table.conns
	isn    [2]uint32 // initial sequence numbers, see known
	recent *recent
	prev   uint32 // neighbours in a slot of the timer wheel
	next   uint32
	repeat [2]uint32 // by sender: offset (low bits) of the last retransmission
	lost   [2]uint32 // by sender: when the other end acknowledged what the capture does not have, in units of 2^timeShift ns
}

// Half is what one end of a TCP connection has sent so far. It is as large as
// a line of a core's cache.
type Half struct {
	Next  int64 // offset behind the last byte handed on in order
	High  int64 // offset behind the highest byte seen, in order or not
	Acked int64 // offset behind the last byte that the other end acknowledged

	waiting *queue // what lies behind a hole, nil for nothing
	end     int64  // offset of the FIN
	base    uint32 // sequence number of offset 0

	Packets       int32  // every packet from this end, duplicates of the capture too
	Retransmitted uint16 // packets that carried nothing new; no more are counted than fit
	MSS           uint16 // maximum segment size option of its SYN (RFC 9293, Section 3.7.1), 0 without
	Window        uint16 // as last advertised, unscaled

	Repeats   uint8 // how often the same bytes (or SYN, or FIN) were sent again at most, up to 255
	WScale    uint8 // shift of the window scale option of its SYN (RFC 7323, Section 2); see HasWScale
	FIN, RST  bool
	SYN       bool // its SYN or SYN-ACK was seen, so offset 0 is the first byte of the stream
	HasWScale bool // its SYN had the window scale option

	based    bool // base is known
	hold     uint8
	patience uint8 // packets since the other end acknowledged what the capture does not have
	run      uint8 // how often the bytes at Conn.repeat were sent again
}

// Info is what the table found out about one packet.
type Info struct {
	Dir            Dir
	Offset         int64 // of the payload in the stream of its sender; below 0 for bytes before the first that could be put in order
	New            int   // payload bytes not seen before
	Retransmission bool  // payload, SYN or FIN seen before (not a keep-alive, not a duplicate of the capture)
	Different      bool  // some of the payload was sent before, and certainly not with this content
	OutOfOrder     bool  // payload beyond a hole, or before the first byte that was handed on
	KeepAlive      bool  // RFC 9293, Section 3.8.4
	Probe          bool  // zero-window probe (RFC 9293, Section 3.8.6.1)
	Duplicate      bool  // the same packet captured twice; nothing else is found out about it
	Stray          bool  // an answer to another connection than the one that was asked for, or the reset of such an answer
	NewlyAcked     int64 // bytes of the other end that this packet acknowledges first
	Reused         bool  // first packet of a connection that reuses the ports of an earlier one

	// Sacked are the ranges of the other end's stream in the packet's SACK
	// option (RFC 2018), valid during the call.
	Sacked []Range
}

// Range is the bytes of one direction from Start to before End.
type Range struct{ Start, End int64 }

// Handler is told what happens on connections, in capture order. Segments
// and bytes are valid during the call only.
type Handler interface {
	// Open is called before the first packet of a connection.
	Open(c *Conn, s *packet.Segment)
	// Packet is called for every packet of a connection that is not muted,
	// before its data. The counters in c.Half include it already, Next does not.
	Packet(c *Conn, s *packet.Segment, i *Info)
	// Data hands on the next bytes of one direction, in order. frame and
	// time are of the packet that carried them, which for bytes that waited
	// behind a hole is not the latest packet.
	Data(c *Conn, d Dir, offset int64, b []byte, frame int, time int64)
	// Gap says that n bytes of one direction are missing from the capture:
	// they were acknowledged, cut by the snap length, or the bound on
	// waiting bytes was reached. frame and time are of the packet that
	// showed it.
	Gap(c *Conn, d Dir, offset, n int64, frame int, time int64)
	// Close is called once: some seconds after both ends closed or a reset
	// was seen (so that what arrives late is seen first), when the ports
	// are reused, when nothing was seen for long, after Mute, or at the end
	// of the capture.
	Close(c *Conn)
}

// Mute says that nothing more of the connection is wanted. The table calls
// Handler.Close as soon as the current call returns and keeps a few words to
// know its packets by; each then costs one look-up.
func (c *Conn) Mute() { c.muted = true }

// From says whether addr and port are the end 0 or 1 of the connection.
func (c *Conn) From(addr packet.Addr, port uint16) Dir {
	if c.Key.Port[0] == port && c.Key.Addr[0] == addr {
		return 0
	}
	return 1
}
