package quic

import (
	"bytes"
	"slices"
	"strings"
)

// minMatch is the shortest connection ID by which a datagram from elsewhere is
// taken for one of this connection.
const minMatch = 4

// remember notes a connection ID that side chose for itself.
func (c *Conn) remember(side Side, id []byte) {
	if len(id) == 0 || slices.Contains(c.ids[side], string(id)) {
		return
	}
	if len(c.ids[side]) == maxIDs {
		c.ids[side] = slices.Delete(c.ids[side], 0, 1)
	}
	c.ids[side] = append(c.ids[side], string(id))
}

// IDs gives the connection IDs that a side is known to have chosen: what its
// peer puts into the Destination Connection ID.
func (c *Conn) IDs(side Side) []string { return slices.Clone(c.ids[side]) }

// Matches reports whether a datagram, seen between whatever addresses, carries
// a connection ID of this connection, and who sent it (RFC 9000, Section 9).
// Connection IDs of fewer than four bytes prove nothing and never match.
func (c *Conn) Matches(datagram []byte) (from Side, ok bool) {
	dcid, exact := leadingID(datagram)
	for _, side := range [2]Side{Client, Server} {
		for _, id := range c.ids[side] {
			if len(id) < minMatch || exact && len(id) != len(dcid) {
				continue
			}
			if strings.HasPrefix(string(dcid[:min(len(dcid), maxConnectionID)]), id) {
				return side.other(), true
			}
		}
	}
	return 0, false
}

// leadingID gives the Destination Connection ID of a long header (exact), or
// the bytes that begin with that of a short one.
func leadingID(b []byte) (id []byte, exact bool) {
	switch {
	case len(b) < 7:
		return nil, false
	case b[0]&0x80 == 0:
		return b[1:], false
	case int(b[5]) > len(b)-6:
		return nil, true
	}
	return b[6 : 6+int(b[5])], true
}

// dcidLength tells how long the connection ID of a short header is in this
// datagram.
func (c *Conn) dcidLength(from Side, datagram []byte) int {
	id, exact := leadingID(datagram)
	if exact {
		return len(id) // RFC 9000, Section 12.2: coalesced packets have the same
	}
	ids := c.ids[from.other()]
	for _, known := range ids {
		if bytes.HasPrefix(id, []byte(known)) {
			return len(known)
		}
	}
	if len(ids) > 0 {
		return len(ids[len(ids)-1])
	}
	return 0
}

// suspectReset tells whether a packet with a short header that does not open
// looks like a stateless reset (RFC 9000, Section 10.3): it ends in a token
// that was announced; or it is small and the server, of which no handshake was
// seen, sent it, or it has a connection ID that the peer is not known to have.
func (c *Conn) suspectReset() (suspected, certain bool) {
	p := &c.now
	if len(p.Bytes) != p.datagram || p.datagram < 21 {
		return false, false
	}
	if slices.Contains(c.tokens[p.from], string(p.Bytes[len(p.Bytes)-16:])) {
		return true, true
	}
	if p.datagram > 100 || !c.long[p.from.other()] {
		return false, false
	}
	peer := c.ids[p.from.other()]
	foreign := len(peer) > 0 && !slices.Contains(peer, string(p.DCID))
	return foreign || p.from == Server && !c.long[Server], false
}
