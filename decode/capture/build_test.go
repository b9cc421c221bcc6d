package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// got is a Packet that outlives the Reader's buffer.
type got struct {
	Number    int
	Time      int64
	HasTime   bool
	Length    int
	Data      string
	LinkType  LinkType
	Interface int
	Comments  string
}

func keep(p *Packet) got {
	g := got{p.Number, p.Time, p.HasTime, p.Length, string(p.Data), p.LinkType, p.Interface, ""}
	for _, c := range p.Comments() {
		g.Comments += "|" + c
	}
	return g
}

// readAll reads to the end and returns nil for a clean one.
func readAll(src io.Reader) ([]got, *Reader, error) {
	r, err := NewReader(src, "x")
	if err != nil {
		return nil, nil, err
	}
	var all []got
	var p Packet
	for {
		err := r.Next(&p)
		if err == io.EOF {
			return all, r, nil
		}
		if err != nil {
			return all, r, err
		}
		all = append(all, keep(&p))
	}
}

func mustRead(t *testing.T, file []byte) ([]got, *Reader) {
	t.Helper()
	all, r, err := readAll(bytes.NewReader(file))
	if err != nil {
		t.Fatalf("after %d packets: %v", len(all), err)
	}
	return all, r
}

// wantError reads to an *Error and checks that it stays.
func wantError(t *testing.T, file []byte) ([]got, *Error) {
	t.Helper()
	all, r, err := readAll(bytes.NewReader(file))
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("after %d packets: %v, want an *Error", len(all), err)
	}
	if r != nil {
		if again := r.Next(new(Packet)); again != err {
			t.Errorf("second error %v, first %v", again, err)
		}
	}
	return all, e
}

func payload(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + n)
	}
	return b
}

// writing is a byte order that can append.
type writing interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// records builds a classic pcap.
type records struct {
	writing
	magic        uint32
	major, minor uint16
	snap, link   uint32
	body         []byte
}

func newRecords(o writing, magic uint32) *records {
	return &records{writing: o, magic: magic, major: 2, minor: 4, snap: 262144, link: 1}
}

func (f *records) add(sec, frac, captured, length uint32, data []byte) *records {
	for _, v := range []uint32{sec, frac, captured, length} {
		f.body = f.AppendUint32(f.body, v)
	}
	if f.magic == magicModified {
		f.body = append(f.body, 1, 0, 0, 0, 8, 0, 0, 0)
	}
	f.body = append(f.body, data...)
	return f
}

func (f *records) packet(sec, frac uint32, data []byte) *records {
	return f.add(sec, frac, uint32(len(data)), uint32(len(data)), data)
}

func (f *records) file() []byte {
	h := f.AppendUint32(nil, f.magic)
	h = f.AppendUint16(h, f.major)
	h = f.AppendUint16(h, f.minor)
	h = f.AppendUint32(h, 0)
	h = f.AppendUint32(h, 0)
	h = f.AppendUint32(h, f.snap)
	h = f.AppendUint32(h, f.link)
	return append(h, f.body...)
}

// blocks builds a pcapng.
type blocks struct {
	writing
	out []byte
}

func (f *blocks) block(kind BlockType, body []byte) *blocks {
	size := uint32(12 + pad4(len(body)))
	f.out = f.AppendUint32(f.out, uint32(kind))
	f.out = f.AppendUint32(f.out, size)
	f.out = append(f.out, body...)
	f.out = append(f.out, make([]byte, pad4(len(body))-len(body))...)
	f.out = f.AppendUint32(f.out, size)
	return f
}

func (f *blocks) words(v ...uint32) []byte {
	var b []byte
	for _, v := range v {
		b = f.AppendUint32(b, v)
	}
	return b
}

func (f *blocks) option(code uint16, value []byte) []byte {
	b := f.AppendUint16(nil, code)
	b = f.AppendUint16(b, uint16(len(value)))
	b = append(b, value...)
	return append(b, make([]byte, pad4(len(value))-len(value))...)
}

func (f *blocks) section(major, minor uint16, options ...byte) *blocks {
	b := f.AppendUint32(nil, byteOrderMagic)
	b = f.AppendUint16(b, major)
	b = f.AppendUint16(b, minor)
	b = append(b, bytes.Repeat([]byte{255}, 8)...)
	return f.block(BlockSection, append(b, options...))
}

func (f *blocks) iface(link uint16, snap uint32, options ...byte) *blocks {
	b := f.AppendUint16(nil, link)
	b = f.AppendUint16(b, 0)
	b = f.AppendUint32(b, snap)
	return f.block(BlockInterface, append(b, options...))
}

func (f *blocks) packet(number uint32, stamp uint64, data []byte, options ...byte) *blocks {
	n := uint32(len(data))
	b := f.words(number, uint32(stamp>>32), uint32(stamp), n, n)
	b = append(b, data...)
	b = append(b, make([]byte, pad4(len(data))-len(data))...)
	return f.block(BlockEnhanced, append(b, options...))
}

func newBlocks(o writing) *blocks { return &blocks{writing: o} }

// shared is the directory of captures beside the repository, or "" where it
// is not there.
func shared(t testing.TB, name string) string {
	t.Helper()
	top := os.Getenv("TLSWHY_SHARED")
	if top == "" {
		top = filepath.Join("..", "..", "..", "shared")
	}
	path := filepath.Join(top, name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no %s (set TLSWHY_SHARED)", path)
	}
	return path
}
