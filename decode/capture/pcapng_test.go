package capture

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestPcapngBlocks(t *testing.T) {
	for _, order := range orders {
		t.Run(order.name, func(t *testing.T) {
			f := newBlocks(order)
			f.section(1, 0, f.option(optComment, []byte("whole"))...)
			f.block(0x0bad1, payload(9)).block(4, f.words(0))
			f.iface(1, 262144, slices.Concat(f.option(optIfName, []byte("eth0")), f.option(optIfDescription, []byte("the wire")),
				f.option(optComment, []byte("left")), f.option(optEnd, nil))...)
			f.packet(0, 1_700_000_000_123456, payload(61))
			f.iface(276, 0, f.option(optIfTsResol, []byte{9})...)
			f.packet(1, 1_700_000_001_000000007, payload(0), slices.Concat(f.option(optComment, []byte("one")), f.option(optComment, []byte("two")))...)
			f.block(BlockSimple, append(f.words(70), payload(70)...))
			old := f.AppendUint16(nil, 1)
			old = f.AppendUint16(old, 3)
			old = append(old, f.words(1_700_000_001_000000008>>32, 1_700_000_001_000000008&math.MaxUint32, 5, 90)...)
			old = append(old, payload(5)...)
			old = append(old, 0, 0, 0)
			f.block(BlockPacket, append(old, f.option(optComment, []byte("old"))...))
			f.block(BlockStatistics, append(f.words(0, 0, 0), slices.Concat(f.option(optISBIfDrop, f.AppendUint64(nil, 7)), f.option(optISBOSDrop, f.AppendUint64(nil, 2)))...))
			f.block(BlockStatistics, append(f.words(0, 0, 0), f.option(optISBIfDrop, f.AppendUint64(nil, 5))...))
			all, r := mustRead(t, f.out)
			same(t, all, []got{
				{1, 1_700_000_000_123456000, true, 61, string(payload(61)), LinkEthernet, 0, ""},
				{2, 1_700_000_001_000000007, true, 0, "", LinkLinuxSLL2, 1, "|one|two"},
				{3, 0, false, 70, string(payload(70)), LinkEthernet, 0, ""},
				{4, 1_700_000_001_000000008, true, 90, string(payload(5)), LinkLinuxSLL2, 1, "|old"},
			})
			interfaces := []Interface{{"eth0", "the wire", LinkEthernet, 262144}, {"", "", LinkLinuxSLL2, 0}}
			if !slices.Equal(r.Interfaces(), interfaces) {
				t.Errorf("interfaces %+v", r.Interfaces())
			}
			if r.Dropped() != 12 || !slices.Equal(r.Comments(), []string{"whole", "left"}) || r.Format() != "pcapng" || len(r.Warnings()) > 0 {
				t.Errorf("dropped %d, comments %q, format %s, warnings %q", r.Dropped(), r.Comments(), r.Format(), r.Warnings())
			}
		})
	}
}

func TestPcapngSections(t *testing.T) {
	le, be := newBlocks(binary.LittleEndian), newBlocks(binary.BigEndian)
	le.section(1, 2).iface(1, 0).iface(101, 0).packet(1, 5, payload(4))
	be.section(1, 9).iface(9, 0).packet(0, 6, payload(5))
	all, r := mustRead(t, slices.Concat(le.out, be.out, le.out))
	same(t, all, []got{
		{1, 5000, true, 4, string(payload(4)), LinkRaw, 1, ""},
		{2, 6000, true, 5, string(payload(5)), LinkPPP, 2, ""},
		{3, 5000, true, 4, string(payload(4)), LinkRaw, 4, ""},
	})
	if len(r.Interfaces()) != 5 || !slices.Equal(r.LinkTypes(), []LinkType{LinkEthernet, LinkRaw, LinkPPP}) {
		t.Errorf("interfaces %v, link types %v", r.Interfaces(), r.LinkTypes())
	}
}

// The blocks that tshark 4.0.17 gives a frame number, and those that it does not.
func TestFrameNumbers(t *testing.T) {
	counted := []BlockType{0xbad, 0x40000bad, 9, 0x204, 0x216, 0x221}
	for _, kind := range append(counted, 4, 7, 8, 10, 11, 0x101, 0x201, 0x202, 0x205, 0x208, 0x50000001, 0x80000001) {
		f := newBlocks(binary.LittleEndian).section(1, 0).iface(1, 0).packet(0, 1, payload(4))
		f.block(kind, make([]byte, 64)).packet(0, 2, payload(4))
		all, _ := mustRead(t, f.out)
		want := 2
		if slices.Contains(counted, kind) {
			want = 3
		}
		if len(all) != 2 || all[1].Number != want {
			t.Errorf("block %v: %+v, want the last one to be frame %d", kind, all, want)
		}
	}
}

func TestPcapngClocks(t *testing.T) {
	tests := []struct {
		resol  byte
		offset int64
		stamp  uint64
		want   int64
		none   bool
	}{
		{resol: 6, stamp: 1_700_000_000_123456, want: 1_700_000_000_123456000},
		{resol: 0, stamp: 1_700_000_000, want: 1_700_000_000_000000000},
		{resol: 0, stamp: math.MaxInt64, none: true},
		{resol: 6, stamp: math.MaxUint64 - 505_425287 + 1, want: -505_425287000},
		{resol: 3, stamp: 1_700_000_000_123, want: 1_700_000_000_123000000},
		{resol: 9, stamp: math.MaxInt64, want: math.MaxInt64},
		{resol: 9, stamp: math.MaxInt64 + 1, none: true},
		{resol: 12, stamp: 12_345_678_901, want: 12_345_678},
		{resol: 28, stamp: math.MaxUint64, want: 1},
		{resol: 29, stamp: math.MaxUint64, want: 0},
		{resol: 0x40, stamp: 1, want: 0},
		{resol: 0x7f, stamp: math.MaxUint64, want: 0},
		{resol: 0x80, stamp: 1_700_000_000, want: 1_700_000_000_000000000},
		{resol: 0x80 | 20, stamp: 1_700_000_000<<20 | 12345, want: 1_700_000_000_011773109},
		{resol: 0x80 | 30, stamp: 1_700_000_000<<30 | 1<<29, want: 1_700_000_000_500000000},
		{resol: 0x80 | 60, stamp: 7<<60 | 12345<<30, want: 7_000_011_497},
		{resol: 0x80 | 64, stamp: 1 << 63, want: 500_000_000},
		{resol: 0xff, stamp: math.MaxUint64, want: 0},
		{resol: 6, offset: 5000, stamp: 1000, want: 5000_001000000},
		{resol: 6, offset: -1, stamp: 3_000000, want: 2_000000000},
		{resol: 6, offset: math.MaxInt64, stamp: 1, none: true},
		{resol: 6, offset: math.MinInt64, stamp: 1, none: true},
		{resol: 6, offset: math.MinInt64, stamp: 1 << 63, none: true},
		{resol: 9, offset: 9_000_000_000, stamp: math.MaxInt64, none: true},
	}
	for _, test := range tests {
		f := newBlocks(binary.BigEndian)
		f.section(1, 0).iface(1, 0, slices.Concat(f.option(optIfTsOffset, f.AppendUint64(nil, uint64(test.offset))), f.option(optIfTsResol, []byte{test.resol}))...)
		all, _ := mustRead(t, f.packet(0, test.stamp, payload(9)).out)
		if len(all) != 1 || all[0].HasTime == test.none || !test.none && all[0].Time != test.want {
			t.Errorf("resolution %#x offset %d stamp %d: %+v, want %d", test.resol, test.offset, test.stamp, all, test.want)
		}
	}
}

func TestSecrets(t *testing.T) {
	f := newBlocks(binary.BigEndian).section(1, 0)
	f.block(BlockSecrets, append(f.words(secretsTLS, 5), "ABCDE..."...))
	f.block(BlockSecrets, append(f.words(0x57474b4c, 5), "WGKEY..."...))
	f.block(BlockSecrets, f.words(secretsTLS, 0))
	f.block(BlockSecrets, append(f.words(secretsTLS, 400), "short..."...))
	f.iface(1, 0).packet(0, 1, payload(4))
	f.block(BlockSecrets, append(f.words(secretsTLS, 3), "FGH."...))
	_, r := mustRead(t, f.out)
	if got := bytes.Join(r.Secrets(), []byte("|")); string(got) != "ABCDE||FGH" {
		t.Errorf("secrets %q", got)
	}
	if len(r.Warnings()) != 1 {
		t.Errorf("warnings %q", r.Warnings())
	}
}

func TestSecretsAreBounded(t *testing.T) {
	f := newBlocks(binary.LittleEndian).section(1, 0)
	for range 5 {
		f.block(BlockSecrets, append(f.words(secretsTLS, 5<<20), make([]byte, 5<<20)...))
	}
	_, r := mustRead(t, f.out)
	if len(r.Secrets()) != 3 || len(r.Warnings()) != 1 {
		t.Errorf("%d secrets, warnings %q", len(r.Secrets()), r.Warnings())
	}
}

func TestPcapngDamaged(t *testing.T) {
	good := func() *blocks {
		return newBlocks(binary.LittleEndian).section(1, 0).iface(1, 40).packet(0, 1, payload(60)).packet(0, 2, payload(61))
	}
	end := int64(len(good().out))
	add := func(body func(f *blocks)) []byte {
		f := good()
		body(f)
		return append(f.out, newBlocks(binary.LittleEndian).packet(0, 3, payload(4)).out...)
	}
	epb := func(words ...uint32) []byte {
		return add(func(f *blocks) { f.block(BlockEnhanced, append(f.words(words...), payload(60)...)) })
	}
	tests := []struct {
		name   string
		file   []byte
		reason string
	}{
		{"interface", epb(1, 0, 0, 60, 60), "a packet of interface 1, but the section has described only 1"},
		{"captured", epb(0, 0, 0, 61, 61), "a packet of 61 bytes in a block with room for 60"},
		{"4 GB", epb(0, 0, 0, 0xffffffff, 0xffffffff), "at most 262144"},
		{"short block", add(func(f *blocks) { f.block(BlockEnhanced, payload(16)) }), "the packet block has 28 bytes"},
		{"short old block", add(func(f *blocks) { f.block(BlockPacket, payload(16)) }), "the packet block has 28 bytes"},
		{"short simple block", add(func(f *blocks) { f.block(BlockSimple, nil) }), "the simple packet block has 12 bytes"},
		{"simple", add(func(f *blocks) { f.block(BlockSimple, append(f.words(90), payload(30)...)) }), "a packet of 40 bytes in a block with room for 32"},
		{"section", add(func(f *blocks) { f.section(2, 0) }), "pcapng version 2.0"},
		{"short section", add(func(f *blocks) { f.block(BlockSection, f.words(byteOrderMagic, 1)) }), "the section header has 20 bytes"},
		{"no byte order", add(func(f *blocks) { f.block(BlockSection, f.words(1, 1, 1, 1)) }), "without its byte order mark"},
		{"short interface", add(func(f *blocks) { f.block(BlockInterface, f.words(1)) }), "the interface description has 16 bytes"},
		{"no interface", add(func(f *blocks) { f.section(1, 0) }), "a packet of interface 0, but the section has described only 0"},
		{"small block", add(func(f *blocks) { f.out = append(f.out, f.words(5, 8, 0, 0)...) }), "a block of 8 bytes cannot be"},
		{"zeros", add(func(f *blocks) { f.out = append(f.out, f.words(0, 0, 0, 0)...) }), "a block of 0 bytes cannot be"},
		{"huge block", add(func(f *blocks) { f.out = append(f.out, f.words(5, 0xffffffff, 0, 0)...) }), "a block of 4294967295 bytes is too large"},
		{"trailer", add(func(f *blocks) { f.out = append(f.out, f.words(5, 16, 0, 20)...) }), "length is 16 at its beginning and 20 at its end"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			all, e := wantError(t, test.file)
			if len(all) != 2 || e.Frame != 2 || e.Offset < end || e.Cut || !strings.Contains(e.Reason, test.reason) {
				t.Errorf("%d packets, %+v", len(all), e)
			}
		})
	}
	f := newBlocks(binary.LittleEndian).section(1, 0)
	if _, e := wantError(t, f.block(BlockSimple, f.words(0)).out); !strings.Contains(e.Error(), "before the first frame: a packet, but the section has described no interface") {
		t.Error(e)
	}
}

func TestPcapngTolerated(t *testing.T) {
	tests := []struct {
		name  string
		file  func(f *blocks)
		warns bool
	}{
		{"length no multiple of 4", func(f *blocks) {
			f.out = append(f.out, f.words(5, 27, 0, 0, 0, 0, 27)...)
		}, false},
		{"options run over", func(f *blocks) { f.packet(0, 1, payload(4), 1, 0, 99, 0, 'a', 'b', 'c', 'd') }, true},
		{"options cut", func(f *blocks) { f.packet(0, 1, payload(4), 1, 0, 0, 0) }, false},
		{"interface options run over", func(f *blocks) { f.iface(1, 0, 2, 0, 99, 0, 'a', 'b', 'c', 'd') }, true},
		{"statistics of nothing", func(f *blocks) { f.block(BlockStatistics, f.words(7, 0, 0)) }, true},
		{"short counter", func(f *blocks) {
			f.block(BlockStatistics, append(f.words(0, 0, 0), f.option(optISBIfDrop, []byte{1, 2})...))
		}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newBlocks(binary.LittleEndian).section(1, 0).iface(1, 0)
			test.file(f)
			all, r := mustRead(t, f.packet(0, 3, payload(8)).out)
			if last := all[len(all)-1]; last.Data != string(payload(8)) || (len(r.Warnings()) > 0) != test.warns {
				t.Errorf("%+v, warnings %q", last, r.Warnings())
			}
		})
	}
}

func TestBoundsOnText(t *testing.T) {
	f := newBlocks(binary.LittleEndian).section(1, 0)
	f.iface(1, 0, f.option(optIfName, bytes.Repeat([]byte("n"), 5000))...)
	for range 40 {
		f.iface(1, 0, f.option(optComment, bytes.Repeat([]byte("c"), 60000))...)
	}
	_, r := mustRead(t, f.out)
	if len(r.Interfaces()[0].Name) != maxName || len(r.Comments()) != maxComments/60000 || len(r.Warnings()) != 1 {
		t.Errorf("name of %d bytes, %d comments, warnings %q", len(r.Interfaces()[0].Name), len(r.Comments()), r.Warnings())
	}
	f = newBlocks(binary.LittleEndian).section(1, 0)
	for range maxInterfaces + 1 {
		f.iface(1, 0)
	}
	if _, e := wantError(t, f.out); !strings.Contains(e.Reason, "more than 65536 interfaces") {
		t.Error(e)
	}
}

// TestBoundsOnNumbers: what no link reaches is not believed, and not listed
// without end; the report is told.
func TestBoundsOnNumbers(t *testing.T) {
	f := newBlocks(orders[0])
	f.section(1, 0)
	for i := range maxLinks + 9 {
		f.iface(uint16(i+1), 0)
	}
	f.block(BlockStatistics, append(f.words(0, 0, 0), f.option(optISBIfDrop, f.AppendUint64(nil, math.MaxUint64-5))...))
	f.block(BlockStatistics, append(f.words(1, 0, 0), f.option(optISBIfDrop, f.AppendUint64(nil, 7))...))
	f.packet(0, 1, payload(5), f.option(optEPBDropCount, f.AppendUint64(nil, math.MaxUint64))...)
	_, r := mustRead(t, f.out)
	if r.Dropped() != 7 || len(r.LinkTypes()) != maxLinks {
		t.Errorf("%d dropped, %d link types", r.Dropped(), len(r.LinkTypes()))
	}
	all := strings.Join(r.Warnings(), "; ")
	if !strings.Contains(all, "18446744073709551610 lost packets is not believed") || !strings.Contains(all, "link types") {
		t.Errorf("warnings %q", all)
	}
}
