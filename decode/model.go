// Package decode follows the connections of a capture and tells what happened
// in each TLS handshake: facts in capture order, no judgement.
package decode

import (
	"net/netip"
	"time"

	"tlswhy/decode/wire"
)

// Side is who sent something.
type Side uint8

// Client is the sender of the ClientHello, Server its peer (contract: who is
// who); Network is a device that speaks for itself, such as a router's ICMP.
const (
	Client Side = iota
	Server
	Network
)

// Other returns the peer of Client or Server.
func (s Side) Other() Side {
	switch s {
	case Client:
		return Server
	case Server:
		return Client
	}
	return Network
}

// Transport is what carries the handshake.
type Transport uint8

const (
	TCP Transport = iota
	DTLS
	QUIC
	EAP     // TLS inside EAP, over a local network or RADIUS
	OpenVPN // the control channel of OpenVPN over UDP
)

// Handshake is everything that the capture shows of one connection on which
// TLS was spoken, asked for, or expected. It is plain data.
type Handshake struct {
	Capture        int // index of the input
	Stream         int // Wireshark's tcp.stream or udp.stream in that input
	Client, Server netip.AddrPort
	Transport      Transport
	Seen           []Seen // every place where it was seen, the first included; empty for one place

	FirstFrame, LastFrame int
	Start, End            time.Time
	CaptureEnd            time.Time // until when the capture went on afterwards: its last packet, or the last one before a pause of more than a minute

	TLS                   bool         // bytes of TLS were seen
	Upgrade               string       // an upgrade to TLS was asked for, offered or accepted: "smtp", "postgresql" … (contract: starttls)
	Wanted                bool         // TLS was asked for, accepted or insisted on before any byte of it: the connection counts as a handshake
	UpgradeState          string       // how far the upgrade or the proxy request came: "offered", "not-offered", "asked", "accepted", "refused", "stripped"; empty without
	LeftAfterCapabilities bool         // the client heard what the server can do and then said only goodbye
	InClear               bool         // the client went on without TLS
	Tunnel                string       // "http-connect", "socks5", "proxy-v1" …
	Target                string       // host:port that the tunnel was asked for; raw bytes
	Plain                 string       // what was spoken when it was not TLS: "http", "ssh" …; empty when unknown
	OneSided              bool         // only one direction is in the capture
	Late                  bool         // the capture begins in the middle of the connection
	Lossy                 bool         // bytes are missing from the capture though the other side acknowledged them
	Cut                   bool         // packets were cut by the snap length
	Reused                bool         // reuses the ports of an earlier connection
	Agreed                wire.Version // the version in use, when the ServerHello is not in the capture and the records are of a form that only it has; 0 otherwise

	Flow    [2]Flow // totals by sender: Flow[Client], Flow[Server]
	Events  []Event // capture order; everything else is a method over these
	Dropped int     // events that were left out because a bound was reached
	Shape   uint64  // digest of all that a judgement depends on but for time and client (see Options.Repeat); 0 for one that has to be looked at itself. It differs from run to run

	ClientFinished bool // the client's Finished was sent, read or inferred from record order and size
	ServerFinished bool
	AppData        [2]int // bytes of application data by sender after the handshake, as far as followed
	Decrypted      bool   // at least one record was decrypted
}

// Seen is one place of capture.
type Seen struct {
	Capture, Stream       int
	FirstFrame, LastFrame int
}

// Flow sums up what one side sent on the transport.
type Flow struct {
	Packets       int
	Bytes         int64   // payload without repetitions, up to the highest byte seen
	Acked         int64   // how much of Bytes the other side acknowledged
	Sacked        []Range // ranges beyond Acked that it acknowledged selectively
	Retransmitted int     // packets that carried nothing new
	Repeats       int     // how often the same bytes were sent again, at most
	RepeatSizes   []int   // payload length of each repeated packet, at most 16
	FirstRepeat   int     // frame
	LastRepeat    int     // frame
	MaxSegment    int     // largest payload
	MSS           int     // option of its SYN; 0 when absent
	Profile       Header  // of its first packet with a SYN or else with data: what later packets are compared with
	TTLs          []uint8 // distinct values on packets that are neither RST nor FIN, at most 4
	First, Last   time.Time
	LastFrame     int
	Missing       []Range // never captured though acknowledged
}

// Range is a range of stream offsets.
type Range struct{ From, To int64 }

// Header is what the headers of one TCP packet said.
type Header struct {
	TTL       uint8
	IPID      uint16
	HasIPID   bool
	Flags     uint8
	Window    uint16
	Seq       uint32
	Ack       uint32
	Options   []byte // raw TCP options
	Length    int    // payload
	Offset    int64  // of the first payload byte (for RST and FIN: of the sequence number) in its sender's stream
	Expected  int64  // offset that the sender's next byte had at that time
	AckOffset int64  // what it acknowledges, as an offset in the other's stream
}

// Event is one thing that happened.
type Event struct {
	Capture          int
	Frame, LastFrame int       // first and last frame that carried it
	Time             time.Time // of LastFrame
	From             Side
	Message          Message
	Malformed        *wire.Malformed `json:",omitempty"`
	Decrypted        bool            `json:",omitzero"`  // read with a key log
	Cut              bool            `json:",omitzero"`  // bytes of it are missing from the capture
	Header           *Header         `json:",omitempty"` // TCP events and the first packet of a flight
	Offset           int64           // in the sender's stream, for events that have bytes
	Length           int             // bytes on the wire, record headers included
	Sum              uint32          `json:",omitzero"` // CRC-32 of the body of a record, with Options.Digest; 0 for messages that are read
}

// Message is what an Event says: a closed set of concrete types, all in
// messages.go.
type Message interface{ kind() Kind }

// Brief is what little is remembered of a handshake that is not needed whole:
// a healthy one, or (Options.Repeat) one like another.
type Brief struct {
	Capture, Stream int
	Client, Server  netip.AddrPort
	Frame           int // first
	Start           time.Time
	Shape           uint64 // Handshake.Shape; 0 for a healthy one
	Random          []byte // of the ClientHello; valid during the call
	Hello           []byte // with a Shape: body of the ClientHello, valid during the call
	Certificate     []byte // … of the first Certificate in the clear
	Version         wire.Version
	SNI             []byte // this and the following only without a Shape; valid during the call
	CipherSuite     wire.CipherSuite
	Alike           uint64 // digest of server, choice and what matters in the ClientHello: equal for handshakes of one Decoder that tell the same
}
