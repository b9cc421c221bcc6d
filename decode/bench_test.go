package decode

import (
	"bytes"
	"fmt"
	"testing"

	"tlswhy/decode/capture"
	"tlswhy/decode/capturetest"
)

// busy is a capture of connections to a few servers, of which every third is
// refused.
func busy(n int) (file []byte, packets int) {
	b := capturetest.New()
	for i := range n {
		client, server := fmt.Sprintf("10.0.%d.%d:%d", i>>8&255, i&255, 40000+i>>16), fmt.Sprintf("192.0.2.%d:443", i%7)
		if i%3 == 0 {
			refused(b, client, server, helloWith("a.example", uint32(i)), 40)
		} else {
			b.TCP(client, server).TLS13("a.example").Close(capturetest.Client).Close(capturetest.Server)
		}
	}
	return b.Pcap(), b.Frame()
}

// benchmarkDecode measures all stages up to handshakes; per packet, and
// allocations per capture of 3000 connections.
func benchmarkDecode(b *testing.B, o Options) {
	file, packets := busy(3000)
	b.ReportAllocs()
	for b.Loop() {
		r, err := capture.NewReader(bytes.NewReader(file), "bench")
		if err != nil {
			b.Fatal(err)
		}
		d := New(o)
		var p capture.Packet
		for r.Next(&p) == nil {
			d.Packet(&p)
		}
		d.Close()
		if d.Packets != packets {
			b.Fatalf("%d of %d packets", d.Packets, packets)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*packets), "ns/packet")
}

// BenchmarkDecodeWhole builds every handshake, BenchmarkDecode none that is
// healthy or like another.
func BenchmarkDecodeWhole(b *testing.B) { benchmarkDecode(b, Options{Handle: func(*Handshake) {}}) }

func BenchmarkDecode(b *testing.B) {
	benchmarkDecode(b, Options{Handle: func(*Handshake) {}, Brief: func(*Brief) bool { return false }, Repeat: func(*Brief) bool { return true }})
}
