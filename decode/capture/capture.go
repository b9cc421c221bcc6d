// Package capture reads capture files: classic pcap and pcapng, plain or
// compressed with gzip or zstd, from a file or from a stream.
//
// A Reader hands on one Packet at a time and never holds more of the input
// than the largest block that is really there. Packets are numbered as
// Wireshark numbers frames, from 1.
package capture

// Source is where packets come from: a Reader of a file or stream, or a
// user's own gopacket source (FromGopacket).
type Source interface {
	// Next fills p with the next packet; p.Data is valid until the next call.
	// At a clean end it returns io.EOF.
	Next(p *Packet) error
	Interfaces() []Interface
	Secrets() [][]byte
	Dropped() uint64
	Warnings() []string
}

// Packet is one captured frame.
type Packet struct {
	Number    int      // frame number as Wireshark shows it, from 1
	Time      int64    // nanoseconds since 1970 in UTC; see HasTime
	HasTime   bool     // a simple packet block has no time
	Length    int      // bytes that the frame had on the wire, never less than len(Data)
	Data      []byte   // bytes captured; valid until the next call of Next
	LinkType  LinkType // of the interface on which it was captured
	Interface int      // index into Reader.Interfaces
	Offset    int64    // of its record in the (decompressed) input, for error texts

	options []byte // of its pcapng block; valid as long as Data
	big     order
}

// Comments returns copies of the packet's comments (pcapng opt_comment), in
// order. It must be called before the next call of Next.
func (p *Packet) Comments() []string {
	var comments []string
	for rest := p.options; len(rest) > 0; {
		var code int
		var value []byte
		code, value, rest = option(rest, p.big)
		if code == optComment {
			comments = append(comments, string(value))
		}
	}
	return comments
}

// Interface is what a capture says of one interface.
type Interface struct {
	Name        string   // as in if_name; may be empty
	Description string   // as in if_description
	LinkType    LinkType // every packet of the interface has it
	SnapLen     int      // bytes kept of a packet; 0 is no limit
}
