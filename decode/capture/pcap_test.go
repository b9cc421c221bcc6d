package capture

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"testing"
)

var orders = []struct {
	name string
	writing
}{{"little", binary.LittleEndian}, {"big", binary.BigEndian}}

func TestPcapVariants(t *testing.T) {
	const sec = 1_700_000_000
	usual := func(magic uint32) func(o writing) *records {
		return func(o writing) *records {
			return newRecords(o, magic).packet(sec, 123456, payload(60)).packet(sec+1, 5, payload(1)).packet(sec+2, 6, nil)
		}
	}
	with := func(f func(*records)) func(o writing) *records {
		return func(o writing) *records {
			r := usual(magicMicro)(o)
			f(r)
			return r
		}
	}
	swapped := func(minor uint16) func(o writing) *records {
		return func(o writing) *records {
			r := newRecords(o, magicMicro)
			r.minor = minor
			return r.add(sec, 123456, 900, 60, payload(60)).add(sec+1, 5, 1, 1, payload(1)).add(sec+2, 6, 0, 0, nil)
		}
	}
	tests := []struct {
		name   string
		file   func(o writing) *records
		frac   int64 // nanoseconds of the first packet
		length int   // of the first packet on the wire
		link   LinkType
		warns  bool
	}{
		{name: "microseconds", file: usual(magicMicro), frac: 123456000},
		{name: "nanoseconds", file: usual(magicNano), frac: 123456},
		{name: "modified", file: usual(magicModified), frac: 123456000},
		{name: "snaplen 0", file: with(func(r *records) { r.snap = 0 }), frac: 123456000},
		{name: "records over snaplen", file: with(func(r *records) { r.snap = 10 }), frac: 123456000},
		{name: "hostile snaplen", file: with(func(r *records) { r.snap = 0xffffffff }), frac: 123456000},
		{name: "FCS bits", file: with(func(r *records) { r.link = 0x54000000 | 276 }), frac: 123456000, link: LinkLinuxSLL2},
		{name: "version 2.2", file: swapped(2), frac: 123456000, length: 900},
		{name: "version 2.3", file: swapped(3), frac: 123456000, length: 900},
		{name: "version 2.3 in order", file: with(func(r *records) { r.minor = 3 }), frac: 123456000},
		{name: "version 2.5", file: with(func(r *records) { r.minor = 5 }), frac: 123456000, warns: true},
		{name: "version 3.0", file: with(func(r *records) { r.major, r.minor = 3, 0 }), frac: 123456000, warns: true},
		{name: "AIX", file: with(func(r *records) { r.minor, r.link = 2, 6 }), frac: 123456},
	}
	for _, test := range tests {
		for _, order := range orders {
			t.Run(test.name+" "+order.name, func(t *testing.T) {
				all, r := mustRead(t, test.file(order).file())
				link := max(test.link, LinkEthernet)
				want := []got{
					{Number: 1, Time: sec*1e9 + test.frac, HasTime: true, Length: max(60, test.length), Data: string(payload(60)), LinkType: link},
					{Number: 2, Time: (sec+1)*1e9 + 5*test.frac/123456, HasTime: true, Length: 1, Data: string(payload(1)), LinkType: link},
					{Number: 3, Time: (sec+2)*1e9 + 6*test.frac/123456, HasTime: true, LinkType: link},
				}
				same(t, all, want)
				if r.Format() != "pcap" || len(r.Interfaces()) != 1 || len(r.LinkTypes()) != 1 || r.LinkTypes()[0] != link {
					t.Errorf("format %s, interfaces %v, link types %v", r.Format(), r.Interfaces(), r.LinkTypes())
				}
				if (len(r.Warnings()) > 0) != test.warns {
					t.Errorf("warnings %q", r.Warnings())
				}
			})
		}
	}
}

func same(t *testing.T, all, want []got) {
	t.Helper()
	if len(all) != len(want) {
		t.Fatalf("%d packets, want %d", len(all), len(want))
	}
	for i := range all {
		if all[i] != want[i] {
			t.Errorf("packet %d is\n%+v, want\n%+v", i+1, all[i], want[i])
		}
	}
}

func TestPcapCapturedOverLength(t *testing.T) {
	f := newRecords(binary.LittleEndian, magicMicro).add(1, 2, 60, 10, payload(60)).packet(3, 4, payload(5))
	all, _ := mustRead(t, f.file())
	if len(all) != 2 || len(all[0].Data) != 60 || all[0].Length != 60 || all[1].Length != 5 {
		t.Errorf("packets %+v", all)
	}
}

func TestPcapDamaged(t *testing.T) {
	good := func() *records {
		return newRecords(binary.LittleEndian, magicMicro).packet(1, 2, payload(60)).packet(3, 4, payload(61))
	}
	end := int64(len(good().file()))
	tests := []struct {
		name   string
		file   []byte
		offset int64
		reason string
		cut    bool
	}{
		{"garbage", append(good().file(), bytes.Repeat([]byte{0xee}, 500)...), end, "a packet of 4008636142 bytes", false},
		{"too large", good().add(5, 6, maxPacket+1, 60, payload(60)).file(), end, "at most 262144", false},
		{"4 GB", good().add(5, 6, 0xffffffff, 0xffffffff, payload(60)).file(), end, "a packet of 4294967295 bytes", false},
		{"cut", good().add(5, 6, 62, 62, payload(61)).file(), end, "the record has 78 bytes, only 77", true},
		{"cut header", append(good().file(), 1, 2, 3), end, "the record header has 16 bytes, only 3", true},
		{"joined", append(good().file(), good().file()...), end, "another pcap file begins here", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			all, e := wantError(t, test.file)
			if len(all) != 2 || e.Frame != 2 || e.Offset != test.offset || e.Cut != test.cut || !strings.Contains(e.Reason, test.reason) {
				t.Errorf("%d packets, %+v", len(all), e)
			}
		})
	}
}

func TestBiggestPacket(t *testing.T) {
	big := payload(maxPacket)
	f := newRecords(binary.BigEndian, magicNano).packet(1, 2, big).packet(1, 3, big)
	all, _ := mustRead(t, f.file())
	if len(all) != 2 || all[1].Data != string(big) {
		t.Errorf("%d packets", len(all))
	}
	f = newRecords(binary.BigEndian, magicNano)
	f.link = uint32(LinkUSBPcap)
	big = payload(3 << 20)
	all, _ = mustRead(t, f.packet(1, 2, big).packet(1, 3, payload(9)).packet(1, 3, big).file())
	if len(all) != 3 || all[0].Data != string(big) || all[2].Data != string(big) {
		t.Errorf("%d packets", len(all))
	}
}

func TestNoCapture(t *testing.T) {
	tests := []struct{ input, reason string }{
		{"", "the file is empty"},
		{"\x0a\x0d", "cut short"},
		{"GET / HTTP/1.1\r\n\r\n", "not a capture"},
		{"\xfd7zXZ\x00....", "xz data"},
		{"snoop\x00\x00\x00....", "editcap"},
		{"\xd4\xc3\xb2\xa1\x02\x00\x04\x00", "the file header has 24 bytes, only 8"},
	}
	for _, test := range tests {
		_, err := NewReader(strings.NewReader(test.input), "f.pcap")
		if err == nil || err == io.EOF || !strings.Contains(err.Error(), test.reason) || !strings.HasPrefix(err.Error(), "f.pcap: ") {
			t.Errorf("%q: %v, want %q", test.input, err, test.reason)
		}
	}
}
