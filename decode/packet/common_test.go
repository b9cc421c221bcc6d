package packet

import (
	"reflect"
	"testing"

	"tlswhy/decode/capture"
)

// TestCommonIsTheSame reads every packet of the captures at hand, and every
// beginning of the first ones, by offset and layer by layer.
func TestCommonIsTheSame(t *testing.T) {
	packets, common := 0, 0
	for _, file := range captures(t, "corpus", "lab", "links") {
		eachPacket(t, file, func(pkt *capture.Packet) {
			cuts := 1
			if packets++; packets < 300 {
				cuts = min(len(pkt.Data), 90)
			} else if testing.Short() && packets > 20000 {
				return
			}
			for cut := range cuts {
				p := *pkt
				p.Data = p.Data[:len(p.Data)-cut]
				if compareCommon(t, file, &p) {
					common++
				}
			}
		})
	}
	if common == 0 {
		t.Skip("no captures")
	}
	t.Logf("%d packets, %d read by offset", packets, common)
}

func compareCommon(t *testing.T, file string, p *capture.Packet) bool {
	t.Helper()
	fast := Segment{rare: true, Tunnel: "stale", Incomplete: true, MTU: 7, ICMPType: 3, Quoted: TCP, Around: []Flow{{}}}
	if p.LinkType != capture.LinkEthernet || !fast.common(p) {
		return false
	}
	slow := Segment{Frame: p.Number, FirstFrame: p.Number, Time: p.Time, Interface: p.Interface}
	if r := NewParser().ethernet(&slow, p.Data, max(p.Length, len(p.Data))); r != OK || !reflect.DeepEqual(fast, slow) {
		t.Errorf("%s, frame %d: %v\n%+v\n%+v", file, p.Number, r, fast, slow)
	}
	return true
}
