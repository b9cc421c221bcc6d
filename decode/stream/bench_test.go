package stream_test

import (
	"io"
	"os"
	"testing"

	"tlswhy/decode/capture"
	"tlswhy/decode/packet"
	"tlswhy/decode/stream"
)

type nothing struct{ mute bool }

func (n nothing) Open(c *stream.Conn, _ *packet.Segment) {
	if n.mute {
		c.Mute()
	}
}
func (nothing) Close(*stream.Conn)                                       {}
func (nothing) Packet(*stream.Conn, *packet.Segment, *stream.Info)       {}
func (nothing) Data(*stream.Conn, stream.Dir, int64, []byte, int, int64) {}
func (nothing) Gap(*stream.Conn, stream.Dir, int64, int64, int, int64)   {}

// BenchmarkFile reads the file that TLSWHY_BENCH names: capture alone, with
// the packet layer, with a table that follows every connection, and with one
// that follows none.
func BenchmarkFile(b *testing.B) {
	name := os.Getenv("TLSWHY_BENCH")
	if name == "" {
		b.Skip("TLSWHY_BENCH names no capture")
	}
	for _, bm := range []struct {
		name  string
		table func() *stream.Table
		parse bool
	}{
		{"capture", nil, false},
		{"packet", nil, true},
		{"stream", func() *stream.Table { return stream.NewTable(nothing{}, stream.DefaultLimits()) }, true},
		{"muted", func() *stream.Table { return stream.NewTable(nothing{true}, stream.DefaultLimits()) }, true},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var table *stream.Table
				if bm.table != nil {
					table = bm.table()
				}
				readAll(b, name, bm.parse, table)
			}
		})
	}
}

func readAll(b *testing.B, name string, parse bool, table *stream.Table) {
	f, err := os.Open(name)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	r, err := capture.NewReader(f, name)
	if err != nil {
		b.Fatal(err)
	}
	parser := packet.NewParser()
	var p capture.Packet
	var s packet.Segment
	for {
		if err := r.Next(&p); err == io.EOF {
			break
		} else if err != nil {
			b.Fatal(err)
		}
		if parse && parser.Parse(&p, &s) == packet.OK && table != nil {
			table.Segment(&s)
		}
	}
	if table != nil {
		table.Close()
	}
}
