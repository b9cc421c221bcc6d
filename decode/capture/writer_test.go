package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestWriterRoundTrip(t *testing.T) {
	var out bytes.Buffer
	w := NewWriter(&out)
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(w.WriteSection(Section{Application: "tlswhy", Comments: []string{"verdict"}}))
	first, err := w.AddInterface(Interface{Name: "eth0", Description: "a wire", LinkType: LinkEthernet, SnapLen: 4000}, "here")
	check(err)
	second, err := w.AddInterface(Interface{LinkType: LinkLinuxSLL2})
	check(err)
	check(w.WriteSecrets([]byte("CLIENT_RANDOM 0 0\n")))
	check(w.WritePacket(first, &Packet{Time: 1_700_000_000_000000001, Data: payload(61), Length: 70}))
	if out.Len() != 0 {
		t.Errorf("%d bytes written before Flush", out.Len())
	}
	check(w.WritePacket(second, &Packet{Time: 5, Data: payload(3)}, "one", "", strings.Repeat("é", 40000)))
	check(w.WriteStatistics(first, 6, 10, 4))
	check(w.WriteSection(Section{}))
	if err := w.WritePacket(first, &Packet{}); err == nil {
		t.Error("a packet of no interface was taken")
	}
	_, err = w.AddInterface(Interface{LinkType: LinkRaw})
	check(err)
	check(w.WritePacket(0, &Packet{}))
	check(w.Flush())

	all, r := mustRead(t, out.Bytes())
	same(t, all, []got{
		{1, 1_700_000_000_000000001, true, 70, string(payload(61)), LinkEthernet, 0, ""},
		{2, 5, true, 3, string(payload(3)), LinkLinuxSLL2, 1, "|one||" + strings.Repeat("é", 32767)},
		{3, 0, true, 0, "", LinkRaw, 2, ""},
	})
	if !slices.Equal(r.Comments(), []string{"verdict", "here"}) || r.Dropped() != 4 || string(bytes.Join(r.Secrets(), nil)) != "CLIENT_RANDOM 0 0\n" {
		t.Errorf("comments %q, dropped %d, secrets %q", r.Comments(), r.Dropped(), r.Secrets())
	}
	if i := r.Interfaces()[0]; i != (Interface{"eth0", "a wire", LinkEthernet, 4000}) {
		t.Errorf("interface %+v", i)
	}
}

// wholeBlocks checks that every Write ends where a block does.
type wholeBlocks struct {
	t      *testing.T
	all    []byte
	writes int
}

func (w *wholeBlocks) Write(b []byte) (int, error) {
	w.all = append(w.all, b...)
	w.writes++
	if _, _, err := readAll(bytes.NewReader(w.all)); err != nil {
		w.t.Errorf("after write %d: %v", w.writes, err)
	}
	return len(b), nil
}

func TestWriterWritesWholeBlocks(t *testing.T) {
	out := &wholeBlocks{t: t}
	w := NewWriter(out)
	w.WriteSection(Section{})
	w.AddInterface(Interface{LinkType: LinkEthernet})
	for i := range 200 {
		w.WritePacket(0, &Packet{Time: int64(i), Data: payload(1400)})
	}
	if err := w.Flush(); err != nil || out.writes < 4 {
		t.Errorf("%d writes, %v", out.writes, err)
	}
	if all, _ := mustRead(t, out.all); len(all) != 200 {
		t.Errorf("%d packets", len(all))
	}
}

func TestWriterOrder(t *testing.T) {
	w := NewWriter(io.Discard)
	if _, err := w.AddInterface(Interface{}); err == nil {
		t.Error("interface before section")
	}
	if w.WriteSecrets(nil) == nil || w.WriteStatistics(0, 0, 0, 0) == nil || w.WritePacket(0, &Packet{}) == nil {
		t.Error("block before section")
	}
}

// full fails every write.
type full struct{}

var errFull = errors.New("no space left")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestWriterErrorStays(t *testing.T) {
	w := NewWriter(full{})
	w.WriteSection(Section{})
	w.AddInterface(Interface{LinkType: LinkEthernet})
	if err := w.Flush(); err != errFull {
		t.Fatal(err)
	}
	for range 100 {
		if err := w.WritePacket(0, &Packet{Data: payload(1400)}); err != errFull {
			t.Fatal(err)
		}
	}
	if len(w.buf) > flushSize+2000 {
		t.Errorf("%d bytes kept", len(w.buf))
	}
}

// Every block copied as it stands is the same file.
func TestRewrite(t *testing.T) {
	for name, file := range samples() {
		r, err := NewReader(bytes.NewReader(file), name)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		w := NewWriter(&out)
		if r.section == nil {
			out.Write(file[:fileHeader])
		}
		var b Block
		var packets, numbers []int
		for {
			err := r.NextBlock(&b)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if b.IsPacket {
				packets = append(packets, b.Packet.Number)
			}
			if b.Number != 0 {
				numbers = append(numbers, b.Number)
			}
			if err := w.WriteBlock(b.Raw); err != nil {
				t.Fatal(err)
			}
		}
		w.Flush()
		if !bytes.Equal(out.Bytes(), file) {
			t.Errorf("%s: copied blocks differ", name)
		}
		whole, _ := mustRead(t, file)
		if len(packets) != len(whole) || packets[len(packets)-1] != whole[len(whole)-1].Number || len(numbers) != numbers[len(numbers)-1] {
			t.Errorf("%s: packets %v, numbers %v, read %d", name, packets, numbers, len(whole))
		}
	}
}

func TestAnnotate(t *testing.T) {
	for _, o := range orders {
		f := newBlocks(o).section(1, 0).iface(1, 0).iface(1, 20)
		old := append(f.AppendUint16(nil, 1), 0, 0)
		old = append(append(old, f.words(0, 9, 6, 90)...), payload(6)...)
		old = append(old, 0, 0)
		f.packet(1, 7, payload(21), slices.Concat(f.option(2, []byte{1, 2, 3, 4}), f.option(optComment, []byte("own")), f.option(optEnd, nil))...)
		f.packet(0, 8, payload(24)).block(BlockPacket, old)
		f.block(BlockSimple, append(f.words(30), payload(30)...))
		f.block(7, payload(8))
		before, _ := mustRead(t, f.out)

		r, err := NewReader(bytes.NewReader(f.out), "x")
		if err != nil {
			t.Fatal(err)
		}
		var out []byte
		for b := new(Block); r.NextBlock(b) == nil; {
			out = b.AppendAnnotated(out, "why", "ünd")
		}
		after, _ := mustRead(t, out)
		for i := range before {
			before[i].Comments += "|why|ünd"
		}
		before[3].HasTime = true // no block has both comments and no time
		same(t, after, before)
		if !bytes.Contains(out, f.option(2, []byte{1, 2, 3, 4})) {
			t.Errorf("%s: another option was lost", o.name)
		}
	}
}

func TestAnnotateClassic(t *testing.T) {
	file := newRecords(binary.BigEndian, magicNano).packet(1, 2, payload(9)).file()
	r, err := NewReader(bytes.NewReader(file), "x")
	if err != nil {
		t.Fatal(err)
	}
	var b Block
	if err := r.NextBlock(&b); err != nil || !b.IsPacket || b.Type != 0 || !bytes.Equal(b.AppendAnnotated(nil, "why"), file[fileHeader:]) {
		t.Errorf("%+v, %v", b, err)
	}
}
