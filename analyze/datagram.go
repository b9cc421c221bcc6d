package analyze

import (
	"encoding/binary"
	"slices"

	"tlswhy/decode"
	"tlswhy/decode/wire"
)

// quicClose says what a CONNECTION_CLOSE does to the handshake: without an
// error (NO_ERROR, APPLICATION_ERROR) the side only leaves (RFC 9000, Section
// 20.1).
func quicClose(m *decode.QUICClose, done bool) BreakKind {
	if !m.Application && m.Code>>8 == 1 { // a TLS alert (RFC 9001, Section 4.8), the late refusal of a client's certificate too
		return ByAlert
	}
	if done || m.Application || m.Code == 0 || m.Code == 0x0c {
		return ByClose
	}
	return ByAlert
}

// versionsRefused says whether a Version Negotiation packet ended the
// connection: the client begins no other one, and as far as it told which
// versions it has, none of them is listed (RFC 9368, Section 2.1).
func (c *Case) versionsRefused(i int) bool {
	m := c.Events[i].Message.(decode.QUICVersionNegotiation)
	for _, e := range c.Events[i+1:] {
		if _, ok := e.Message.(decode.QUICInitial); ok && e.From == decode.Client {
			return false
		}
	}
	return !slices.ContainsFunc(c.quicVersions(), func(v uint32) bool { return slices.Contains(m.Versions, v) })
}

// quicVersions returns the versions that the client has, as far as it told.
func (c *Case) quicVersions() []uint32 {
	var versions []uint32
	for _, i := range decode.Each[decode.QUICInitial](c.Handshake, decode.Client) {
		if m := c.Events[i].Message.(decode.QUICInitial); !slices.Contains(versions, m.Version) {
			versions = append(versions, m.Version)
		}
	}
	if ch, _ := c.ClientHello(); ch != nil {
		for _, v := range versionInformation(ch.Extensions) {
			if !slices.Contains(versions, v) {
				versions = append(versions, v)
			}
		}
	}
	return versions
}

// owesDatagram returns the side that had to speak when a DTLS or QUIC
// handshake went quiet: not the one that sent its flight again.
func (c *Case) owesDatagram() decode.Side {
	p := &c.Progress
	client, server := c.Flow[decode.Client].Repeats, c.Flow[decode.Server].Repeats
	switch {
	case p.serverHello >= 0 && server > client:
		return decode.Client
	case p.serverHello < 0 && server > client && client == 0 && c.Flow[decode.Server].Packets > 0:
		return decode.Client
	}
	return decode.Server
}

// versionInformation reads the versions of a ClientHello's transport
// parameter version_information (RFC 9368, Section 3).
func versionInformation(extensions []wire.Extension) []uint32 {
	var versions []uint32
	for _, e := range extensions {
		if e.Type != 57 { // quic_transport_parameters (RFC 9001, Section 8.2)
			continue
		}
		for b := e.Data; len(b) > 0; {
			id, rest, ok := varint(b)
			n, rest, ok2 := varint(rest)
			if !ok || !ok2 || n > uint64(len(rest)) {
				break
			}
			if id == 0x11 {
				for v := rest[:n]; len(v) >= 4; v = v[4:] {
					versions = append(versions, binary.BigEndian.Uint32(v))
				}
			}
			b = rest[n:]
		}
	}
	return versions
}

// varint reads a variable-length integer (RFC 9000, Section 16).
func varint(b []byte) (v uint64, rest []byte, ok bool) {
	if len(b) == 0 || len(b) < 1<<(b[0]>>6) {
		return 0, nil, false
	}
	n := 1 << (b[0] >> 6)
	v = uint64(b[0] & 0x3f)
	for _, c := range b[1:n] {
		v = v<<8 | uint64(c)
	}
	return v, b[n:], true
}

// hiddenQUICClose returns the event of a client's Handshake packet that must
// have been its CONNECTION_CLOSE, or -1: the server's flight was through (its
// first 1-RTT packet came), the client answered in Handshake packets alone,
// which it would not have done had it gone on (its Finished comes with 1-RTT
// packets), and was never heard again though the capture goes on.
func (c *Case) hiddenQUICClose() int {
	if c.Transport != decode.QUIC || c.Progress.serverHello < 0 || c.Progress.clientFinished >= 0 {
		return -1
	}
	through, last := false, -1
	for i := range c.Events {
		e := &c.Events[i]
		m, ok := e.Message.(decode.Datagram)
		switch {
		case !ok:
		case e.From == decode.Server && m.Type == "1-RTT":
			through = true
		case e.From == decode.Client && m.Type == "Handshake" && through:
			last = i
		}
	}
	if last < 0 || c.Flow[decode.Client].LastFrame != c.Events[last].LastFrame || c.CaptureEnd.Sub(c.Events[last].Time) < patience {
		return -1
	}
	return last
}
