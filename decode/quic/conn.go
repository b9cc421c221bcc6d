// Package quic reads the handshake of QUIC connections from captured
// datagrams: it removes the protection of Initial packets, which anybody can
// who saw the client's first one, puts CRYPTO frames in order, and follows
// connection IDs. With traffic secrets it opens the other packets, too. It
// has no sockets, no time, and sends nothing.
//
// QUIC v1 (RFC 9000, RFC 9001), v2 (RFC 9369), the drafts from 22 on, mvfst
// and Google's T050 and T051 are decoded. Google QUIC (Q043 and relatives) has
// no TLS inside; it is recognised and named.
package quic

import (
	"bytes"
	"slices"
)

// Bounds of one connection.
const (
	maxInitialKeys  = 6         // pairs of version and connection ID: versions offered, Retry, restarts
	maxDerivations  = 64        // keys derived for packets that then did not open
	maxIDs          = 16        // connection IDs remembered of each side
	maxKept         = 64        // packets that wait for keys
	maxKeptInitials = 4         // of them, when no secrets can come
	maxKeptBytes    = 128 << 10 // of all of them
	maxOpenFailures = 64        // 1-RTT packets in a row of one side that do not open
	maxPrefix       = 256       // bytes of a STREAM frame that are handed on
)

// Secrets are the TLS traffic secrets of one connection; nil where unknown.
type Secrets struct {
	ClientEarly, ClientHandshake, ServerHandshake, ClientTraffic, ServerTraffic []byte
}

// Conn follows one connection. The zero value is ready; it is for one
// goroutine.
type Conn struct {
	// Secrets, when set, is asked for the connection's secrets by the client
	// random whenever a packet cannot be opened without them. Packets that came
	// before the secrets are kept, within bounds, and opened later: their
	// events then carry the frame in which they came.
	Secrets func(clientRandom []byte) Secrets

	initial     []*initialKeys // newest last
	current     *initialKeys   // the last that opened a packet; the server's choice of version when it sent one
	derivations int
	streams     [2][3]cryptoStream
	expected    [2][3]int64         // next packet number by sender and packet number space
	keys        func() *trafficKeys // behind a function, which package fmt cannot look into
	ids         [2][]string         // chosen by that side
	tokens      [2][]string         // stateless reset tokens of that side
	long        [2]bool             // a long header of that side came
	first, last []byte              // DCID of the client's first Initial and of its last
	scid        string              // SCID of the client's last Initial
	token       bool                // it had a token
	negotiation bool                // Version Negotiation came after it
	kept        []keptPacket
	keptBytes   int
	scratch     []byte

	now    keptPacket // what Feed is at
	events []Event
}

// keptPacket is a packet with where it came from.
type keptPacket struct {
	Packet
	from     Side
	frame    int
	datagram int
	late     bool
}

// Feed takes the next datagram, sent by from and numbered frame by the caller,
// and returns what it says in order. The datagram may be reused afterwards.
func (c *Conn) Feed(from Side, frame int, datagram []byte) []Event {
	c.events = nil
	if len(datagram) == 0 {
		return nil
	}
	c.now = keptPacket{from: from, frame: frame, datagram: len(datagram)}
	packets, err := Packets(datagram, c.dcidLength(from, datagram))
	for i := range packets {
		c.now.Packet = packets[i]
		c.packet()
	}
	if err != nil {
		c.emit(Malformed{*err, len(datagram)})
	}
	c.now = keptPacket{}
	return c.events
}

// Gap tells the first range of a CRYPTO stream that is missing although bytes
// after it came.
func (c *Conn) Gap(from Side, level Level) (start, end int64, ok bool) {
	return c.streams[from][level].gap()
}

// Dropped is how many CRYPTO frames were left out because a bound was reached.
func (c *Conn) Dropped() int {
	n := 0
	for _, side := range &c.streams {
		for i := range side {
			n += side[i].dropped
		}
	}
	return n
}

func (c *Conn) emit(content Content) {
	c.events = append(c.events, Event{c.now.from, c.now.frame, content})
}

func (c *Conn) packet() {
	p := &c.now
	if p.Type != OneRTTPacket && p.Type != GooglePacket {
		defer func() { c.long[p.from] = true }()
	}
	switch p.Type {
	case InitialPacket:
		c.initialPacket()
	case RetryPacket:
		c.retryPacket()
	case VersionNegotiationPacket:
		c.negotiationPacket()
	case GooglePacket:
		c.emit(Google{p.Version, len(p.Bytes)})
	default:
		c.protectedPacket()
	}
}

// retryPacket makes the keys of the Initials that follow a Retry (RFC 9001,
// Section 5.2).
func (c *Conn) retryPacket() {
	p := &c.now
	valid := RetryValid(p.Packet, c.first) || RetryValid(p.Packet, c.last)
	c.emit(Retry{p.Version, bytes.Clone(p.SCID), bytes.Clone(p.retryToken()), valid})
	c.remember(p.from, p.SCID)
	if salts := p.Version.salts(); len(salts) > 0 {
		c.addInitial(newInitialKeys(p.Version, salts[0], p.SCID))
	}
}

// retryToken is the token without the integrity tag.
func (p *Packet) retryToken() []byte {
	if key, _ := p.Version.retryKey(); key == "" {
		return p.Token
	}
	return p.Token[:len(p.Token)-tagLength]
}

func (c *Conn) negotiationPacket() {
	p := &c.now
	matches := c.first != nil && string(p.SCID) == string(c.last) && string(p.DCID) == c.scid
	c.emit(VersionNegotiation{slices.Clone(p.Versions), matches})
	c.negotiation = true
}

// addInitial takes keys in, dropping the oldest past the bound.
func (c *Conn) addInitial(k *initialKeys) {
	if len(c.initial) == maxInitialKeys {
		c.initial = slices.Delete(c.initial, 1, 2) // the first are the original ones
	}
	c.initial = append(c.initial, k)
}

// keep puts the packet aside until there are keys.
func (c *Conn) keep() {
	p := c.now
	most := maxKept
	if c.Secrets == nil {
		most = maxKeptInitials
	}
	if p.late || len(c.kept) >= most || c.keptBytes+len(p.Bytes) > maxKeptBytes {
		return
	}
	p.Bytes = bytes.Clone(p.Bytes)
	p.DCID, p.SCID, p.Token = bytes.Clone(p.DCID), bytes.Clone(p.SCID), bytes.Clone(p.Token)
	p.late = true
	c.kept = append(c.kept, p)
	c.keptBytes += len(p.Bytes)
}

// reopen tries the kept packets of the given types again.
func (c *Conn) reopen(types ...PacketType) {
	kept, now := c.kept, c.now
	c.kept, c.keptBytes = nil, 0
	for _, p := range kept {
		c.now = p
		if !slices.Contains(types, p.Type) || !c.tryKept() {
			c.kept = append(c.kept, p)
			c.keptBytes += len(p.Bytes)
		}
	}
	c.now = now
}

func (c *Conn) tryKept() bool {
	if c.now.Type == InitialPacket {
		o, ok := c.openWithKnown()
		if ok {
			c.frames(InitialLevel, o.payload, nil)
		}
		return ok
	}
	return c.openProtected()
}
