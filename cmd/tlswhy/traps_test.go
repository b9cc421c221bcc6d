//go:build unix

package main

import (
	"bytes"
	"compress/gzip"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"fmt"
	"math/big"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	ct "tlswhy/decode/capturetest"
	"tlswhy/decode/packet"
)

// Captures that make a reader do the square of the work, or keep all it is
// given. Each is taken with n and 4 n of what it is made of: what is allocated
// grows with n, the time stays in the hundreds of what it should be, and the
// memory of the process is bounded.

// trap is one of them. capture returns a file.
type trap struct {
	name    string
	n       int
	capture func(n int) []byte
}

func TestTraps(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	root(t)
	h := newHostile(t)
	for _, c := range traps {
		t.Run(c.name, func(t *testing.T) {
			once, more := h.spring(t, c.capture(c.n)), h.spring(t, c.capture(4*c.n))
			t.Logf("%d: %s; %d: %s", c.n, once, 4*c.n, more)
			if limit := 6*once.allocated + 32<<20; more.allocated > limit {
				t.Errorf("%d times %d allocates %d MiB, %d times %d MiB", 1, c.n, once.allocated>>20, 4, more.allocated>>20)
			}
			if limit := 10*once.time + 2*time.Second; more.time > limit {
				t.Errorf("%d take %v, %d take %v", c.n, once.time, 4*c.n, more.time)
			}
		})
	}
}

// cost is what a run took.
type cost struct {
	bytes     int // of the capture
	time      time.Duration
	allocated uint64
	peak      uint64
}

func (c cost) String() string {
	return fmt.Sprintf("%d KiB, %v, %d MiB allocated, %d MiB held", c.bytes>>10, c.time.Round(time.Millisecond), c.allocated>>20, c.peak>>20)
}

// spring runs a capture all the way.
func (h *hostile) spring(t *testing.T, file []byte) cost {
	in := filepath.Join(h.dir, "trap.pcap")
	if err := os.WriteFile(in, file, 0o600); err != nil {
		t.Fatal(err)
	}
	c := cost{bytes: len(file)}
	file = nil
	var before, after runtime.MemStats
	h.peak = 0
	runtime.GC()
	runtime.ReadMemStats(&before)
	if err := h.run(in, 1, time.Minute); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	c.time, c.allocated, c.peak = h.used, after.TotalAlloc-before.TotalAlloc, h.peak
	return c
}

const (
	trapClient = "10.0.0.1:40000"
	trapServer = "192.0.2.1:443"
)

// pcap writes frames, a microsecond apart.
func pcap(frames ...[]byte) []byte {
	le := binary.LittleEndian
	out := append([]byte{0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0}, make([]byte, 8)...)
	out = le.AppendUint32(le.AppendUint32(out, 262144), 1)
	for i, f := range frames {
		out = le.AppendUint32(out, uint32(1_700_000_000+i/1_000_000))
		out = le.AppendUint32(out, uint32(i%1_000_000))
		out = le.AppendUint32(le.AppendUint32(out, uint32(len(f))), uint32(len(f)))
		out = append(out, f...)
	}
	return out
}

// talk is one connection whose packets are written without keeping a model of
// both ends.
type talk struct {
	src, dst netip.AddrPort
	seq      [2]uint32
	frames   [][]byte
	id       uint16
}

func newTalk(client, server string) *talk {
	return &talk{src: netip.MustParseAddrPort(client), dst: netip.MustParseAddrPort(server), seq: [2]uint32{1000, 5000}}
}

func (c *talk) packet(from ct.Side, flags uint8, seq uint32, payload []byte) {
	p := ct.Packet{Src: c.src, Dst: c.dst, Proto: packet.TCP, TTL: 64, Seq: seq, Ack: c.seq[1-from], Flags: flags, Window: 60000, Payload: payload}
	if from == ct.Server {
		p.Src, p.Dst = p.Dst, p.Src
	}
	c.id++
	p.IPID = c.id
	c.frames = append(c.frames, p.Frame())
}

func (c *talk) open() *talk {
	c.packet(ct.Client, packet.SYN, c.seq[0], nil)
	c.packet(ct.Server, packet.SYN|packet.ACK, c.seq[1], nil)
	c.seq[0]++
	c.seq[1]++
	c.packet(ct.Client, packet.ACK, c.seq[0], nil)
	return c
}

// send sends in segments of at most n bytes.
func (c *talk) send(from ct.Side, data []byte, n int) *talk {
	for len(data) > 0 {
		part := data[:min(n, len(data))]
		c.packet(from, packet.ACK|packet.PSH, c.seq[from], part)
		c.seq[from] += uint32(len(part))
		data = data[len(part):]
	}
	return c
}

func (c *talk) end() *talk {
	c.packet(ct.Server, packet.FIN|packet.ACK, c.seq[1], nil)
	c.seq[1]++
	c.packet(ct.Client, packet.FIN|packet.ACK, c.seq[0], nil)
	return c
}

func trapHello() []byte { return ct.NewClientHello("trap.example").Record() }

// visitor is the address of the n-th of many clients.
func visitor(n int) string {
	return fmt.Sprintf("10.%d.%d.%d:%d", n>>16&0xff, n>>8&0xff, n&0xff, 1024+n%60000)
}

// many is n connections one after the other.
func many(n int, each func(i int, c *talk)) []byte {
	var frames [][]byte
	for i := range n {
		c := newTalk(visitor(i), trapServer)
		each(i, c)
		frames = append(frames, c.frames...)
	}
	return pcap(frames...)
}

// bloated is a certificate of about so many bytes, the same but for its name.
func bloated(ca *ct.CA, name string, size int) []byte {
	return ca.Leaf(name, func(x *x509.Certificate) {
		x.SerialNumber = new(big.Int).SetBytes([]byte(name))
		for n := 0; n < size; n += 210 {
			x.DNSNames = append(x.DNSNames, fmt.Sprintf("%0200d.example", n))
		}
	}).Raw
}

var traps = []trap{
	{"one-byte segments", 4_000, func(n int) []byte {
		return pcap(newTalk(trapClient, trapServer).open().send(ct.Client, trapHello(), 1).
			send(ct.Server, ct.Join(ct.NewServerHello12().Record(), ct.HandshakeRecord(ct.Certificate(ct.Noise(n, 1)))), 1).end().frames...)
	}},
	{"one-byte records", 10_000, func(n int) []byte {
		body := ct.Join(ct.NewServerHello12().Message(), ct.Certificate(ct.Noise(n, 1)))
		return pcap(newTalk(trapClient, trapServer).open().send(ct.Client, trapHello(), 1460).
			send(ct.Server, ct.RecordsOf(1, 22, ct.TLS12, body), 1460).end().frames...)
	}},
	{"empty records", 50_000, func(n int) []byte {
		return pcap(newTalk(trapClient, trapServer).open().send(ct.Client, trapHello(), 1460).
			send(ct.Server, bytes.Repeat([]byte{22, 3, 3, 0, 0}, n), 1460).end().frames...)
	}},
	{"a million extensions", 16, func(n int) []byte {
		return many(n, func(i int, c *talk) {
			h := ct.NewClientHello(fmt.Sprintf("host-%d.example", i))
			for k := range 16_000 {
				h.Extra = append(h.Extra, ct.Extension{Type: uint16(k + 100)})
			}
			c.open().send(ct.Client, h.Record(), 1460).send(ct.Server, ct.Alert(2, 40), 1460).end()
		})
	}},
	{"certificate lists of 64 KiB", 25, func(n int) []byte {
		ca := ct.NewCA("Trap CA")
		return many(n, func(i int, c *talk) {
			leaf := bloated(ca, fmt.Sprintf("host-%d.example", i), 60<<10)
			c.open().send(ct.Client, ct.NewClientHello12(fmt.Sprintf("other-%d.example", i)).Record(), 1460).
				send(ct.Server, ct.ServerFlight12(leaf, ca.Cert.Raw), 1460).send(ct.Client, ct.Alert(2, 42), 1460).end()
		})
	}},
	{"certificates of one authority each", 50, func(n int) []byte {
		return many(n, func(i int, c *talk) {
			ca := ct.NewCA(fmt.Sprintf("Authority %d", i)).Sub("Common Name")
			c.open().send(ct.Client, ct.NewClientHello12("trap.example").Record(), 1460).
				send(ct.Server, ct.ServerFlight12(ca.Leaf("trap.example").Raw, ca.Cert.Raw), 1460).send(ct.Client, ct.Alert(2, 48), 1460).end()
		})
	}},
	{"keys of 200,000 bits", 1, func(n int) []byte {
		return many(n, func(i int, c *talk) {
			chain := [][]byte{forged("trap.example", "Vast", 25_000, false)}
			for range 4 {
				chain = append(chain, forged("Vast", "Vast", 25_000, true))
			}
			c.open().send(ct.Client, ct.NewClientHello12(fmt.Sprintf("host-%d.example", i)).Record(), 1460).
				send(ct.Server, ct.ServerFlight12(chain...), 1460).send(ct.Client, ct.Alert(2, 48), 1460).end()
		})
	}},
	{"a flood of SYNs", 8_000, func(n int) []byte {
		return many(n, func(_ int, c *talk) { c.packet(ct.Client, packet.SYN, 77, nil) })
	}},
	{"a flood of refused SYNs", 1500, func(n int) []byte {
		return many(n, func(_ int, c *talk) {
			c.packet(ct.Client, packet.SYN, 77, nil)
			c.packet(ct.Server, packet.RST|packet.ACK, 0, nil)
		})
	}},
	{"endless HelloRetryRequest", 2_000, func(n int) []byte {
		retry := ct.NewServerHello13()
		retry.Retry = true
		c := newTalk(trapClient, trapServer).open()
		for range n {
			c.send(ct.Client, trapHello(), 1460).send(ct.Server, retry.Record(), 1460)
		}
		return pcap(c.end().frames...)
	}},
	{"endless renegotiation", 1_000, func(n int) []byte {
		c := newTalk(trapClient, trapServer).open()
		for range n {
			c.send(ct.Client, ct.NewClientHello12("trap.example").Record(), 1460).send(ct.Server, ct.ServerFlight12(ct.Noise(900, 1)), 1460)
		}
		return pcap(c.end().frames...)
	}},
	{"overlapping segments", 4_000, func(n int) []byte {
		c := newTalk(trapClient, trapServer).open()
		data := ct.Join(trapHello(), ct.Noise(2000, 1))
		for i := range n {
			at := n%7 + i%1500
			c.packet(ct.Client, packet.ACK, c.seq[0]+1+uint32(at), data[at:at+600])
		}
		return pcap(c.end().frames...)
	}},
	{"overlapping segments of growing length, backwards", 4_000, func(n int) []byte {
		c := newTalk(trapClient, trapServer).open()
		data := ct.Noise(1460, 1)
		for i := range n {
			c.packet(ct.Client, packet.ACK, c.seq[0]+uint32(3*n-3*i), data[:1+i%1400])
		}
		return pcap(c.end().frames...)
	}},
	{"every second byte, then all", 4_000, func(n int) []byte {
		c := newTalk(trapClient, trapServer).open()
		for i := range n {
			c.packet(ct.Client, packet.ACK, c.seq[0]+1+uint32(2*i)%2000, []byte{22})
			if i%4 == 0 {
				c.packet(ct.Client, packet.ACK, c.seq[0]+1, ct.Noise(1400, 2))
			}
		}
		return pcap(c.end().frames...)
	}},
	{"retransmissions", 10_000, func(n int) []byte {
		c := newTalk(trapClient, trapServer).open()
		for range n {
			c.packet(ct.Client, packet.ACK|packet.PSH, c.seq[0], trapHello())
		}
		return pcap(c.end().frames...)
	}},
	{"resets", 10_000, func(n int) []byte {
		c := newTalk(trapClient, trapServer).open().send(ct.Client, trapHello(), 1460)
		for i := range n {
			c.packet(ct.Server, packet.RST|packet.ACK, c.seq[1]+uint32(i), nil)
		}
		return pcap(c.frames...)
	}},
	{"failures of one client", 150, func(n int) []byte {
		return many(n, func(i int, c *talk) {
			c.src = netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), uint16(1024+i))
			h := ct.NewClientHello("trap.example")
			h.Ciphers = append(h.Ciphers, uint16(i))
			c.open().send(ct.Client, h.Record(), 1460).send(ct.Server, ct.Alert(2, 40), 1460).end()
		})
	}},
	{"failures of many kinds", 150, func(n int) []byte {
		return many(n, func(i int, c *talk) {
			c.dst = netip.AddrPortFrom(c.dst.Addr(), uint16(1+i))
			c.open().send(ct.Client, ct.NewClientHello(fmt.Sprintf("host-%d.example", i)).Record(), 1460).send(ct.Server, ct.Alert(2, uint8(i)), 1460).end()
		})
	}},
	{"lines before TLS", 20_000, func(n int) []byte {
		return pcap(newTalk(trapClient, "192.0.2.1:25").open().send(ct.Server, []byte("220 mail.example ESMTP\r\n"), 1460).
			send(ct.Client, []byte("EHLO x\r\n"), 1460).send(ct.Server, bytes.Repeat([]byte("250-A\r\n"), n), 1460).
			send(ct.Client, bytes.Repeat([]byte("STARTTLS\r\n"), n), 1460).end().frames...)
	}},
	{"tunnels in tunnels", 2_000, func(n int) []byte {
		inner := newTalk(trapClient, trapServer).open().frames[0][14:]
		for len(inner) < 60_000 { // IP in IP
			outer := bytes.Clone(inner[:20])
			outer[9] = 4
			binary.BigEndian.PutUint16(outer[2:], uint16(20+len(inner)))
			inner = append(outer, inner...)
		}
		frame := append([]byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0}, inner...)
		var frames [][]byte
		for range n / 20 {
			frames = append(frames, frame)
		}
		return pcap(frames...)
	}},
	{"fragments", 5_000, func(n int) []byte {
		var frames [][]byte
		whole := newTalk(trapClient, trapServer).open().frames[0]
		for i := range n {
			f := bytes.Clone(whole)
			binary.BigEndian.PutUint16(f[18:], uint16(i/1000))
			binary.BigEndian.PutUint16(f[20:], 0x2000|uint16(i*7%8000))
			frames = append(frames, f)
		}
		return pcap(frames...)
	}},
	{"interfaces", 15_000, func(n int) []byte {
		out := ngBlock(0x0a0d0d0a, []byte{0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
		for i := range n {
			out = append(out, ngBlock(1, []byte{byte(i), byte(i >> 8), 0, 0, 0, 0, 0, 0})...)
		}
		return out
	}},
	{"sections", 15_000, func(n int) []byte {
		section := append(ngBlock(0x0a0d0d0a, []byte{0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}), ngBlock(1, []byte{1, 0, 0, 0, 0, 0, 0, 0})...)
		return bytes.Repeat(section, n)
	}},
	{"secrets", 4_000, func(n int) []byte {
		out := ngBlock(0x0a0d0d0a, []byte{0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
		out = append(out, ngBlock(1, []byte{1, 0, 0, 0, 0, 0, 0, 0})...)
		frame := newTalk(trapClient, trapServer).open().frames[0]
		for i := range n {
			line := fmt.Sprintf("CLIENT_RANDOM %064x %096x\n", i, i)
			body := binary.LittleEndian.AppendUint32([]byte("KSLT"), uint32(len(line)))
			out = append(out, ngBlock(10, append(body, line...))...)
			head := make([]byte, 20)
			binary.LittleEndian.PutUint32(head[12:], uint32(len(frame)))
			binary.LittleEndian.PutUint32(head[16:], uint32(len(frame)))
			out = append(out, ngBlock(6, append(head, frame...))...)
		}
		return out
	}},
	{"comments on one packet", 20_000, func(n int) []byte {
		out := ngBlock(0x0a0d0d0a, []byte{0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
		out = append(out, ngBlock(1, []byte{1, 0, 0, 0, 0, 0, 0, 0})...)
		for _, frame := range newTalk(trapClient, trapServer).open().send(ct.Client, trapHello(), 1460).send(ct.Server, ct.Alert(2, 40), 1460).end().frames {
			head := make([]byte, 20)
			binary.LittleEndian.PutUint32(head[12:], uint32(len(frame)))
			binary.LittleEndian.PutUint32(head[16:], uint32(len(frame)))
			body := append(head, frame...)
			body = append(body, make([]byte, -len(frame)&3)...)
			out = append(out, ngBlock(6, append(body, bytes.Repeat([]byte{1, 0, 4, 0, 'x', 'y', 'z', '\n'}, n)...))...)
		}
		return out
	}},
	{"a bomb in gzip", 2 << 20, func(n int) []byte { return zipped(pcap(), n) }},
	{"a bomb in gzip in gzip", 16 << 20, func(n int) []byte { return zipped(zipped(pcap(), n), 0) }},
	{"members of gzip", 20_000, func(n int) []byte {
		return append(zipped(pcap(), 0), bytes.Repeat(zipped(nil, 0), n)...)
	}},
	{"a bomb in zstd", 32 << 20, func(n int) []byte { return pressed(pcap(), n) }},
	{"frames of zstd", 5_000, func(n int) []byte {
		return append(pressed(pcap(), 0), bytes.Repeat([]byte{0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0}, n)...)
	}},
}

// forged is a certificate with an RSA key of so many bytes, and a signature
// that only the arithmetic can refuse.
func forged(subject, issuer string, size int, ca bool) []byte {
	must := func(b []byte, err error) []byte {
		if err != nil {
			panic(err)
		}
		return b
	}
	name := func(s string) asn1.RawValue {
		return asn1.RawValue{FullBytes: must(asn1.Marshal(pkix.Name{CommonName: s}.ToRDNSequence()))}
	}
	type algorithm = pkix.AlgorithmIdentifier
	signed := algorithm{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, Parameters: asn1.NullRawValue}
	modulus := ct.Noise(size, uint32(size))
	modulus[0], modulus[size-1] = 0x7f, modulus[size-1]|1
	type key struct {
		N *big.Int
		E int
	}
	tbs := struct {
		Version   int `asn1:"optional,explicit,default:0,tag:0"`
		Serial    *big.Int
		Signature algorithm
		Issuer    asn1.RawValue
		Validity  struct{ From, To time.Time }
		Subject   asn1.RawValue
		Key       struct {
			Algorithm algorithm
			Bits      asn1.BitString
		}
		Extensions []pkix.Extension `asn1:"explicit,tag:3"`
	}{Version: 2, Serial: big.NewInt(7), Signature: signed, Issuer: name(issuer), Subject: name(subject)}
	tbs.Validity.From, tbs.Validity.To = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)
	tbs.Key.Algorithm = algorithm{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}, Parameters: asn1.NullRawValue}
	tbs.Key.Bits.Bytes = must(asn1.Marshal(key{new(big.Int).SetBytes(modulus), 1<<31 - 1}))
	tbs.Key.Bits.BitLength = 8 * len(tbs.Key.Bits.Bytes)
	tbs.Extensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 19}, Critical: true, Value: must(asn1.Marshal(struct{ CA bool }{ca}))}}
	signature := append([]byte{1}, ct.Noise(size-1, 9)...)
	return must(asn1.Marshal(struct {
		TBS       asn1.RawValue
		Algorithm algorithm
		Signature asn1.BitString
	}{asn1.RawValue{FullBytes: must(asn1.Marshal(tbs))}, signed, asn1.BitString{Bytes: signature, BitLength: 8 * size}}))
}

// ngBlock is a pcapng block, little-endian.
func ngBlock(kind uint32, body []byte) []byte {
	le := binary.LittleEndian
	body = append(body, make([]byte, -len(body)&3)...)
	out := le.AppendUint32(le.AppendUint32(nil, kind), uint32(12+len(body)))
	return le.AppendUint32(append(out, body...), uint32(12+len(body)))
}

// zipped packs b and n zeros: packets of no bytes.
func zipped(b []byte, n int) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b)
	w.Write(make([]byte, n))
	w.Close()
	return out.Bytes()
}

// pressed does it with the largest window that is usual.
func pressed(b []byte, n int) []byte {
	var out bytes.Buffer
	w, err := zstd.NewWriter(&out, zstd.WithWindowSize(128<<20), zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		panic(err)
	}
	w.Write(b)
	w.Write(make([]byte, n))
	w.Close()
	return out.Bytes()
}
