// Package stream keeps the flow table: it tells connections apart, numbers
// them as Wireshark does, and puts the bytes of each TCP direction in order.
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

// Conn is one connection (TCP) or flow of datagrams (UDP).
type Conn struct {
	Key    Key
	Stream int // Wireshark's tcp.stream or udp.stream
	IPv6   bool
	User   any     // belongs to the Handler
	Half   [2]Half // by sender
	muted  bool
}

// Half is what one end of a TCP connection has sent so far.
type Half struct {
	Packets       int   // every packet from this end
	Next          int64 // offset behind the last byte handed on in order
	High          int64 // offset behind the highest byte seen, in order or not
	Acked         int64 // offset behind the last byte that the other end acknowledged
	Retransmitted int   // packets that carried nothing new
	Repeats       int   // how often the bytes at Next-or-below were sent again at most
	FIN, RST      bool
	SYN           bool // its SYN or SYN-ACK was seen, so offset 0 is the first byte of the stream
}

// Info is what the table found out about one packet.
type Info struct {
	Dir            Dir
	Offset         int64 // of the payload in the stream of its sender
	New            int   // payload bytes not seen before
	Retransmission bool  // payload seen before (not a keep-alive, not a duplicate of the capture)
	Different      bool  // retransmission whose content is not what was sent first
	OutOfOrder     bool  // payload beyond a hole
	KeepAlive      bool
	Duplicate      bool  // the same packet captured twice
	NewlyAcked     int64 // bytes of the other end that this packet acknowledges first
	Reused         bool  // first packet of a connection that reuses the ports of an earlier one
}

// Handler is told what happens on connections, in capture order. Segments
// and bytes are valid during the call only.
type Handler interface {
	// Open is called before the first packet of a connection.
	Open(c *Conn, s *packet.Segment)
	// Packet is called for every packet of a connection that is not muted, before its data.
	Packet(c *Conn, s *packet.Segment, i *Info)
	// Data hands on the next bytes of one direction, in order. first and
	// last are the frames that carried them; for bytes that waited behind a
	// hole, s is the packet that filled it.
	Data(c *Conn, d Dir, offset int64, b []byte, frame int, time int64)
	// Gap says that n bytes of one direction are missing from the capture:
	// they were acknowledged, or the bound on waiting bytes was reached.
	Gap(c *Conn, d Dir, offset, n int64, frame int, time int64)
	// Close is called once: both ends closed, a reset, the ports reused, or the end of the capture.
	Close(c *Conn)
}

// Mute says that nothing more of the connection is wanted. Its packets then
// cost one look-up.
func (c *Conn) Mute() { c.muted = true }
