package quic

import (
	"bytes"
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// vector is one Initial packet of an RFC.
type vector struct {
	name   string
	from   Side
	number uint64
	frames []byte // without padding
	packet []byte
}

func vectors(t testing.TB) (vs []vector) {
	t.Helper()
	b, err := os.ReadFile("testdata/initials.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Split(strings.TrimSpace(line), "\t"); len(f) == 5 && line[0] != '#' {
			n, _ := strconv.ParseUint(f[2], 10, 64)
			v := vector{name: f[0], number: n, frames: unhex(t, f[3]), packet: unhex(t, f[4])}
			if f[1] == "server" {
				v.from = Server
			}
			vs = append(vs, v)
		}
	}
	if len(vs) != 4 {
		t.Fatalf("%d vectors, want 4", len(vs))
	}
	return vs
}

func TestInitialVectors(t *testing.T) {
	dcid := unhex(t, "8394c8f03e515708")
	for _, v := range vectors(t) {
		packets, err := Packets(v.packet, 0)
		if err != nil || len(packets) != 1 || packets[0].Type != InitialPacket {
			t.Fatalf("%s: %d packets, %v", v.name, len(packets), err)
		}
		p := &packets[0]
		k := newInitialKeys(p.Version, p.Version.salts()[0], dcid)
		o, openErr := k.keys[v.from].open(nil, p, -1)
		if openErr != nil {
			t.Fatalf("%s: %v", v.name, openErr)
		}
		if o.number != v.number || !bytes.HasPrefix(o.payload, v.frames) {
			t.Errorf("%s: number %d, payload %x", v.name, o.number, o.payload)
		}
		if rest := bytes.Trim(o.payload[len(v.frames):], "\x00"); len(rest) > 0 {
			t.Errorf("%s: %x after the frames", v.name, rest)
		}
		if got := IsClientInitial(v.packet); got != (v.from == Client) {
			t.Errorf("%s: IsClientInitial says %v", v.name, got)
		}
	}
}

// TestChaChaVectors is RFC 9001, Appendix A.5 and RFC 9369, Appendix A.5.
func TestChaChaVectors(t *testing.T) {
	secret := unhex(t, "9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b")
	for _, test := range []struct {
		name, packet, next string
		v2                 bool
	}{
		{"v1", "4cfe4189655e5cd55c41f69080575d7999c25a5bfb", "1223504755036d556342ee9361d253421a826c9ecdf3c7148684b36b714881f9", false},
		{"v2", "5558b1c60ae7b6b932bc27d786f4bc2bb20f2162ba", "c69374c49e3d2a9466fa689e49d476db5d0dfbc87d32ceeaa6343fd0ae4c7d88", true},
	} {
		k, err := newPacketKeys(chacha20Poly1305, test.v2, secret)
		if err != nil {
			t.Fatal(err)
		}
		packets, malformed := Packets(unhex(t, test.packet), 0)
		if malformed != nil {
			t.Fatal(malformed)
		}
		o, err := k.open(nil, &packets[0], 654360563)
		if err != nil || o.number != 654360564 || string(o.payload) != "\x01" {
			t.Errorf("%s: %+v, %v", test.name, o, err)
		}
		next, err := k.updated()
		if err != nil || hex.EncodeToString(next.secret) != test.next {
			t.Errorf("%s: next secret %x, %v", test.name, next.secret, err)
		}
	}
}

// TestRetryVectors is RFC 9001, Appendix A.4 and RFC 9369, Appendix A.4.
func TestRetryVectors(t *testing.T) {
	for _, packet := range []string{
		"ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba",
		"cf6b3343cf0008f067a5502a4262b5746f6b656ec8646ce8bfe33952d955543665dcc7b6",
	} {
		packets, err := Packets(unhex(t, packet), 0)
		if err != nil || packets[0].Type != RetryPacket {
			t.Fatal(packets, err)
		}
		p := packets[0]
		if string(p.retryToken()) != "token" || !RetryValid(p, unhex(t, "8394c8f03e515708")) {
			t.Errorf("%s is not taken for valid, token %q", packet, p.retryToken())
		}
		if RetryValid(p, unhex(t, "8394c8f03e515709")) {
			t.Errorf("%s is valid for another connection ID", packet)
		}
	}
}

// TestPacketNumbers is RFC 9000, Appendix A.3 and its borders.
func TestPacketNumbers(t *testing.T) {
	for _, test := range []struct {
		truncated uint64
		n         int
		largest   int64
		want      uint64
	}{
		{0x9b32, 2, 0xa82f30ea, 0xa82f9b32},
		{0, 1, -1, 0}, {1, 1, 0, 1}, {0, 1, 255, 256}, {255, 1, 256, 255}, {3, 4, 1 << 32, 1<<32 + 3},
		{0xff, 1, -1, 0xff}, {0xffff, 2, 3, 0xffff},
	} {
		if got := decodePacketNumber(test.truncated, test.n, test.largest); got != test.want {
			t.Errorf("%#x of %d bytes after %d: got %d, want %d", test.truncated, test.n, test.largest, got, test.want)
		}
	}
}
