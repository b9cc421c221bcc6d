package quic

import (
	"bytes"
	"slices"
)

// IsClientInitial reports whether a datagram begins with an Initial packet
// that a client protected and that goes to the connection ID of its own
// header: the first flight of a connection. Its sender is the client.
func IsClientInitial(datagram []byte) bool {
	packets, _ := Packets(datagram, 0)
	if len(packets) == 0 || packets[0].Type != InitialPacket {
		return false
	}
	p := &packets[0]
	for _, s := range p.Version.salts() {
		if _, err := newInitialKeys(p.Version, s, p.DCID).keys[Client].open(nil, p, -1); err == nil {
			return true
		}
	}
	return false
}

// initialPacket opens an Initial packet and reads its frames.
func (c *Conn) initialPacket() {
	p := &c.now
	e := Initial{Version: p.Version, DCID: bytes.Clone(p.DCID), SCID: bytes.Clone(p.SCID),
		Token: bytes.Clone(p.Token), Bytes: len(p.Bytes), Datagram: p.datagram}
	o, opened := c.openInitial()
	if p.from == Client {
		c.noteClient()
	}
	c.remember(p.from, p.SCID)
	if !opened {
		c.emit(e)
		if p.from == Server {
			c.keep()
		}
		return
	}
	e.Opened, e.Number = true, o.number
	at := len(c.events)
	c.emit(e)
	c.frames(InitialLevel, o.payload, &e)
	c.events[at].Content = e
	c.reopen(InitialPacket)
	c.install()
}

// noteClient keeps what the server's answers must agree with.
func (c *Conn) noteClient() {
	p := &c.now
	if !c.long[Server] || c.first == nil {
		c.first = bytes.Clone(p.DCID)
	}
	c.last = bytes.Clone(p.DCID)
	c.scid = string(p.SCID)
	c.token = len(p.Token) > 0
}

// openInitial removes the protection with the keys of the connection, or else
// with keys that the packet itself suggests.
func (c *Conn) openInitial() (opened, bool) {
	if o, ok := c.openWithKnown(); ok {
		return o, true
	}
	p := &c.now
	for _, k := range c.derive() {
		c.derivations++
		o, err := k.keys[p.from].open(nil, &p.Packet, -1)
		if err != nil {
			continue
		}
		c.derivations = 0
		if p.from == Client && c.restarts(k) {
			c.restart()
		}
		c.addInitial(k)
		c.openedInitial(k, o)
		return o, true
	}
	return opened{}, false
}

func (c *Conn) openWithKnown() (opened, bool) {
	p := &c.now
	for _, k := range slices.Backward(c.initial) {
		if k.version != p.Version {
			continue
		}
		o, err := k.keys[p.from].open(nil, &p.Packet, c.expected[p.from][InitialLevel]-1)
		if err == nil {
			c.openedInitial(k, o)
			return o, true
		}
	}
	return opened{}, false
}

func (c *Conn) openedInitial(k *initialKeys, o opened) {
	from := c.now.from
	if from == Server || !c.long[Server] {
		c.current = k
	}
	c.expected[from][InitialLevel] = max(c.expected[from][InitialLevel], int64(o.number)+1)
}

// derive makes keys that the packet could have: from its own Destination
// Connection ID when a client sent it, and from earlier ones when its version
// is another (RFC 9368, Section 2.3: compatible negotiation).
func (c *Conn) derive() (keys []*initialKeys) {
	p := &c.now
	if c.derivations >= maxDerivations {
		return nil
	}
	var dcids []string
	for _, k := range c.initial {
		if k.version != p.Version && !slices.Contains(dcids, k.dcid) {
			dcids = append(dcids, k.dcid)
		}
	}
	if p.from == Client && len(p.DCID) > 0 { // at least 8 bytes, but for the one that a Retry chose
		dcids = append(dcids, string(p.DCID))
	}
	for _, dcid := range dcids {
		for _, s := range p.Version.salts() {
			keys = append(keys, newInitialKeys(p.Version, s, []byte(dcid)))
		}
	}
	return keys
}

// restarts tells whether a client Initial that opened with new keys begins
// another connection. It does not when its version changed in the middle, when
// it answers a Retry that is not in the capture, or keeps its own connection ID.
func (c *Conn) restarts(k *initialKeys) bool {
	p := &c.now
	switch {
	case c.first == nil:
		return false
	case c.negotiation:
		return true
	case slices.ContainsFunc(c.initial, func(q *initialKeys) bool { return q.dcid == k.dcid }):
		return false
	case len(p.SCID) > 0 && string(p.SCID) == c.scid:
		return false
	}
	return c.token || len(p.Token) == 0
}

// restart forgets the connection before.
func (c *Conn) restart() {
	p := &c.now
	c.emit(Restart{p.Version, c.negotiation})
	*c = Conn{Secrets: c.Secrets, now: c.now, events: c.events, scratch: c.scratch}
}
