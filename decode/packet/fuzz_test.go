package packet

import (
	"bytes"
	"fmt"
	"reflect"
	"testing"
	"unsafe"

	"tlswhy/decode/capture"
)

// within reports whether part is a piece of whole's memory.
func within(part, whole []byte) bool {
	if len(part) == 0 {
		return true
	}
	p, w := uintptr(unsafe.Pointer(unsafe.SliceData(part))), uintptr(unsafe.Pointer(unsafe.SliceData(whole)))
	return p >= w && p+uintptr(len(part)) <= w+uintptr(len(whole))
}

// checkSegment returns what is wrong with a segment, whatever the packet was.
func checkSegment(p *Parser, pkt *capture.Packet, r Result, s *Segment) error {
	if r > Unsupported {
		return fmt.Errorf("result %d", r)
	}
	if s.Length < len(s.Payload) {
		return fmt.Errorf("length %d, payload of %d", s.Length, len(s.Payload))
	}
	for _, b := range [][]byte{s.Payload, s.Options} {
		if !within(b, pkt.Data) && !within(b, p.frags.asm) {
			return fmt.Errorf("%d bytes from outside the packet", len(b))
		}
	}
	if len(s.Options) > 40 {
		return fmt.Errorf("%d bytes of options", len(s.Options))
	}
	if s.FirstFrame > s.Frame || s.Frame > pkt.Number {
		return fmt.Errorf("frames %d to %d of %d", s.FirstFrame, s.Frame, pkt.Number)
	}
	if got := len(p.frags.queue); got > maxDatagrams || p.frags.bytes > maxFragBytes || p.frags.bytes < 0 {
		return fmt.Errorf("%d datagrams of %d bytes", got, p.frags.bytes)
	}
	if r != OK {
		return nil
	}
	switch s.Proto {
	case TCP, UDP, EAPOL:
	case ICMP:
		if s.Quoted != TCP && s.Quoted != UDP {
			return fmt.Errorf("quotes protocol %d", s.Quoted)
		}
	default:
		return fmt.Errorf("protocol %d", s.Proto)
	}
	return nil
}

// FuzzParse gives packets to one parser, the second with a byte changed, so
// that fragments meet. Whatever they are: the payload lies in the packet, the
// lengths agree, the packet stays as it was, and a fresh parser says the same.
func FuzzParse(f *testing.F) {
	for _, x := range fixtures() {
		f.Add(uint16(x.link), x.data, uint16(0), uint16(0), byte(0))
	}
	for _, c := range cuts(tcpDatagram(100), 64) {
		f.Add(uint16(1), c.over4(1, 6, false), uint16(0), uint16(20), byte(0x28))
		f.Add(uint16(1), c.over6(1, 6), uint16(10), uint16(57), byte(0x40))
	}
	f.Fuzz(func(t *testing.T, link uint16, data []byte, cut, at uint16, value byte) {
		run := func() (all []Segment) {
			p := NewParser()
			other := bytes.Clone(data)
			if int(at) < len(other) {
				other[at] = value
			}
			for i, b := range [][]byte{data, other, data} {
				before := bytes.Clone(b)
				pkt := &capture.Packet{Number: i + 1, LinkType: capture.LinkType(link), Length: len(b) + int(cut), Data: b}
				all = append(all, take(t, p, pkt)...)
				if !bytes.Equal(b, before) {
					t.Fatal("the packet was changed")
				}
			}
			p.Flush()
			var s Segment
			for p.Incomplete(&s) {
				if !s.Incomplete || s.Proto == None {
					t.Fatalf("not incomplete: %+v", s)
				}
			}
			return all
		}
		if one, two := run(), run(); !reflect.DeepEqual(one, two) {
			t.Errorf("%+v\n%+v", one, two)
		}
	})
}

// take parses a packet, checks the segment and returns a copy.
func take(t *testing.T, p *Parser, pkt *capture.Packet) []Segment {
	t.Helper()
	var s Segment
	if err := checkSegment(p, pkt, p.Parse(pkt, &s), &s); err != nil {
		t.Fatal(err)
	}
	s.Payload, s.Options = bytes.Clone(s.Payload), bytes.Clone(s.Options)
	return []Segment{s}
}
