package packet

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"tlswhy/decode/capture"
)

// theirs is what gopacket/layers finds in a packet, as a Segment.
func theirs(pkt *capture.Packet) (s Segment, ok bool) {
	if pkt.LinkType > 255 {
		return s, false // layers.LinkType is eight bits wide
	}
	// A copy, since layers.RadioTap moves bytes within the packet.
	p := gopacket.NewPacket(bytes.Clone(pkt.Data), layers.LinkType(pkt.LinkType), gopacket.DecodeOptions{NoCopy: true})
	if p.ErrorLayer() != nil && p.TransportLayer() == nil {
		return s, false
	}
	for _, l := range p.Layers() {
		switch l := l.(type) {
		case *layers.IPv4:
			s = Segment{TTL: l.TTL, IPID: l.Id, HasIPID: true}
			s.Src.set4(l.SrcIP.To4())
			s.Dst.set4(l.DstIP.To4())
		case *layers.IPv6:
			s = Segment{TTL: l.HopLimit, IPv6: true, Src: Addr(l.SrcIP), Dst: Addr(l.DstIP)}
		case *layers.TCP:
			s.Proto, s.SrcPort, s.DstPort = TCP, uint16(l.SrcPort), uint16(l.DstPort)
			s.Seq, s.Ack, s.Window, s.Payload = l.Seq, l.Ack, l.Window, l.Payload
			s.Flags = l.Contents[13]
		case *layers.UDP:
			s.Proto, s.SrcPort, s.DstPort, s.Payload = UDP, uint16(l.SrcPort), uint16(l.DstPort), l.Payload
		case *layers.ICMPv4, *layers.ICMPv6, *gopacket.Fragment:
			return s, false
		}
	}
	return s, s.Proto != None
}

// differ says how our segment differs from gopacket's.
func differ(a, b *Segment) error {
	if a.Proto != b.Proto || a.Src != b.Src || a.Dst != b.Dst || a.SrcPort != b.SrcPort || a.DstPort != b.DstPort {
		return fmt.Errorf("%v:%d > %v:%d (%d) against %v:%d > %v:%d (%d)",
			a.Src, a.SrcPort, a.Dst, a.DstPort, a.Proto, b.Src, b.SrcPort, b.Dst, b.DstPort, b.Proto)
	}
	if a.TTL != b.TTL || a.IPID != b.IPID || a.Seq != b.Seq || a.Ack != b.Ack || a.Flags != b.Flags || a.Window != b.Window {
		return fmt.Errorf("%+v against %+v", a, b)
	}
	if !bytes.Equal(a.Payload, b.Payload) {
		return fmt.Errorf("payload of %d bytes against %d", len(a.Payload), len(b.Payload))
	}
	return nil
}

// theirFaults are fixtures that gopacket/layers v1.1.19 reads, but wrongly.
var theirFaults = map[string]string{
	"hop by hop padded":         "the padding of the frame ends up in the payload",
	"802.11":                    "the last four bytes are taken for a frame check sequence",
	"802.11 qos":                "the same",
	"802.11 ht control":         "the same",
	"802.11 four addresses":     "the same",
	"prism":                     "the same",
	"segment routing under way": "the final destination is not looked up",
	"routing 0 under way":       "the same",
}

// TestAgainstGopacket compares with gopacket/layers where both can read a
// fixture.
func TestAgainstGopacket(t *testing.T) {
	both := 0
	for _, f := range fixtures() {
		want, ok := guarded(f.packet())
		if !ok || want.Proto == UDP {
			continue // a tunnel that it does not look into
		}
		both++
		var s Segment
		NewParser().Parse(f.packet(), &s)
		err := differ(&s, &want)
		if why, known := theirFaults[f.name]; known != (err != nil) {
			t.Errorf("%s: %v (known fault: %q)", f.name, err, why)
		}
	}
	t.Logf("both read %d of %d fixtures", both, len(fixtures()))
	if both < 40 {
		t.Errorf("both read only %d fixtures", both)
	}
}

// guarded is theirs; gopacket panics on some packets.
func guarded(pkt *capture.Packet) (s Segment, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	return theirs(pkt)
}

// theirsAlone are the captures with packets in which only gopacket sees a
// segment: fuzz-1011 has an IPv4 header of version 2.
var theirsAlone = map[string]bool{"testing__btest__Traces__modbus__fuzz-1011.pcap": true}

// TestCorpusAgainstGopacket compares on the packets of real captures.
func TestCorpusAgainstGopacket(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	both, onlyOurs, onlyTheirs, capwap, bad := 0, 0, 0, 0, 0
	for _, file := range captures(t, "corpus", "lab") {
		p, s := NewParser(), Segment{}
		eachPacket(t, file, func(pkt *capture.Packet) {
			ours := p.Parse(pkt, &s) == OK && (s.Proto == TCP || s.Proto == UDP)
			want, ok := guarded(pkt)
			switch {
			case ours && s.Tunnel == "capwap": // gopacket sees the datagrams that carry it
				capwap++
			case ours && ok && s.FirstFrame == s.Frame:
				both++
				if err := differ(&s, &want); err != nil {
					if bad++; bad < 60 {
						t.Errorf("%s, frame %d: %v", file, pkt.Number, err)
					}
				}
			case ours && !ok:
				onlyOurs++
			case ok && !ours:
				if onlyTheirs++; !theirsAlone[filepath.Base(file)] {
					t.Errorf("%s, frame %d: only gopacket: %+v", file, pkt.Number, want)
				}
			}
		})
	}
	t.Logf("both %d, only ours %d, only gopacket's %d, in CAPWAP %d, different %d", both, onlyOurs, onlyTheirs, capwap, bad)
}
