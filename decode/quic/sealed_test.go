package quic

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"tlswhy/decode/wire"
)

// seal protects a packet: header without packet number, which takes n bytes.
func seal(k *packetKeys, header []byte, number uint64, n int, payload []byte) []byte {
	packet := bytes.Clone(header)
	at := len(packet)
	packet[0] |= byte(n - 1)
	for i := n - 1; i >= 0; i-- {
		packet = append(packet, byte(number>>(8*i)))
	}
	nonce := bytes.Clone(k.iv)
	for i := range 8 {
		nonce[11-i] ^= byte(number >> (8 * i))
	}
	packet = k.aead.Seal(packet, nonce, payload, packet)
	mask := k.mask(packet[at+4 : at+20])
	bits := byte(0x1f)
	if packet[0]&0x80 != 0 {
		bits = 0x0f
	}
	packet[0] ^= mask[0] & bits
	for i := range n {
		packet[at+i] ^= mask[1+i]
	}
	return packet
}

// longHeader makes a v1 header up to the packet number of two bytes.
func longHeader(typ PacketType, v Version, dcid, scid string, payload int) []byte {
	bits := byte(typ)
	if v == Version2 {
		bits = (bits + 1) & 3
	}
	b := binary.BigEndian.AppendUint32([]byte{0xc0 | bits<<4}, uint32(v))
	b = append(append(b, byte(len(dcid))), dcid...)
	b = append(append(b, byte(len(scid))), scid...)
	if typ == InitialPacket {
		b = append(b, 0)
	}
	return binary.BigEndian.AppendUint16(b, 0x4000|uint16(payload+2+tagLength))
}

func sealLong(typ PacketType, v Version, k *packetKeys, dcid, scid string, number uint64, payload []byte) []byte {
	payload = append(bytes.Clone(payload), make([]byte, 24)...)
	return seal(k, longHeader(typ, v, dcid, scid, len(payload)), number, 2, payload)
}

func cryptoFrame(offset int, data []byte) []byte {
	b := binary.BigEndian.AppendUint32([]byte{frameCrypto}, 0x80000000|uint32(offset))
	return append(binary.BigEndian.AppendUint16(b, 0x4000|uint16(len(data))), data...)
}

// peer is a connection made by hand.
type peer struct {
	version Version
	initial *initialKeys
	conn    Conn
	number  uint64
	frame   int
}

const (
	peerDCID, peerClient, peerServer = "original", "client", "server"
)

func newPeer(v Version) *peer {
	return &peer{version: v, initial: newInitialKeys(v, v.salts()[0], []byte(peerDCID))}
}

func (p *peer) send(from Side, datagram []byte) []Event {
	p.frame++
	return p.conn.Feed(from, p.frame, datagram)
}

func (p *peer) sendInitial(from Side, payload []byte) []Event {
	p.number++
	if from == Client {
		return p.send(Client, sealLong(InitialPacket, p.version, p.initial.keys[Client], peerDCID, peerClient, p.number, payload))
	}
	return p.send(Server, sealLong(InitialPacket, p.version, p.initial.keys[Server], peerClient, peerServer, p.number, payload))
}

// hello is a handshake message with a random and, in a ServerHello, a suite.
func hello(typ byte, suite wire.CipherSuite, n int) []byte {
	body := append([]byte{3, 3}, bytes.Repeat([]byte{typ}, 32)...)
	body = append(body, 0, byte(suite>>8), byte(suite), 0)
	body = append(body, make([]byte, max(0, n-len(body)-4))...)
	return append([]byte{typ, 0, byte(len(body) >> 8), byte(len(body))}, body...)
}

// TestEarlyData has a 0-RTT packet in the frame before the ServerHello.
func TestEarlyData(t *testing.T) {
	for _, suite := range []wire.CipherSuite{aes128GCM, aes256GCM, chacha20Poly1305} {
		for _, v := range []Version{Version1, Version2, draftBase + 29} {
			secret := bytes.Repeat([]byte{7}, hashOf(suite)().Size())
			p := newPeer(v)
			p.conn.Secrets = func(random []byte) Secrets {
				if !bytes.Equal(random, bytes.Repeat([]byte{1}, 32)) {
					t.Fatalf("asked for random %x", random)
				}
				return Secrets{ClientEarly: secret}
			}
			k, err := newPacketKeys(suite, v == Version2, secret)
			if err != nil {
				t.Fatal(err)
			}
			p.sendInitial(Client, cryptoFrame(0, hello(1, 0, 100)))
			early := p.send(Client, sealLong(ZeroRTTPacket, v, k, peerDCID, peerClient, 1, append([]byte{frameStream + 2, 0, 5}, "early"...)))
			if got := find[Protected](early, Client); len(early) != 1 || len(got) != 1 || got[0].Opened || got[0].Type != ZeroRTTPacket {
				t.Errorf("before the ServerHello: %+v", early)
			}
			events := p.sendInitial(Server, cryptoFrame(0, hello(2, suite, 90)))
			said := find[Stream](events, Client)
			if len(said) != 1 || string(said[0].Prefix) != "early" || events[len(events)-1].Frame != 2 {
				t.Errorf("%s, suite %04x: %+v", v.Name(), uint16(suite), events)
			}
		}
	}
}

// TestKeyUpdates changes the key phase, with packets out of order around it.
func TestKeyUpdates(t *testing.T) {
	secret := bytes.Repeat([]byte{9}, 32)
	p := newPeer(Version1)
	p.conn.Secrets = func([]byte) Secrets { return Secrets{ClientTraffic: secret} }
	p.sendInitial(Client, cryptoFrame(0, hello(1, 0, 100)))
	p.sendInitial(Server, cryptoFrame(0, hello(2, chacha20Poly1305, 90)))
	k, err := newPacketKeys(chacha20Poly1305, false, secret)
	if err != nil {
		t.Fatal(err)
	}
	phases := []*packetKeys{k}
	for range 3 {
		next, err := phases[len(phases)-1].updated()
		if err != nil {
			t.Fatal(err)
		}
		phases = append(phases, next)
	}
	for i, phase := range []int{0, 0, 1, 0, 1, 2, 1, 2, 3} {
		header := append([]byte{0x40 | byte(phase&1)<<2}, peerServer...)
		text := fmt.Sprintf("%02d", i)
		packet := seal(phases[phase], header, uint64(i), 2, append(append([]byte{frameStream + 2, 0, 2}, text...), make([]byte, 20)...))
		events := p.send(Client, packet)
		if said := find[Stream](events, Client); len(said) != 1 || string(said[0].Prefix) != text {
			t.Errorf("packet %d of phase %d: %+v", i, phase, events)
		}
	}
}

// TestShuffledCrypto cuts a large hello into pieces, overlapping ones
// included, and sends them in any order over many packets.
func TestShuffledCrypto(t *testing.T) {
	message := hello(1, 0, 18000)
	for i := range message[44:] {
		message[44+i] = byte(i * 7)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 20 {
		p := newPeer(Version1)
		var frames [][]byte
		for at := 0; at < len(message); {
			n := min(1+random.IntN(900), len(message)-at)
			from := max(0, at-random.IntN(30))
			frames = append(frames, cryptoFrame(from, message[from:at+n]))
			at += n
		}
		random.Shuffle(len(frames), func(i, j int) { frames[i], frames[j] = frames[j], frames[i] })
		var got []byte
		for i, f := range frames {
			for _, e := range p.sendInitial(Client, append([]byte{framePing, 0, 0}, f...)) {
				if c, ok := e.Content.(Crypto); ok {
					if c.Offset != int64(len(got)) || !bytes.Equal(c.Data, message[len(got):len(got)+len(c.Data)]) || e.Frame > i+1 {
						t.Fatalf("round %d: %d bytes at %d, frame %d", round, len(c.Data), c.Offset, e.Frame)
					}
					got = append(got, c.Data...)
				}
			}
			if from, to, gap := p.conn.Gap(Client, InitialLevel); gap && (from != int64(len(got)) || to <= from) {
				t.Fatalf("gap from %d to %d after %d bytes", from, to, len(got))
			}
		}
		if !bytes.Equal(got, message) {
			t.Fatalf("round %d: %d of %d bytes", round, len(got), len(message))
		}
		if _, _, gap := p.conn.Gap(Client, InitialLevel); gap {
			t.Error("a gap at the end")
		}
	}
}

// TestBounds has a client that never sends the first byte.
func TestBounds(t *testing.T) {
	p := newPeer(Version1)
	data := make([]byte, 1000)
	for i := range 2000 {
		p.sendInitial(Client, cryptoFrame(1+i*1001, data))
	}
	p.sendInitial(Client, cryptoFrame(1<<29, data))
	s := &p.conn.streams[Client][InitialLevel]
	if s.bytes > maxPendingBytes || len(s.pending) > maxPending || p.conn.Dropped() < 1500 {
		t.Errorf("%d bytes in %d pieces wait, %d dropped", s.bytes, len(s.pending), p.conn.Dropped())
	}
	q := &Conn{Secrets: func([]byte) Secrets { return Secrets{} }}
	for i := range 2000 {
		q.Feed(Client, i, append([]byte{0x40}, data...))
		q.Feed(Server, i, sealLong(HandshakePacket, Version1, p.initial.keys[0], fmt.Sprint(i), fmt.Sprint("server", i), 1, data))
	}
	if len(q.kept) > maxKept || q.keptBytes > maxKeptBytes || len(q.IDs(Server)) > maxIDs {
		t.Errorf("%d packets of %d bytes kept, %d connection IDs", len(q.kept), q.keptBytes, len(q.IDs(Server)))
	}
}

// TestFloods has Initials that nothing opens: the keys made for them end.
func TestFloods(t *testing.T) {
	var c Conn
	for i := range 500 {
		packet := sealLong(InitialPacket, Version1, newInitialKeys(Version1, Version1.salts()[0], []byte("another")).keys[Client], fmt.Sprintf("%08d", i), "", 1, make([]byte, 100))
		for _, e := range c.Feed(Client, i, packet) {
			if x, ok := e.Content.(Initial); !ok || x.Opened {
				t.Fatalf("%+v", e)
			}
		}
	}
	if c.derivations > maxDerivations || len(c.initial) > maxInitialKeys {
		t.Errorf("%d derivations, %d keys", c.derivations, len(c.initial))
	}
}

// TestNegotiation has a Version Negotiation packet and the client's next try.
func TestNegotiation(t *testing.T) {
	p := newPeer(Version2)
	p.sendInitial(Client, cryptoFrame(0, hello(1, 0, 100)))
	vn := append([]byte{0x80, 0, 0, 0, 0, 6}, peerClient...)
	vn = append(append(vn, 8), peerDCID...)
	vn = append(vn, 0, 0, 0, 1, 0x1a, 0x2a, 0x3a, 0x4a)
	got := find[VersionNegotiation](p.send(Server, vn), Server)
	if len(got) != 1 || !got[0].Matches || len(got[0].Versions) != 2 || got[0].Versions[0] != Version1 {
		t.Fatalf("%+v", got)
	}
	vn[7] ^= 1
	if got := find[VersionNegotiation](p.send(Server, vn), Server); len(got) != 1 || got[0].Matches {
		t.Errorf("one for somebody else: %+v", got)
	}
	k := newInitialKeys(Version1, Version1.salts()[0], []byte("different"))
	events := p.send(Client, sealLong(InitialPacket, Version1, k.keys[Client], "different", "client2", 1, cryptoFrame(0, hello(1, 0, 120))))
	if len(events) != 3 || events[0].Content != (Restart{Version1, true}) {
		t.Fatalf("%+v", events)
	}
	if c, ok := events[2].Content.(Crypto); !ok || c.Offset != 0 || len(c.Data) != 120 {
		t.Errorf("%+v", events[2])
	}
}

// TestCompatibleNegotiation has a server that answers in version 2 (RFC 9368).
func TestCompatibleNegotiation(t *testing.T) {
	p := newPeer(Version1)
	p.sendInitial(Client, cryptoFrame(0, hello(1, 0, 100)))
	k := newInitialKeys(Version2, Version2.salts()[0], []byte(peerDCID))
	events := p.send(Server, sealLong(InitialPacket, Version2, k.keys[Server], peerClient, peerServer, 1, cryptoFrame(0, hello(2, aes128GCM, 90))))
	if initials := find[Initial](events, Server); len(initials) != 1 || !initials[0].Opened {
		t.Fatalf("server: %+v", events)
	}
	events = p.send(Client, sealLong(InitialPacket, Version2, k.keys[Client], peerServer, peerClient, 2, []byte{framePing}))
	if initials := find[Initial](events, Client); len(initials) != 1 || !initials[0].Opened || len(events) != 1 {
		t.Errorf("client: %+v", events)
	}
}

// TestStatelessReset tells resets from other packets with short headers.
func TestStatelessReset(t *testing.T) {
	noise := func(id string, n int) []byte {
		b := append([]byte{0x41}, id...)
		for len(b) < n {
			b = append(b, byte(len(b)*31+7))
		}
		return b
	}
	p := newPeer(Version1)
	p.sendInitial(Client, cryptoFrame(0, hello(1, 0, 100)))
	first := p.send(Server, noise("", 43))
	if got := find[StatelessReset](first, Server); len(got) != 1 || got[0].Certain {
		t.Errorf("answer to an Initial: %+v", first)
	}
	p.sendInitial(Server, cryptoFrame(0, hello(2, aes128GCM, 90)))
	for _, test := range []struct {
		datagram []byte
		want     bool
	}{
		{noise(peerClient, 43), false}, {noise(peerClient, 1200), false}, {noise("", 43), true}, {noise("", 20), false}, {noise("", 1200), false},
	} {
		events := p.send(Server, test.datagram)
		if got := len(find[StatelessReset](events, Server)) == 1; got != test.want {
			t.Errorf("%d bytes beginning %x: reset %v", len(test.datagram), test.datagram[:8], got)
		}
	}
}

// TestFrames reads one of each frame and cuts the payload at every byte.
func TestFrames(t *testing.T) {
	payload := []byte{
		0, 0, 1, 2, 10, 0, 1, 2, 3, 4, 3, 10, 0, 0, 2, 1, 1, 1, 4, 1, 2, 3, 5, 1, 2, 6, 5, 2, 'h', 'i', 7, 1, 't', 0x0e, 4, 1, 1, 'x',
		0x10, 1, 0x11, 1, 2, 0x12, 1, 0x13, 1, 0x14, 1, 0x15, 1, 2, 0x16, 1, 0x17, 1, 0x18, 1, 0, 4, 'a', 'b', 'c', 'd'}
	payload = append(payload, make([]byte, 16)...)
	payload = append(payload, 0x19, 1, 0x1a, 1, 2, 3, 4, 5, 6, 7, 8, 0x1b, 1, 2, 3, 4, 5, 6, 7, 8, 0x1c, 0x41, 0x2a, 6, 2, 'n', 'o', 0x1d, 9, 0,
		0x1e, 0x1f, 0x31, 1, 'd', 0x40, 0xaf, 1, 2, 3, 4, 0x42, 0xf5, 1, 0x30, 'e', 'n', 'd')
	var kinds []uint64
	f := newFrameReader(Version1, payload)
	for fr, ok := f.next(); ok; fr, ok = f.next() {
		kinds = append(kinds, fr.kind)
	}
	want := "[0 1 2 3 4 5 6 7 14 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 49 175 757 48]"
	if fmt.Sprint(kinds) != want || f.malformed() != nil {
		t.Fatalf("%v, %v", kinds, f.malformed())
	}
	for n := range payload {
		f := newFrameReader(Version1, payload[:n:n])
		count := 0
		for _, ok := f.next(); ok; _, ok = f.next() {
			if count++; count > len(kinds) || f.r.off > n {
				t.Fatalf("cut to %d: %d frames, offset %d", n, count, f.r.off)
			}
		}
		if f.malformed() != nil && f.malformed().Missing == 0 {
			t.Errorf("cut to %d: %v", n, f.malformed())
		}
	}
}
