package extract

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"tlswhy/analyze"
	"tlswhy/decode"
	"tlswhy/decode/capture"
	"tlswhy/decode/capturetest"
)

func bytesInput(name string, b []byte) Input {
	return Input{Name: name, Packets: 1 << 30, Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }}
}

// judged analyses captures as the command does.
func judged(t *testing.T, match func(analyze.Ends) bool, files ...[]byte) *analyze.Report {
	t.Helper()
	a := analyze.New(analyze.Options{Match: match, Places: true})
	for i, b := range files {
		r, err := capture.NewReader(bytes.NewReader(b), "test")
		if err != nil {
			t.Fatal(err)
		}
		d := decode.New(decode.Options{Capture: i, Handle: a.Add, Brief: a.Brief})
		var p capture.Packet
		for r.Next(&p) == nil {
			d.Packet(&p)
		}
		d.Close()
		a.Capture(analyze.Capture{File: fmt.Sprintf("%d.pcap", i), Packets: d.Packets})
	}
	return a.Report()
}

// frames are the packets of a capture, with their comments.
func frames(t *testing.T, b []byte) (data []string, comments [][]string) {
	t.Helper()
	r, err := capture.NewReader(bytes.NewReader(b), "out")
	if err != nil {
		t.Fatal(err)
	}
	var p capture.Packet
	for {
		switch err := r.Next(&p); err {
		case nil:
			data, comments = append(data, string(p.Data)), append(comments, p.Comments())
		case io.EOF:
			return data, comments
		default:
			t.Fatal(err)
		}
	}
}

func written(t *testing.T, p *Plan, n Notes, o Options) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := p.Write(&out, n, o); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func healthy(b *capturetest.Builder, client, server string) {
	c := b.TCP(client, server).ISN(uint32(b.Frame())*1000+1, uint32(b.Frame())*3000+1)
	c.Open()
	c.Client(capturetest.NewClientHello("www.example.com").Record())
	c.Server(capturetest.ServerFlight12(capturetest.SelfSigned("www.example.com").Raw))
	c.Client(capturetest.ClientFlight12())
	c.Server(capturetest.ServerFinish12())
	c.Client(capturetest.ApplicationData(100))
	c.Server(capturetest.ApplicationData(1000))
	c.Close(capturetest.Client)
}

func refused(b *capturetest.Builder, client, server string) {
	c := b.TCP(client, server).ISN(uint32(b.Frame())*1000+1, uint32(b.Frame())*3000+1)
	c.Open()
	c.Client(capturetest.NewClientHello("other.example.com").Record())
	c.Server(capturetest.Alert(2, 40))
	c.Close(capturetest.Server)
}

// mixed has two healthy connections to a server, one of another server and a
// failure on ports that a healthy one uses before and after it.
func mixed() (file []byte, parts [][2]int) {
	b := capturetest.New()
	for _, add := range []func(){
		func() { healthy(b, "10.0.0.1:50001", "10.0.0.2:443") },
		func() { healthy(b, "10.0.0.1:50009", "10.0.0.3:443") },
		func() { healthy(b, "10.0.0.1:50000", "10.0.0.2:443") },
		func() { refused(b, "10.0.0.1:50000", "10.0.0.2:443") },
		func() { healthy(b, "10.0.0.1:50000", "10.0.0.2:443") },
	} {
		from := b.Frame() + 1
		add()
		parts = append(parts, [2]int{from, b.Frame()})
	}
	return b.Pcap(), parts
}

func TestOnlyFailed(t *testing.T) {
	file, parts := mixed()
	r := judged(t, nil, file)
	if r.Summary.Failed != 1 || r.Summary.Completed != 4 {
		t.Fatalf("%+v", r.Summary)
	}
	plan, err := Only([]Input{bytesInput("in", file)}, r, Choose(r, nil, true))
	if err != nil {
		t.Fatal(err)
	}
	want := map[int]bool{} // the failure, and the first good one of its server
	for _, part := range [][2]int{parts[0], parts[3]} {
		for f := part[0]; f <= part[1]; f++ {
			want[f] = true
		}
	}
	all, _ := frames(t, file)
	now := 0
	var data []string
	for f := 1; f <= len(all); f++ {
		number := 0
		if want[f] {
			now++
			number = now
			data = append(data, all[f-1])
		}
		if got := plan.Frame(0, f); got != number {
			t.Errorf("frame %d becomes %d, not %d", f, got, number)
		}
	}
	note := func(_, frame int) []string {
		if frame == parts[3][0] {
			return []string{"the failure", "twice"}
		}
		return nil
	}
	got, comments := frames(t, written(t, plan, Notes{Verdict: "verdict", Packet: note}, Options{}))
	if !slices.Equal(got, data) {
		t.Errorf("%d packets, not the %d that are wanted", len(got), len(data))
	}
	for i, c := range comments {
		if at := i+1 == plan.Frame(0, parts[3][0]); at != slices.Equal(c, []string{"the failure", "twice"}) {
			t.Errorf("frame %d has comments %q", i+1, c)
		}
	}
}

// Flags that narrow take healthy connections too, those that the report has
// forgotten included.
func TestNarrowed(t *testing.T) {
	file, parts := mixed()
	r := judged(t, func(e analyze.Ends) bool { return e.Server.Addr().String() == "10.0.0.3" }, file)
	list := Choose(r, nil, false)
	if len(list) != 1 || list[0].FirstFrame != parts[1][0] {
		t.Fatalf("%+v", list)
	}
	forgotten := list[0]
	forgotten.ID = 0
	r.Connections = slices.DeleteFunc(r.Connections, func(c analyze.Connection) bool { return c.Matches })
	plan, err := Only([]Input{bytesInput("in", file)}, r, Choose(r, []analyze.Connection{forgotten}, false))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := frames(t, written(t, plan, Notes{}, Options{})); len(got) != parts[1][1]-parts[1][0]+1 {
		t.Errorf("%d packets", len(got))
	}
}

// Several inputs follow one another; those without a wanted packet leave
// nothing.
func TestSeveralInputs(t *testing.T) {
	good, bad := capturetest.New(), capturetest.New()
	healthy(good, "10.0.0.1:50001", "10.0.0.9:443")
	refused(bad, "10.0.0.1:50000", "10.0.0.2:443")
	files := [][]byte{good.Pcap(), bad.Pcap()}
	inputs := []Input{bytesInput("good", files[0]), bytesInput("bad", files[1])}
	r := judged(t, nil, files...)
	all, err := All(inputs)
	if err != nil {
		t.Fatal(err)
	}
	if n := all.Frame(1, 2); n != good.Frame()+2 {
		t.Errorf("frame 2 of the second file becomes %d", n)
	}
	got, _ := frames(t, written(t, all, Notes{}, Options{}))
	if len(got) != good.Frame()+bad.Frame() {
		t.Errorf("%d packets", len(got))
	}
	only, err := Only(inputs, r, Choose(r, nil, true))
	if err != nil {
		t.Fatal(err)
	}
	out := written(t, only, Notes{Verdict: "verdict", Input: func(i int) string { return fmt.Sprint("input ", i) }}, Options{})
	if got, _ := frames(t, out); len(got) != bad.Frame() || only.Frame(1, 2) != 2 {
		t.Errorf("%d packets; frame 2 of the second file becomes %d", len(got), only.Frame(1, 2))
	}
	if bytes.Contains(out, []byte("input 0")) || bytes.Count(out, []byte("verdict")) != 1 || !bytes.Contains(out, []byte("input 1")) {
		t.Errorf("sections: %q", out[:200])
	}
}

// pcapng is a capture with a block of each kind, in either byte order.
func pcapngBlocks(t *testing.T, packets []byte, big bool) []byte {
	t.Helper()
	var order binary.AppendByteOrder = binary.LittleEndian
	if big {
		order = binary.BigEndian
	}
	var out []byte
	block := func(kind uint32, body []byte) {
		for len(body)%4 != 0 {
			body = append(body, 0)
		}
		out = order.AppendUint32(out, kind)
		out = order.AppendUint32(out, uint32(len(body)+12))
		out = append(out, body...)
		out = order.AppendUint32(out, uint32(len(body)+12))
	}
	u16, u32 := order.AppendUint16, order.AppendUint32
	option := func(b []byte, code uint16, s string) []byte {
		b = append(u16(u16(b, code), uint16(len(s))), s...)
		return append(b, make([]byte, (4-len(s)%4)%4)...)
	}
	end := func(b []byte) []byte { return u32(b, 0) }
	block(0x0a0d0d0a, end(option(option(u32(u32(u16(u16(u32(nil, 0x1a2b3c4d), 1), 0), 0), 4096), 1, "their comment"), 4, "application")))
	block(1, end(option(u32(u16(u16(nil, 1), 0), 0), 2, "eth-name")))
	block(4, u32(u16(u16(nil, 0), 0), 0x4e414d45))
	block(10, append(u32(u32(nil, 0x544c534b), 8), "SECRETS!"...))
	data, _ := frames(t, packets)
	for i, p := range data {
		b := append(u32(u32(u32(u32(u32(nil, 0), 0), uint32(i)), uint32(len(p))), uint32(len(p))), p...)
		b = append(b, make([]byte, (4-len(p)%4)%4)...)
		block(6, end(option(option(b, 2, "\x01\x00\x00\x00"), 1, "old comment")))
		if i == 0 {
			block(0xbad, append(u32(nil, 32473), "CUST"...)) // counts as a frame
		}
	}
	block(5, end(u32(u32(u32(nil, 0), 0), 0x53544154)))
	return out
}

func TestBlocksAreKept(t *testing.T) {
	b := capturetest.New()
	refused(b, "10.0.0.1:50000", "10.0.0.2:443")
	for _, big := range []bool{false, true} {
		file := pcapngBlocks(t, b.Pcap(), big)
		r := judged(t, nil, file)
		inputs := []Input{bytesInput("in", file)}
		all, _ := All(inputs)
		only, err := Only(inputs, r, Choose(r, nil, true))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name           string
			plan           *Plan
			opt            Options
			there, missing string
		}{
			{"all", all, Options{}, "their comment|application|eth-name|NAME|EMAN|CUST|STAT|TATS|old comment|new comment|the verdict", "SECRETS!"},
			{"secrets", all, Options{Secrets: true}, "SECRETS!|old comment", ""},
			{"extract", only, Options{}, "their comment|eth-name|STAT|TATS|old comment|new comment|the verdict", "SECRETS!|CUST|NAME|EMAN"},
		} {
			out := written(t, c.plan, Notes{Verdict: "the verdict", Packet: func(int, int) []string { return []string{"new comment"} }}, c.opt)
			data, comments := frames(t, out)
			if in, _ := frames(t, file); !slices.Equal(data, in) {
				t.Errorf("%s: the packets are others", c.name)
			}
			if !slices.Equal(comments[1], []string{"old comment", "new comment"}) {
				t.Errorf("%s: %q", c.name, comments[1])
			}
			for _, s := range strings.Split(c.there, "|") {
				turned := []byte(s) // numbers of the other byte order
				slices.Reverse(turned)
				if !bytes.Contains(out, []byte(s)) && !bytes.Contains(out, turned) {
					t.Errorf("%s, big endian %v: no %q", c.name, big, s)
				}
			}
			for _, s := range strings.Split(c.missing, "|") {
				if s != "" && bytes.Contains(out, []byte(s)) {
					t.Errorf("%s, big endian %v: %q is left", c.name, big, s)
				}
			}
		}
		if all.Frame(0, 3) != 3 || only.Frame(0, 3) != 2 {
			t.Errorf("frame 3 becomes %d and %d", all.Frame(0, 3), only.Frame(0, 3))
		}
	}
}

// A capture that ends in the middle of a packet, or has grown since, is
// written as far as it was analysed.
func TestCutInput(t *testing.T) {
	b := capturetest.New()
	refused(b, "10.0.0.1:50000", "10.0.0.2:443")
	file := b.Pcap()
	for _, c := range []struct {
		cut, packets, want int
	}{{10, 1 << 30, b.Frame() - 1}, {0, 3, 3}, {len(file) - 24, 0, 0}} {
		in := bytesInput("in", file[:len(file)-c.cut])
		in.Packets = c.packets
		plan, err := All([]Input{in})
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := frames(t, written(t, plan, Notes{}, Options{})); len(got) != c.want {
			t.Errorf("cut by %d: %d packets, not %d", c.cut, len(got), c.want)
		}
	}
}
