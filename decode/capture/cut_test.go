package capture

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/zstd"
)

// samples are small captures of every kind, each with at least two packets.
func samples() map[string][]byte {
	m := make(map[string][]byte)
	for _, o := range orders {
		for name, magic := range map[string]uint32{"micro": magicMicro, "nano": magicNano, "modified": magicModified} {
			m[name+" "+o.name] = newRecords(o, magic).packet(1, 2, payload(20)).packet(3, 4, payload(0)).packet(5, 6, payload(33)).file()
		}
		f := newBlocks(o).section(1, 0, newBlocks(o).option(optComment, []byte("abc"))...)
		f.iface(1, 0, f.option(optIfName, []byte("eth0"))...)
		f.packet(0, 1, payload(21), f.option(optComment, []byte("hi"))...)
		f.block(BlockSecrets, append(f.words(secretsTLS, 5), "ABCDE..."...))
		f.block(0xbad, payload(8))
		f.block(BlockSimple, append(f.words(9), payload(9)...))
		f.section(1, 0).iface(101, 0).packet(0, 3, payload(13))
		m["pcapng "+o.name] = f.out
	}
	return m
}

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

func zstandard(t testing.TB, b []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(b, nil)
}

// ends returns the offsets at which a block or record ends.
func ends(t *testing.T, file []byte) []int {
	t.Helper()
	r, err := NewReader(bytes.NewReader(file), "x")
	if err != nil {
		t.Fatal(err)
	}
	at := []int{r.at}
	for {
		err := r.NextBlock(new(Block))
		if err == io.EOF {
			return at
		}
		if err != nil {
			t.Fatal(err)
		}
		at = append(at, r.at)
	}
}

func TestCutAtEveryByte(t *testing.T) {
	for name, file := range samples() {
		t.Run(name, func(t *testing.T) {
			whole, _ := mustRead(t, file)
			borders := ends(t, file)
			for n := range len(file) {
				all, _, err := readAll(bytes.NewReader(file[:n]))
				if !slices.Equal(all, whole[:len(all)]) {
					t.Fatalf("cut at %d: packets differ", n)
				}
				if slices.Contains(borders, n) && n > 0 {
					if err != nil {
						t.Errorf("cut at the border %d: %v", n, err)
					}
					continue
				}
				var e *Error
				if !errors.As(err, &e) || !e.Cut && n > 0 {
					t.Fatalf("cut at %d: %v", n, err)
				}
				if last := borders[max(0, searchEnd(borders, n)-1)]; n >= 24 && e.Offset != int64(last) {
					t.Errorf("cut at %d: %v, want byte %d", n, e, last)
				}
			}
		})
	}
}

// searchEnd returns how many borders lie before n.
func searchEnd(borders []int, n int) int {
	i, _ := slices.BinarySearch(borders, n)
	return i
}

// A byte changed anywhere leaves the packets before it as they were.
func TestChangedBytes(t *testing.T) {
	for name, file := range samples() {
		whole, _ := mustRead(t, file)
		before := packetEnds(t, file)
		for i := range file {
			n := searchEnd(before, i+1)
			for _, v := range []byte{0x00, 0xff, file[i] ^ 0x80} {
				changed := bytes.Clone(file)
				changed[i] = v
				all, _, err := readAll(bytes.NewReader(changed))
				if len(all) < n || !slices.Equal(all[:n], whole[:n]) {
					t.Errorf("%s, byte %d: %+v, want %+v first", name, i, all, whole[:n])
				}
				var e *Error
				if err != nil && (!errors.As(err, &e) || e.Frame < n || e.Offset > int64(len(file))) {
					t.Errorf("%s, byte %d: %v", name, i, err)
				}
			}
		}
	}
}

// packetEnds returns the offsets at which the packets' records end.
func packetEnds(t *testing.T, file []byte) []int {
	t.Helper()
	r, err := NewReader(bytes.NewReader(file), "x")
	if err != nil {
		t.Fatal(err)
	}
	var at []int
	for r.Next(new(Packet)) == nil {
		at = append(at, r.at)
	}
	return at
}

func TestSlowInput(t *testing.T) {
	for name, file := range samples() {
		whole, _ := mustRead(t, file)
		for how, src := range map[string]io.Reader{
			"a byte at a time": iotest.OneByteReader(bytes.NewReader(file)),
			"data with EOF":    iotest.DataErrReader(bytes.NewReader(file)),
			"halves":           iotest.HalfReader(bytes.NewReader(file)),
		} {
			all, _, err := readAll(src)
			if err != nil || !slices.Equal(all, whole) {
				t.Errorf("%s, %s: %d of %d packets, %v", name, how, len(all), len(whole), err)
			}
		}
	}
}

func TestInputErrors(t *testing.T) {
	broken := errors.New("disk on fire")
	file := newRecords(binary.LittleEndian, magicMicro).packet(1, 2, payload(20)).file()
	all, _, err := readAll(io.MultiReader(bytes.NewReader(file), iotest.ErrReader(broken)))
	var e *Error
	if len(all) != 1 || !errors.Is(err, broken) || !errors.As(err, &e) || e.Cut || e.Frame != 1 {
		t.Errorf("%d packets, %v", len(all), err)
	}
	all, _, err = readAll(io.MultiReader(bytes.NewReader(file), stuck{}))
	if len(all) != 1 || !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("%d packets, %v", len(all), err)
	}
}

// stuck never returns anything.
type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

func TestCompressed(t *testing.T) {
	for name, file := range samples() {
		whole, plain := mustRead(t, file)
		half := len(file) / 2
		for packing, packed := range map[string][]byte{
			"gzip": gzipped(file),
			"zstd": zstandard(t, file),
		} {
			all, r := mustRead(t, packed)
			if !slices.Equal(all, whole) || r.Format() != plain.Format()+"+"+packing {
				t.Errorf("%s %s: %d packets, %s", name, packing, len(all), r.Format())
			}
		}
		for members, packed := range map[string][]byte{
			"gzip":      append(gzipped(file[:half]), gzipped(file[half:])...),
			"zstd":      append(zstandard(t, file[:half]), zstandard(t, file[half:])...),
			"skippable": append([]byte("\x50\x2a\x4d\x18\x02\x00\x00\x00hi"), zstandard(t, file)...),
		} {
			all, _ := mustRead(t, packed)
			if !slices.Equal(all, whole) {
				t.Errorf("%s in two %s members: %d packets", name, members, len(all))
			}
		}
		all, r := mustRead(t, append(gzipped(file), make([]byte, 512)...))
		if !slices.Equal(all, whole) || len(r.Warnings()) != 1 {
			t.Errorf("%s with zeros behind: %d packets, %q", name, len(all), r.Warnings())
		}
	}
}

func TestCompressedCutAtEveryByte(t *testing.T) {
	f := newRecords(binary.LittleEndian, magicMicro)
	for i := range uint32(20) {
		f.packet(i, i, payload(int(i)))
	}
	file := f.file()
	for packing, packed := range map[string][]byte{"gzip": gzipped(file), "zstd": zstandard(t, file)} {
		for n := range packed {
			_, _, err := readAll(bytes.NewReader(packed[:n]))
			var e *Error
			if !errors.As(err, &e) || n > 4 && (!e.Cut || !strings.Contains(e.Reason, packing)) {
				t.Errorf("%s cut at %d: %v", packing, n, err)
			}
		}
	}
}

// live hands out one piece per Read and fails the test when it is asked for
// more before the packets in what it gave were taken.
type live struct {
	t      *testing.T
	pieces [][]byte
	given  int
	taken  *int
}

func (l *live) Read(b []byte) (int, error) {
	if *l.taken < l.given {
		l.t.Fatalf("asked for more with %d of %d packets taken", *l.taken, l.given)
	}
	if len(l.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(b, l.pieces[0])
	l.pieces[0] = l.pieces[0][n:]
	if len(l.pieces[0]) == 0 {
		l.pieces = l.pieces[1:]
		l.given++
	}
	return n, nil
}

// Packets of a growing stream come as soon as their last byte is there.
func TestLiveStream(t *testing.T) {
	pcap := newRecords(binary.LittleEndian, magicMicro)
	ng := newBlocks(binary.LittleEndian).section(1, 0).iface(1, 0)
	pieces := map[string][][]byte{"pcap": {pcap.packet(0, 0, payload(50)).file()}, "pcapng": {ng.packet(0, 0, payload(50)).out}}
	for i := range uint32(1000) {
		pieces["pcap"] = append(pieces["pcap"], newRecords(binary.LittleEndian, 0).packet(i, i, payload(1400)).body)
		pieces["pcapng"] = append(pieces["pcapng"], newBlocks(binary.LittleEndian).packet(0, 9, payload(1400)).out)
	}
	for name, pieces := range pieces {
		taken := 0
		r, err := NewReader(&live{t: t, pieces: pieces, taken: &taken}, name)
		if err != nil {
			t.Fatal(err)
		}
		for r.Next(new(Packet)) == nil {
			taken++
		}
		if taken != 1001 {
			t.Errorf("%s: %d packets", name, taken)
		}
	}
}

// allocated returns the bytes allocated while f ran.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// What a length field promises is not allocated before it is there.
func TestHostileLengths(t *testing.T) {
	usb := newRecords(binary.LittleEndian, magicMicro)
	usb.link, usb.snap = uint32(LinkUSBPcap), 0xffffffff
	tests := map[string][]byte{
		"pcap 4 GB": newRecords(binary.LittleEndian, magicMicro).add(1, 2, 0xffffffff, 0xffffffff, payload(60)).file(),
		"pcap 8 MB": usb.add(1, 2, maxBusPacket, maxBusPacket, payload(60)).file(),
		"block":     append(newBlocks(binary.LittleEndian).section(1, 0).out, newBlocks(binary.LittleEndian).words(5, maxBlock, 0, 0)...),
		"packet":    newBlocks(binary.LittleEndian).section(1, 0).iface(1, 0).block(BlockEnhanced, newBlocks(binary.LittleEndian).words(0, 0, 0, 0xfffffff0, 9)).out,
		"secrets":   newBlocks(binary.LittleEndian).section(1, 0).block(BlockSecrets, newBlocks(binary.LittleEndian).words(secretsTLS, 0xffffffff)).out,
		// A frame header with a window of 256 MiB, and one of 3.75 TiB.
		"zstd window":      []byte("\x28\xb5\x2f\xfd\x00\x90\x01\x00\x00"),
		"zstd huge window": []byte("\x28\xb5\x2f\xfd\x00\xff\x01\x00\x00"),
	}
	for name, file := range tests {
		const most = 4 << 20
		if n := allocated(func() { readAll(bytes.NewReader(file)) }); n > most {
			t.Errorf("%s: %d bytes allocated for %d in the file", name, n, len(file))
		}
	}
}

func TestNextDoesNotAllocate(t *testing.T) {
	pcap := newRecords(binary.LittleEndian, magicMicro)
	ng := newBlocks(binary.LittleEndian).section(1, 0).iface(1, 0)
	for range 2000 {
		pcap.packet(1, 2, payload(1400))
		ng.packet(0, 1, payload(1400), ng.option(2, []byte{1, 2, 3, 4})...)
	}
	for name, file := range map[string][]byte{"pcap": pcap.file(), "pcapng": ng.out} {
		r, err := NewReader(bytes.NewReader(file), name)
		if err != nil {
			t.Fatal(err)
		}
		var p Packet
		if n := testing.AllocsPerRun(1500, func() { err = r.Next(&p) }); n != 0 || err != nil {
			t.Errorf("%s: %v allocations a packet, %v", name, n, err)
		}
	}
}
