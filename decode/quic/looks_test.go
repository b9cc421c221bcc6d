package quic

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLooksLikeQUIC(t *testing.T) {
	dns := unhex(t, "abcd81800001000200000000076578616d706c6503636f6d0000010001c00c000100010000012c00045db8d822")
	long := func(b ...byte) []byte { return append(b, make([]byte, 1200-len(b))...) }
	initial := vectors(t)[0].packet
	q043 := append([]byte{0x0d, 1, 2, 3, 4, 5, 6, 7, 8, 'Q', '0', '4', '3', 1}, make([]byte, 1300)...)
	q046 := append([]byte{0xc3, 'Q', '0', '4', '6', 0x50, 1, 2, 3, 4, 5, 6, 7, 8}, make([]byte, 1300)...)
	reserved := long(0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0x44, 0x90)
	negotiation := unhex(t, "80 00000000 03010203 0404030201 00000001 6b3343cf 1a2a3a4a")
	for _, test := range []struct {
		name string
		b    []byte
		want bool
	}{
		{"v1 Initial", initial, true}, {"v2 Initial", vectors(t)[1].packet, true}, {"server Initial", vectors(t)[2].packet, true},
		{"Initial that is cut", initial[:600], false}, {"short header", append([]byte{0x41}, dns...), false},
		{"fixed bit 0", append([]byte{initial[0] &^ 0x40}, initial[1:]...), true},
		{"Q043", q043, true}, {"Q046", q046, true}, {"reserved version", reserved, true}, {"reserved version in a small datagram", reserved[:300], false},
		{"Version Negotiation", negotiation, true},
		{"Version Negotiation of unknown versions", unhex(t, "800000000000000a0b0c0d0a0b0c0e0a0b0c0f"), false},
		{"Retry", unhex(t, "ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba"), true},
		{"DNS", dns, false}, {"STUN", unhex(t, "000100002112a442000102030405060708090a0b"), false},
		{"DTLS", unhex(t, "16feff0000000000000000005a0100004e000000000000004efeff"), false},
		{"DTLS 1.3", long(0x2f, 0, 1, 4, 0xa0), false},
		{"RTP", long(0x80, 0x60, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4), false}, {"RTP with type 0", append([]byte{0x80, 0, 0, 0, 1, 0}, make([]byte, 166)...), false},
		{"RTCP", unhex(t, "80c8000601020304e0000000000000010000000100000002000000030000"), false},
		{"WireGuard", long(1, 0, 0, 0, 1, 2, 3, 4), false}, {"SIP", []byte("REGISTER sip:a.test SIP/2.0\r\n"), false},
		{"NTP", append([]byte{0xe3, 0, 6, 0xec, 0, 0, 0, 0}, make([]byte, 40)...), false},
		{"QUIC in name only", append([]byte{0xc0, 0, 0, 0, 1, 21}, make([]byte, 100)...), false},
		{"nothing", nil, false}, {"one byte", []byte{0xc0}, false},
	} {
		if got := LooksLikeQUIC(test.b); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

// TestNoiseIsNotQUIC tries random datagrams.
func TestNoiseIsNotQUIC(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	b := make([]byte, 1400)
	for range 100_000 {
		n := random.IntN(40)
		for i := 0; i < n; i += 8 {
			binary.LittleEndian.PutUint64(b[i:], random.Uint64())
		}
		b[0] |= 0xc0
		if size := n + random.IntN(1300); LooksLikeQUIC(b[:size]) {
			t.Fatalf("%x", b[:n])
		}
	}
}

// TestCorpusNoise looks for QUIC in captures that have none: TLSWHY_CORPUS.
func TestCorpusNoise(t *testing.T) {
	dir := os.Getenv("TLSWHY_CORPUS")
	if dir == "" {
		t.Skip("TLSWHY_CORPUS is not set")
	}
	index, err := os.ReadFile(filepath.Join(dir, "index.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(index)), "\n")
	head := strings.Split(lines[0], "\t")
	checked := 0
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, v := range strings.Split(line, "\t") {
			row[head[i]] = v
		}
		if n := row["quic_connections"] + row["gquic_frames"]; strings.Trim(n, "0") != "" || strings.HasSuffix(row["file"], ".gz") {
			continue
		}
		datagrams, _, err := readUDP(filepath.Join(dir, row["file"]))
		if err != nil {
			continue
		}
		for _, d := range datagrams {
			if checked++; LooksLikeQUIC(d.payload) {
				t.Errorf("%s, frame %d, %s to %s: %.60x", row["file"], d.frame, d.src, d.dst, d.payload)
			}
		}
	}
	if checked == 0 {
		t.Fatal("no datagrams")
	}
	t.Logf("%d datagrams", checked)
}

// FuzzPackets parses anything: packets lie one behind the other in the
// datagram, and a packet alone is parsed as it was among others.
func FuzzPackets(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.packet, 8)
	}
	f.Add(append(bytes.Clone(vectors(f)[2].packet), 0x40, 1, 2, 3), 0)
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		n = max(0, min(n, maxConnectionID))
		packets, err := Packets(b, n)
		at := 0
		for i := range packets {
			p := &packets[i]
			if len(p.Bytes) == 0 || !bytes.HasPrefix(b[at:], p.Bytes) || p.number > len(p.Bytes) {
				t.Fatalf("packet %d: %d bytes at %d", i, len(p.Bytes), at)
			}
			alone, err := Packets(p.Bytes, n)
			if err != nil || len(alone) != 1 || alone[0].Type != p.Type || !bytes.Equal(alone[0].DCID, p.DCID) {
				t.Fatalf("packet %d alone: %+v, %v", i, alone, err)
			}
			at += len(p.Bytes)
		}
		if err != nil && (err.Field == "" || err.Reason == "" || err.Offset < 0) {
			t.Fatalf("%+v", err)
		}
		if LooksLikeQUIC(b) && len(packets) == 0 {
			t.Fatalf("looks like QUIC and has no packet: %v", err)
		}
	})
}

// FuzzFeed changes a recorded connection: CRYPTO streams have no holes, and
// datagrams are left alone.
func FuzzFeed(f *testing.F) {
	r := record(f, "go-v1")
	f.Add(uint8(0), uint16(30), uint8(1), []byte{1})
	f.Add(uint8(3), uint16(0), uint8(0), []byte("\x40\x01\x02\x03"))
	f.Fuzz(func(t *testing.T, which uint8, at uint16, change uint8, extra []byte) {
		c := &Conn{Secrets: r.secrets}
		var next [2][3]int64
		for i, d := range r.datagrams {
			payload := bytes.Clone(d.payload)
			if i == int(which)%len(r.datagrams) {
				payload[int(at)%len(payload)] ^= change
				payload = append(payload, extra...)
			}
			before := bytes.Clone(payload)
			for _, e := range c.Feed(sideOf(r.datagrams, d), d.frame, payload) {
				if x, ok := e.Content.(Crypto); ok {
					if x.Offset != next[e.From][x.Level] || len(x.Data) == 0 {
						t.Fatalf("frame %d: offset %d, want %d", e.Frame, x.Offset, next[e.From][x.Level])
					}
					next[e.From][x.Level] += int64(len(x.Data))
				}
				if _, ok := e.Content.(Restart); ok {
					next = [2][3]int64{}
				}
			}
			if !bytes.Equal(before, payload) {
				t.Fatal("the datagram was changed")
			}
		}
	})
}

// FuzzFrames walks anything as frames.
func FuzzFrames(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(uint32(Version1), v.frames)
	}
	f.Add(uint32(googleT050), []byte("\x08\x00\x02hi\x60\x01\x00\x00\x01\x02\x01\x01\x00\x07"))
	f.Fuzz(func(t *testing.T, v uint32, b []byte) {
		r := newFrameReader(Version(v), b)
		last := 0
		for _, ok := r.next(); ok; _, ok = r.next() {
			if r.r.off <= last || r.r.off > len(b) {
				t.Fatalf("from %d to %d of %d", last, r.r.off, len(b))
			}
			last = r.r.off
		}
		if r.malformed() == nil && r.r.off != len(b) {
			t.Fatalf("ended at %d of %d without a reason", r.r.off, len(b))
		}
	})
}
