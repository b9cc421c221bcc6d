// Package capture reads capture files: classic pcap and pcapng, plain or
// compressed with gzip or zstd, from a file or from a stream.
//
// A Reader hands on one Packet at a time and never holds more of the input
// than the largest block that is really there. Packets are numbered as
// Wireshark numbers frames, from 1.
package capture

// LinkType says how the first byte of a packet is to be read. The values are
// those of https://www.tcpdump.org/linktypes.html (16 bits wide).
type LinkType uint16

// Packet is one captured frame.
type Packet struct {
	Number    int      // frame number as Wireshark shows it, from 1
	Time      int64    // nanoseconds since 1970 in UTC; see HasTime
	HasTime   bool     // a simple packet block has no time
	Length    int      // bytes that the frame had on the wire
	Data      []byte   // bytes captured; valid until the next call of Next
	LinkType  LinkType // of the interface on which it was captured
	Interface int      // index into Reader.Interfaces
	Offset    int64    // of its record in the (decompressed) input, for error texts
}

// Interface is what a capture says of one interface.
type Interface struct {
	Name        string   // as in if_name; may be empty
	Description string   // as in if_description
	LinkType    LinkType // every packet of the interface has it
	SnapLen     int      // bytes kept of a packet; 0 is no limit
}
