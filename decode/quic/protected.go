package quic

import "tlswhy/decode/wire"

// trafficKeys are the keys that TLS gave (RFC 9001, Section 5).
type trafficKeys struct {
	early       *packetKeys
	handshake   [2]*packetKeys
	application [2]*phaseKeys
}

// phaseKeys are the 1-RTT keys of one side, which change with the key phase
// (RFC 9001, Section 6).
type phaseKeys struct {
	previous, current, next *packetKeys
	phase                   bool
	failures                int // in a row
}

// open tries the key phase that the packet names: the current one, or of the
// others first the next, then the one before.
func (k *phaseKeys) open(dst []byte, p *Packet, largest int64) (opened, error) {
	o, err := k.current.open(dst, p, largest)
	if err == nil || o.phase == k.phase {
		return o, err
	}
	if o, err := k.next.open(dst, p, largest); err == nil {
		after, err := k.next.updated()
		k.previous, k.current, k.next = k.current, k.next, after
		k.phase = o.phase
		return o, err
	}
	if k.previous == nil {
		return o, err
	}
	return k.previous.open(dst, p, largest)
}

// protectedPacket handles 0-RTT, Handshake and 1-RTT packets.
func (c *Conn) protectedPacket() {
	p := &c.now
	c.remember(p.from, p.SCID)
	e := Protected{Type: p.Type, Version: p.Version, Bytes: len(p.Bytes)}
	at := len(c.events)
	c.emit(e)
	c.install()
	if c.openProtected() {
		e.Opened = true
		c.events[at].Content = e
		return
	}
	if p.Type == OneRTTPacket {
		if suspected, certain := c.suspectReset(); suspected {
			c.events[at].Content = StatelessReset{p.datagram, certain}
			return
		}
	}
	if c.Secrets != nil {
		c.keep()
	}
}

// openProtected removes the protection, if there are keys, and reads the frames.
func (c *Conn) openProtected() bool {
	if c.keys == nil {
		return false
	}
	p := &c.now
	level := ApplicationLevel
	if p.Type == HandshakePacket {
		level = HandshakeLevel
	}
	expected := &c.expected[p.from][level]
	o, ok := c.openWith(*expected - 1)
	if !ok {
		return false
	}
	*expected = max(*expected, int64(o.number)+1)
	c.scratch = o.payload
	c.frames(level, o.payload, nil)
	return true
}

func (c *Conn) openWith(largest int64) (opened, bool) {
	p := &c.now
	var k *packetKeys
	switch p.Type {
	case ZeroRTTPacket:
		k = c.keys().early
	case HandshakePacket:
		k = c.keys().handshake[p.from]
	default:
		return c.openPhase(largest)
	}
	if k == nil {
		return opened{}, false
	}
	o, err := k.open(c.scratch, &p.Packet, largest)
	return o, err == nil
}

func (c *Conn) openPhase(largest int64) (opened, bool) {
	p := &c.now
	k := c.keys().application[p.from]
	if k == nil || k.failures >= maxOpenFailures {
		return opened{}, false
	}
	o, err := k.open(c.scratch, &p.Packet, largest)
	if err != nil {
		k.failures++
		return o, false
	}
	k.failures = 0
	return o, true
}

// install asks for secrets that are missing yet and opens what waited for them.
func (c *Conn) install() {
	random, suite, ok := c.hellos()
	if c.Secrets == nil || !ok || c.trafficKeys().complete() {
		return
	}
	if c.keys == nil {
		made := &trafficKeys{}
		c.keys = func() *trafficKeys { return made }
	}
	s, k, found := c.Secrets(random), c.keys(), false
	v2 := c.current.salt.v2
	set := func(to **packetKeys, secret []byte) {
		if *to != nil || len(secret) == 0 {
			return
		}
		if made, err := newPacketKeys(suite, v2, secret); err == nil {
			*to, found = made, true
		}
	}
	set(&k.early, s.ClientEarly)
	set(&k.handshake[Client], s.ClientHandshake)
	set(&k.handshake[Server], s.ServerHandshake)
	for side, secret := range [2][]byte{s.ClientTraffic, s.ServerTraffic} {
		var current *packetKeys
		if k.application[side] != nil {
			continue
		}
		if set(&current, secret); current == nil {
			continue
		}
		if next, err := current.updated(); err == nil {
			k.application[side] = &phaseKeys{current: current, next: next}
		}
	}
	if found {
		c.reopen(ZeroRTTPacket, HandshakePacket, OneRTTPacket)
	}
}

func (c *Conn) trafficKeys() *trafficKeys {
	if c.keys == nil {
		return nil
	}
	return c.keys()
}

func (k *trafficKeys) complete() bool {
	return k != nil && k.handshake[0] != nil && k.handshake[1] != nil && k.application[0] != nil && k.application[1] != nil
}

// hellos gives the client random and the cipher suite, which stand at fixed
// places (RFC 8446, Section 4.1.2 and 4.1.3), once both hellos have come.
func (c *Conn) hellos() (random []byte, suite wire.CipherSuite, ok bool) {
	ch, sh := c.streams[Client][InitialLevel].head, c.streams[Server][InitialLevel].head
	if len(ch) < 38 || ch[0] != 1 || len(sh) < 39 || sh[0] != 2 {
		return nil, 0, false
	}
	at := 39 + int(sh[38])
	if len(sh) < at+2 {
		return nil, 0, false
	}
	return ch[6:38], wire.CipherSuite(sh[at])<<8 | wire.CipherSuite(sh[at+1]), true
}

// frames reads the frames of an opened packet; e is told what an Initial has.
func (c *Conn) frames(level Level, payload []byte, e *Initial) {
	f := newFrameReader(c.now.Version, payload)
	for fr, ok := f.next(); ok; fr, ok = f.next() {
		if e != nil {
			if fr.kind == frameCrypto {
				e.Crypto += len(fr.data)
			}
			e.Ack = e.Ack || fr.kind == frameAck || fr.kind == frameAckECN
			e.Padding = e.Padding || fr.kind == framePadding
		}
		c.frame(level, fr)
	}
	if err := f.malformed(); err != nil && !(f.unknown && level == ApplicationLevel) {
		c.emit(Malformed{*err, len(payload)}) // extensions have frames of their own in 1-RTT packets
	}
}

func (c *Conn) frame(level Level, fr frame) {
	from := c.now.from
	switch kind := fr.kind; {
	case kind == frameCrypto:
		for _, p := range c.streams[from][level].add(fr.offset, fr.data, c.now.frame) {
			c.crypto(level, p)
		}
	case kind == frameClose || kind == frameCloseApp:
		c.emit(Close{level, kind == frameCloseApp, fr.code, fr.cause, string(fr.data)})
	case kind >= frameStream && kind <= frameStreamLast:
		prefix := append([]byte(nil), fr.data[:min(len(fr.data), maxPrefix)]...)
		c.emit(Stream{fr.id, fr.offset, len(fr.data), prefix, fr.fin})
	case kind == frameHandshakeDone:
		c.emit(HandshakeDone{})
	case kind == frameNewConnectionID:
		c.remember(from, fr.data)
		if len(c.tokens[from]) < maxIDs {
			c.tokens[from] = append(c.tokens[from], string(fr.token))
		}
	}
}

// crypto hands on bytes that are in order, joined with what the same datagram
// gave just before.
func (c *Conn) crypto(level Level, p piece) {
	if n := len(c.events); n > 0 && c.events[n-1].Frame == p.frame && c.events[n-1].From == c.now.from {
		last, ok := c.events[n-1].Content.(Crypto)
		if ok && last.Level == level && last.Offset+int64(len(last.Data)) == p.offset {
			last.Data = append(last.Data, p.data...)
			c.events[n-1].Content = last
			return
		}
	}
	c.events = append(c.events, Event{c.now.from, p.frame, Crypto{level, p.offset, p.data}})
}
