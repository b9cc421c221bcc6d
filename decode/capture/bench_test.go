package capture

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"
)

// BenchmarkNext reads packets of the size that a mixed capture has on average;
// floor is the work that cannot be avoided (shared/bench/floor).
func BenchmarkNext(b *testing.B) {
	pcap := newRecords(binary.LittleEndian, magicMicro)
	ng := newBlocks(binary.LittleEndian).section(1, 0).iface(1, 0)
	noted := newBlocks(binary.LittleEndian).section(1, 0).iface(1, 0)
	for i := range 20000 {
		data := payload(60 + i%2*900)
		pcap.packet(uint32(i), 2, data)
		ng.packet(0, uint64(i), data)
		noted.packet(0, uint64(i), data, ng.option(2, []byte{1, 0, 0, 0})...)
	}
	b.Run("floor", func(b *testing.B) { run(b, pcap.file(), floor) })
	b.Run("pcap", func(b *testing.B) { run(b, pcap.file(), next) })
	b.Run("pcapng", func(b *testing.B) { run(b, ng.out, next) })
	b.Run("pcapng with options", func(b *testing.B) { run(b, noted.out, next) })
	b.Run("pcap gzip", func(b *testing.B) { run(b, gzipped(pcap.file()), next) })
	b.Run("pcap zstd", func(b *testing.B) { run(b, zstandard(b, pcap.file()), next) })
}

func run(b *testing.B, file []byte, read func(*testing.B, io.Reader) int) {
	for b.Loop() {
		if n := read(b, bytes.NewReader(file)); n != 20000 {
			b.Fatalf("%d packets", n)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/20000, "ns/packet")
}

func next(b *testing.B, src io.Reader) int {
	r, err := NewReader(src, "x")
	if err != nil {
		b.Fatal(err)
	}
	n, tcp := 0, 0
	var p Packet
	for r.Next(&p) == nil {
		if len(p.Data) > 34 && p.Data[12] == 8 && p.Data[23] == 6 {
			tcp++
		}
		n++
	}
	return n
}

func floor(_ *testing.B, src io.Reader) int {
	src.Read(make([]byte, fileHeader))
	buf := make([]byte, readSize)
	have, n, tcp := 0, 0, 0
	for {
		got, err := src.Read(buf[have:])
		have += got
		at := 0
		for have-at >= recordHeader {
			size := int(binary.LittleEndian.Uint32(buf[at+8:]))
			if have-at-recordHeader < size {
				break
			}
			if frame := buf[at+recordHeader : at+recordHeader+size]; size > 34 && frame[12] == 8 && frame[23] == 6 {
				tcp++
			}
			n++
			at += recordHeader + size
		}
		have = copy(buf, buf[at:have])
		if err != nil {
			return n
		}
	}
}
