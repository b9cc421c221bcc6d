package quic

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// flow is what a Conn told about the datagrams between two addresses.
type flow struct {
	client string
	conn   *Conn
	log    []string
	hello  [2][]byte // Initial CRYPTO bytes
	frames [2]int    // that made the first hello whole
	latest [2]int    // frame with bytes of the hello
	closes []string
	types  [2]map[string]int
}

// follow feeds every datagram of QUIC flows to a Conn each, the first sender
// of a long header that a client protected being the client.
func follow(datagrams []udp, secrets func([]byte) Secrets) (flows map[string]*flow, order []string) {
	flows = map[string]*flow{}
	for _, d := range datagrams {
		key := d.src + " " + d.dst
		if d.src > d.dst {
			key = d.dst + " " + d.src
		}
		f := flows[key]
		if f == nil {
			if !LooksLikeQUIC(d.payload) {
				continue
			}
			f = &flow{client: d.src, conn: &Conn{Secrets: secrets}}
			if !IsClientInitial(d.payload) && (strings.HasSuffix(d.src, ":443") || strings.HasSuffix(d.src, ":853")) {
				f.client = d.dst
			}
			f.types[0], f.types[1] = map[string]int{}, map[string]int{}
			flows[key] = f
			order = append(order, key)
		}
		from := Server
		if d.src == f.client {
			from = Client
		}
		for _, e := range f.conn.Feed(from, d.frame, d.payload) {
			f.note(e)
		}
	}
	return flows, order
}

func (f *flow) note(e Event) {
	f.log = append(f.log, fmt.Sprintf("%d %d %T %+v", e.Frame, e.From, e.Content, short(e.Content)))
	switch c := e.Content.(type) {
	case Restart:
		f.hello, f.frames, f.latest = [2][]byte{}, [2]int{}, [2]int{}
	case Initial:
		f.types[e.From]["I"]++
	case Protected:
		f.types[e.From][c.Type.Name()]++
	case Crypto:
		if c.Level != InitialLevel {
			return
		}
		f.hello[e.From] = append(f.hello[e.From], c.Data...)
		if bytes.HasPrefix(f.hello[e.From], []byte{2}) && bytes.Contains(f.hello[e.From], []byte("\xcf\x21\xad\x74\xe5\x9a\x61\x11")) {
			f.hello[e.From] = nil // HelloRetryRequest
			return
		}
		f.latest[e.From] = max(f.latest[e.From], e.Frame)
		if h := f.hello[e.From]; f.frames[e.From] == 0 && len(h) >= 4 && len(h) >= 4+int(binary.BigEndian.Uint32(h)&0xffffff) {
			f.frames[e.From] = f.latest[e.From]
		}
	case Close:
		f.closes = append(f.closes, fmt.Sprintf("%d:%d:%x:%q", e.Frame, e.From, c.Code, c.Reason))
	}
}

func short(c Content) string {
	if x, ok := c.(Crypto); ok {
		return fmt.Sprintf("{Level:%d Offset:%d Bytes:%d}", x.Level, x.Offset, len(x.Data))
	}
	return fmt.Sprintf("%+v", c)
}

// TestCorpus compares with the oracle of a corpus of captures: TLSWHY_CORPUS
// is the directory that has its oracle.tsv.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("TLSWHY_CORPUS")
	if dir == "" {
		t.Skip("TLSWHY_CORPUS is not set")
	}
	b, err := os.ReadFile(filepath.Join(dir, "oracle.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	head := strings.Split(lines[0], "\t")
	rows := 0
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, v := range strings.Split(line, "\t") {
			row[head[i]] = v
		}
		if row["transport"] == "quic" {
			rows++
			t.Run(row["file"]+"/"+row["stream"], func(t *testing.T) { checkRow(t, dir, row) })
		}
	}
	if rows == 0 {
		t.Fatal("no QUIC rows")
	}
}

func checkRow(t *testing.T, dir string, row map[string]string) {
	datagrams, _, err := readUDP(filepath.Join(dir, row["file"]))
	if err != nil {
		t.Fatal(err)
	}
	flows, _ := follow(datagrams, nil)
	for _, f := range flows {
		// The oracle takes the higher port for the client where it sees no hello.
		if addr(row["client"]) != f.client && !(row["ch_frames"] == "" && addr(row["server"]) == f.client) {
			continue
		}
		if os.Getenv("TLSWHY_VERBOSE") != "" {
			t.Log(strings.Join(f.log[:min(len(f.log), 60)], "\n"))
		}
		compare(t, row, f)
		return
	}
	t.Errorf("no flow of %s", row["client"])
}

func compare(t *testing.T, row map[string]string, f *flow) {
	for side, column := range []string{"ch_frames", "sh_frames"} {
		got := ""
		if f.frames[side] != 0 {
			got = fmt.Sprint(f.frames[side])
		}
		want, _, _ := strings.Cut(row[column], ",")
		if want == "" && row["quic_vn"] != "" {
			continue // tshark does not open Initials of a reserved version, nor those after them
		}
		if got != want {
			t.Errorf("%s: got %q, want %q (%s)", column, got, row[column], row["tshark_outcome"])
		}
	}
	if sni := row["sni"]; sni != "" && !strings.Contains(string(f.hello[Client]), sni) {
		t.Errorf("server name %s is not in the hello %s", sni, hex.EncodeToString(f.hello[Client]))
	}
	if c, _ := hex.DecodeString(row["ch_ciphers"]); len(c) > 0 && !strings.Contains(string(f.hello[Client]), string(c)) {
		t.Errorf("cipher suites %s are not in the hello", row["ch_ciphers"])
	}
	if (row["quic_close"] != "") != (len(f.closes) > 0) {
		t.Errorf("close: got %q, want %q", f.closes, row["quic_close"])
	}
}

// addr gives the form of an address that readUDP gives.
func addr(s string) string {
	a := netipAddrPort(s)
	return fmt.Sprintf("%s:%d", fmt.Sprint(a.Addr().AsSlice()), a.Port())
}
