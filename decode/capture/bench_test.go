package capture

import (
	"encoding/binary"
	"io"
	"testing"
)

// endless is a capture without end: its packets again and again.
type endless struct {
	file []byte
	body int // offset of the first packet
	at   int
}

func (e *endless) Read(b []byte) (int, error) {
	if e.at == len(e.file) {
		e.at = e.body
	}
	n := copy(b, e.file[e.at:])
	e.at += n
	return n, nil
}

// BenchmarkNext reads packets of sizes as in a mixed capture; an operation is
// a packet. floor is the work that cannot be avoided (shared/bench/floor).
func BenchmarkNext(b *testing.B) {
	pcap := newRecords(binary.LittleEndian, magicMicro)
	ng := newBlocks(binary.LittleEndian).section(1, 0).iface(1, 0)
	noted := newBlocks(binary.LittleEndian).section(1, 0).iface(1, 0)
	body := len(ng.out)
	for i := range 5000 {
		data := payload(60 + i%2*500)
		pcap.packet(uint32(i), 2, data)
		ng.packet(0, uint64(i), data)
		noted.packet(0, uint64(i), data, ng.option(2, []byte{1, 0, 0, 0})...)
	}
	b.Run("floor", func(b *testing.B) { floor(b, &endless{file: pcap.file(), body: fileHeader}) })
	b.Run("pcap", func(b *testing.B) { next(b, &endless{file: pcap.file(), body: fileHeader}) })
	b.Run("pcapng", func(b *testing.B) { next(b, &endless{file: ng.out, body: body}) })
	b.Run("pcapng with options", func(b *testing.B) { next(b, &endless{file: noted.out, body: body}) })
}

// isTCP looks at a frame where every reader of it has to look.
func isTCP(frame []byte) bool { return len(frame) > 34 && frame[12] == 8 && frame[23] == 6 }

func next(b *testing.B, src io.Reader) {
	r, err := NewReader(src, "x")
	if err != nil {
		b.Fatal(err)
	}
	tcp := 0
	var p Packet
	for b.Loop() {
		if err := r.Next(&p); err != nil {
			b.Fatal(err)
		}
		if isTCP(p.Data) {
			tcp++
		}
	}
}

func floor(b *testing.B, src io.Reader) {
	src.Read(make([]byte, fileHeader))
	buf := make([]byte, readSize)
	have, at, tcp := 0, 0, 0
	for b.Loop() {
		for have-at < recordHeader || have-at-recordHeader < int(binary.LittleEndian.Uint32(buf[at+8:])) {
			have = copy(buf, buf[at:have])
			got, _ := src.Read(buf[have:])
			have, at = have+got, 0
		}
		size := int(binary.LittleEndian.Uint32(buf[at+8:]))
		if isTCP(buf[at+recordHeader : at+recordHeader+size]) {
			tcp++
		}
		at += recordHeader + size
	}
}
