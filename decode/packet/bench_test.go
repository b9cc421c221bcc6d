package packet

import (
	"testing"

	"tlswhy/decode/capture"
)

func BenchmarkParse(b *testing.B) {
	for _, f := range fixtures() {
		switch f.name {
		case "ethernet ipv4", "ethernet ipv6", "vlan", "sll2", "vxlan":
		default:
			continue
		}
		b.Run(f.name, func(b *testing.B) {
			p, pkt, s := NewParser(), f.packet(), Segment{}
			b.ReportAllocs()
			for b.Loop() {
				if p.Parse(pkt, &s) != OK {
					b.Fatal("not read")
				}
			}
		})
	}
}

func TestParseDoesNotAllocate(t *testing.T) {
	for _, f := range fixtures() {
		p, pkt, s := NewParser(), f.packet(), Segment{}
		if n := testing.AllocsPerRun(100, func() { p.Parse(pkt, &s) }); n != 0 {
			t.Errorf("%s: %v allocations", f.name, n)
		}
	}
}

func (f fixture) packet() *capture.Packet {
	return &capture.Packet{Number: 1, LinkType: f.link, Length: len(f.data), Data: f.data}
}
