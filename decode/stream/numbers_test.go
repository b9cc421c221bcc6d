package stream_test

import (
	"bufio"
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"tlswhy/decode/capture"
	"tlswhy/decode/packet"
	"tlswhy/decode/stream"
)

// shared is the directory with the captures that are not part of the
// repository; worktrees have it further away.
func shared(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("reads many captures")
	}
	for _, dir := range []string{"../../../shared", os.Getenv("TLSWHY_SHARED")} {
		if _, err := os.Stat(filepath.Join(dir, "corpus")); dir == "" || err != nil {
			continue
		}
		real, err := filepath.EvalSymlinks(dir)
		if err != nil {
			t.Fatal(err)
		}
		return real
	}
	t.Skip("no ../shared here; TLSWHY_SHARED can name it")
	return ""
}

// numbers takes note of the stream of every packet.
type numbers struct{ tcp, udp map[int]int }

func (n *numbers) Open(*stream.Conn, *packet.Segment) {}
func (n *numbers) Close(*stream.Conn)                 {}
func (n *numbers) Packet(c *stream.Conn, s *packet.Segment, _ *stream.Info) {
	if s.Proto == packet.TCP {
		n.tcp[s.Frame] = int(c.Stream)
	} else {
		n.udp[s.Frame] = int(c.Stream)
	}
}
func (n *numbers) Data(*stream.Conn, stream.Dir, int64, []byte, int, int64) {}
func (n *numbers) Gap(*stream.Conn, stream.Dir, int64, int64, int, int64)   {}

// number runs a capture through a table that closes nothing.
func number(t *testing.T, file string) *numbers {
	n := &numbers{map[int]int{}, map[int]int{}}
	lim := stream.DefaultLimits()
	lim.Idle, lim.Linger = 1<<62, 1<<62
	play(t, file, stream.NewTable(n, lim))
	return n
}

// play gives a capture to a table, as far as it can be read.
func play(t testing.TB, file string, table *stream.Table) {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := capture.NewReader(f, file)
	if err != nil {
		return
	}
	parser := packet.NewParser()
	var p capture.Packet
	var s packet.Segment
	for r.Next(&p) == nil {
		if parser.Parse(&p, &s) == packet.OK {
			table.Segment(&s)
		}
	}
	table.Close()
}

// otherNumbers lists the captures in which Wireshark counts what is no
// connection of the table, and why; the numbers behind it differ.
func otherNumbers() map[string]string {
	const socks = "the payload of a SOCKS session on port 1080 is numbered once more, with the port of its target"
	const tunnel = "a tunnel over UDP that the packet layer does not read"
	return map[string]string{
		"mercury/unit_tests__pcaps__emix.pcap":                              socks,
		"ndpi/tests__cfgs__default__pcap__tls_heur__shadowsocks-tcp.pcapng": socks,
		"ndpi/tests__cfgs__default__pcap__tls_heur__trojan-tcp-tls.pcapng":  socks,
		"ndpi/tests__cfgs__default__pcap__tls_heur__vmess-tcp.pcapng":       socks,
		"ndpi/tests__cfgs__default__pcap__tls_heur__vmess-websocket.pcapng": socks,
		"arkime/tests__pcap__arkime_synthetic.pcap":                         tunnel,
		"ndpi/tests__cfgs__default__pcap__capwap.pcap":                      tunnel,
	}
}

// TestNumbersOracle compares the streams of the corpus with the oracle, which
// tshark made.
func TestNumbersOracle(t *testing.T) {
	dir := filepath.Join(shared(t), "corpus")
	rows, err := os.Open(filepath.Join(dir, "oracle.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	lines := bufio.NewScanner(rows)
	lines.Buffer(nil, 1<<24)
	lines.Scan()
	column := map[string]int{}
	for i, name := range strings.Split(lines.Text(), "\t") {
		column[name] = i
	}
	compared, file, n := 0, "", (*numbers)(nil)
	for lines.Scan() {
		row := strings.Split(lines.Text(), "\t")
		if row[column["transport"]] == "quic" {
			continue // counted by QUIC connection
		}
		if otherNumbers()[row[column["file"]]] != "" {
			continue
		}
		if f := row[column["file"]]; f != file {
			file, n = f, number(t, filepath.Join(dir, f))
		}
		of := n.tcp
		if row[column["transport"]] == "dtls" {
			of = n.udp
		}
		for _, name := range []string{"first_frame", "last_frame", "syn_frames", "rst_frames", "ch_frames"} {
			frame, err := strconv.Atoi(strings.TrimRight(strings.Split(row[column[name]], ",")[0], "cs"))
			if got, ok := of[frame]; err == nil && ok {
				compared++
				if strconv.Itoa(got) != row[column["stream"]] {
					t.Errorf("%s frame %d: stream %d, oracle has %s", file, frame, got, row[column["stream"]])
				}
			}
		}
	}
	if compared < 2000 {
		t.Errorf("only %d frames compared", compared)
	}
}

// TestNumbersTshark compares every frame of every capture with tshark. It
// takes a quarter of an hour: TLSWHY_TSHARK=1 asks for it, TLSWHY_TSHARK=DIR
// keeps the output of tshark there for the next time.
func TestNumbersTshark(t *testing.T) {
	dir := shared(t)
	cache := os.Getenv("TLSWHY_TSHARK")
	if cache == "" {
		t.Skip("TLSWHY_TSHARK=1 runs it")
	}
	compared := 0
	filepath.WalkDir(dir, func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !isCapture(file) {
			return err
		}
		if rel, err := filepath.Rel(filepath.Join(dir, "corpus"), file); err == nil && otherNumbers()[rel] != "" {
			return nil
		}
		want := tshark(t, dir, file, cache)
		if want == nil {
			return nil
		}
		got := number(t, file)
		compared += compare(t, file, want, got)
		return nil
	})
	if compared < 80000 {
		t.Errorf("only %d frames compared", compared)
	}
}

func isCapture(file string) bool {
	switch filepath.Ext(file) {
	case ".tsv", ".md", ".keys", ".pem", ".txt", ".json", ".py", ".go", ".mod":
		return false
	}
	return true
}

func tshark(t *testing.T, dir, file, cache string) []byte {
	rel, err := filepath.Rel(dir, file)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(cache, strings.ReplaceAll(rel, "/", "@")+".tsv")
	if b, err := os.ReadFile(name); err == nil {
		return b
	}
	out, err := exec.Command("tshark", "-n", "-r", file, "-T", "fields",
		"-e", "frame.number", "-e", "tcp.stream", "-e", "udp.stream").Output()
	if err != nil && len(out) == 0 {
		return nil
	}
	if cache != "1" {
		if err := os.WriteFile(name, out, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// compare compares what both have; that every packet is found at all is
// the packet layer's business.
func compare(t *testing.T, file string, want []byte, got *numbers) (compared int) {
	wrong := 0
	for line := range bytes.Lines(want) {
		col := strings.Split(strings.TrimRight(string(line), "\n"), "\t")
		frame, _ := strconv.Atoi(col[0])
		for i, of := range []map[int]int{got.tcp, got.udp} {
			number, ok := of[frame]
			if !ok {
				continue
			}
			compared++
			all := strings.Split(col[1+i], ",")
			if col[1+i] == "" || all[len(all)-1] == strconv.Itoa(number) {
				continue // tshark does not read it, or agrees
			}
			if wrong++; wrong <= 3 {
				t.Errorf("%s frame %d: %s stream %d, tshark has %s", file, frame, []string{"tcp", "udp"}[i], number, col[1+i])
			}
		}
	}
	return compared
}

// Packets that are passed over leave the numbers of those that are followed
// as they would be.
func TestPassKeepsNumbers(t *testing.T) {
	type step struct {
		port  uint16
		flags uint8
		seq   uint32
	}
	steps := []step{
		{1, packet.SYN, 100}, {2, packet.SYN, 100}, {1, packet.ACK, 101}, {1, packet.RST, 101}, {3, packet.SYN, 7},
		{1, packet.SYN, 5000}, {2, packet.SYN, 9000}, {2, packet.ACK, 9001}, {4, packet.ACK, 1}, {1, packet.ACK, 5001}, {3, packet.ACK, 8},
		{5, packet.SYN, 1}, {3, packet.SYN, 77}, {3, packet.SYN, 77}, {6, packet.SYN, 1},
	}
	numbers := func(passed func(step) bool) map[int]int {
		seen := map[int]int{}
		table := stream.NewTable(opened(func(c *stream.Conn, s *packet.Segment) { seen[s.Frame] = int(c.Stream) }), stream.DefaultLimits())
		for i, st := range steps {
			s := &packet.Segment{Frame: i + 1, FirstFrame: i + 1, Time: int64(i) * 1e6, SrcPort: st.port, DstPort: 443, Proto: packet.TCP, Flags: st.flags, Seq: st.seq}
			if passed(st) {
				table.Pass(s)
			} else {
				table.Segment(s)
			}
		}
		table.Close()
		return seen
	}
	want := numbers(func(step) bool { return false })
	for out := uint16(1); out <= 6; out++ {
		for frame, got := range numbers(func(s step) bool { return s.port == out }) {
			if want[frame] != got {
				t.Errorf("without port %d: frame %d is of stream %d, want %d", out, frame, got, want[frame])
			}
		}
	}
	if late := numbers(func(s step) bool { return s.flags == packet.SYN }); late[3] != want[1] {
		t.Errorf("without SYNs: frame 3 is of stream %d, want %d", late[3], want[1])
	}
}

// opened is a Handler that looks only at what begins.
type opened func(*stream.Conn, *packet.Segment)

func (f opened) Open(c *stream.Conn, s *packet.Segment)                 { f(c, s) }
func (opened) Packet(*stream.Conn, *packet.Segment, *stream.Info)       {}
func (opened) Data(*stream.Conn, stream.Dir, int64, []byte, int, int64) {}
func (opened) Gap(*stream.Conn, stream.Dir, int64, int64, int, int64)   {}
func (opened) Close(*stream.Conn)                                       {}
