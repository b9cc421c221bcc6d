package quic

import "tlswhy/decode/wire"

// Side is who sent a packet. Its values are those of package decode.
type Side uint8

// Client is the sender of the first Initial.
const (
	Client Side = iota
	Server
)

func (s Side) other() Side { return s ^ 1 }

// Level is an encryption level that carries handshake messages.
type Level uint8

// The levels with a CRYPTO stream of their own (RFC 9000, Section 12.3).
const (
	InitialLevel Level = iota
	HandshakeLevel
	ApplicationLevel
)

// Event is what one packet or frame said.
type Event struct {
	From    Side
	Frame   int // as given to Feed for the datagram that carried it
	Content Content
}

// Content is one of the types of this file.
type Content interface{ content() }

type (
	// Initial is an Initial packet. DCID, SCID and Token are copies.
	Initial struct {
		Version    Version
		DCID, SCID []byte
		Token      []byte
		Bytes      int    // of the packet
		Datagram   int    // of the datagram
		Opened     bool   // its protection could be removed when it came; what follows is known only then
		Number     uint64 // packet number
		Crypto     int    // bytes of CRYPTO frames
		Ack        bool   // acknowledges something
		Padding    bool
	}
	// Protected is a 0-RTT, Handshake or 1-RTT packet.
	Protected struct {
		Type    PacketType
		Version Version // 0 for 1-RTT
		Bytes   int
		Opened  bool // with keys, when it came
	}
	// Crypto is bytes of handshake messages: each stream (level and sender)
	// comes in order, without holes and without repetitions. Offset is where
	// Data stands in its stream. Data is the caller's.
	Crypto struct {
		Level  Level
		Offset int64
		Data   []byte
	}
	// Retry asks the client to begin again with a token (RFC 9000, Section 17.2.5).
	Retry struct {
		Version Version
		SCID    []byte
		Token   []byte
		Valid   bool // its integrity tag is right for an Initial that was seen
	}
	// VersionNegotiation is RFC 9000, Section 17.2.1. Matches says that it
	// answers an Initial that was seen: the connection IDs agree.
	VersionNegotiation struct {
		Versions []Version
		Matches  bool
	}
	// Close is CONNECTION_CLOSE (RFC 9000, Section 19.19). Level tells in which
	// packet: in Initial packets anybody can read, and forge, it.
	Close struct {
		Level       Level
		Application bool // frame type 0x1d: Code is the application protocol's
		Code        uint64
		FrameType   uint64 // what caused it; 0 when not known
		Reason      string // raw bytes
	}
	// Stream is bytes of application data.
	Stream struct {
		ID     uint64
		Offset uint64
		Bytes  int
		Prefix []byte // first bytes of the frame, at most 256
		Fin    bool
	}
	// HandshakeDone is the server's word that the handshake is confirmed.
	HandshakeDone struct{}
	// StatelessReset is a datagram that looks like one (RFC 9000, Section
	// 10.3). Certain says that its token was announced before.
	StatelessReset struct {
		Bytes   int
		Certain bool
	}
	// Restart comes before the Initial event of a client that begins a new
	// connection on the same addresses: after Version Negotiation when
	// AfterNegotiation is set. Streams begin at offset 0 again.
	Restart struct {
		Version          Version
		AfterNegotiation bool
	}
	// Google is a packet of Google QUIC, which is named and not decoded.
	Google struct {
		Version Version
		Bytes   int
	}
	// Malformed is a datagram or payload that could not be read to its end.
	Malformed struct {
		wire.Malformed
		Bytes int
	}
)

func (Initial) content()            {}
func (Protected) content()          {}
func (Crypto) content()             {}
func (Retry) content()              {}
func (VersionNegotiation) content() {}
func (Close) content()              {}
func (Stream) content()             {}
func (HandshakeDone) content()      {}
func (StatelessReset) content()     {}
func (Restart) content()            {}
func (Google) content()             {}
func (Malformed) content()          {}
