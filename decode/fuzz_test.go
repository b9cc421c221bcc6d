package decode

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"tlswhy/decode/capture"
	"tlswhy/decode/capturetest"
)

// outcome is everything that a Decoder says of a capture.
type outcome struct {
	list          []*Handshake
	brief, repeat int // told of and forgotten
	packets       int
	bytes         int64
	other         int
}

// maxFuzzed bounds the packets of one input: compressed ones may hold many.
const maxFuzzed = 4000

// decoded follows what can be read of a capture. With short, what is healthy
// or has a shape is forgotten.
func decoded(file []byte, short bool) outcome {
	var o outcome
	opt := Options{Capture: 3, Handle: func(h *Handshake) { o.list = append(o.list, h) }}
	if short {
		opt.Brief = func(*Brief) bool { o.brief++; return false }
		opt.Repeat = func(*Brief) bool { o.repeat++; return true }
	}
	d := New(opt)
	r, err := capture.NewReader(bytes.NewReader(file), "fuzz")
	if err == nil {
		var p capture.Packet
		for d.Packets < maxFuzzed && r.Next(&p) == nil {
			d.Packet(&p)
		}
	}
	d.Close()
	o.packets, o.bytes, o.other = d.Packets, d.Bytes, d.Other
	return o
}

// checkHandshake returns what is wrong with a handshake, whatever the capture
// was.
func checkHandshake(h *Handshake, packets int) error {
	if h.FirstFrame < 1 || h.FirstFrame > h.LastFrame || h.LastFrame > packets || h.End.Before(h.Start) {
		return fmt.Errorf("frames %d to %d of %d, %v to %v", h.FirstFrame, h.LastFrame, packets, h.Start, h.End)
	}
	if len(h.Events) > maxRecords {
		return fmt.Errorf("%d events", len(h.Events))
	}
	bytes := 0
	for i := range h.Events {
		e := &h.Events[i]
		if e.Capture != 3 || e.Frame < 1 || e.Frame > e.LastFrame || e.LastFrame > packets || e.Length < 0 || e.Message == nil {
			return fmt.Errorf("event %d of %d packets: %+v", i, packets, e)
		}
		switch m := e.Message.(type) {
		case ClientHello:
			bytes += len(m.Raw)
		case Plain:
			bytes += len(m.Prefix)
		case Certificate:
			for _, der := range m.Certificates {
				bytes += len(der)
			}
		}
	}
	if bytes > 2*maxArena {
		return fmt.Errorf("%d bytes are kept", bytes)
	}
	for i := range h.Flow {
		f := &h.Flow[i]
		if f.Packets < 0 || f.Packets > packets || len(f.RepeatSizes) > 16 || len(f.TTLs) > 4 || len(f.Sacked) > 4 || len(f.Missing) > 8 || f.LastFrame > packets || h.AppData[i] < 0 {
			return fmt.Errorf("flow %d: %+v", i, f)
		}
	}
	return nil
}

// checkDecoded checks one capture: frames and sizes are in range, a second run
// finds the same, and a run that forgets what is healthy or alike forgets no
// more than that.
func checkDecoded(file []byte) error {
	o := decoded(file, false)
	if o.other < 0 || len(o.list)+o.other > o.packets+1 {
		return fmt.Errorf("%d handshakes and %d others in %d packets", len(o.list), o.other, o.packets)
	}
	for _, h := range o.list {
		if err := checkHandshake(h, o.packets); err != nil {
			return fmt.Errorf("stream %d: %w", h.Stream, err)
		}
	}
	again := decoded(file, false)
	for _, h := range append(o.list, again.list...) {
		h.Shape = 0 // differs from run to run
	}
	if !reflect.DeepEqual(o, again) {
		return fmt.Errorf("a second run finds something else")
	}
	s := decoded(file, true)
	for _, h := range s.list {
		if err := checkHandshake(h, s.packets); err != nil {
			return fmt.Errorf("short, stream %d: %w", h.Stream, err)
		}
	}
	if (len(s.list)+s.brief+s.repeat == 0) != (len(o.list) == 0) {
		return fmt.Errorf("%d whole + %d brief + %d repeated; without forgetting %d", len(s.list), s.brief, s.repeat, len(o.list))
	}
	return nil
}

// recorded are the captures of testdata that are small enough to be seeds.
func recorded(f testing.TB) [][]byte {
	var files [][]byte
	for _, pattern := range []string{"quic/testdata/*.pcap", "../testdata/*/*.pcap*"} {
		names, _ := filepath.Glob(pattern)
		for _, name := range names {
			if b, err := os.ReadFile(name); err == nil && len(b) < 32<<10 {
				files = append(files, b)
			}
		}
	}
	if len(files) < 20 {
		f.Fatalf("%d captures", len(files))
	}
	return files
}

func TestDecodeRecorded(t *testing.T) {
	for i, file := range recorded(t) {
		if err := checkDecoded(file); err != nil {
			t.Errorf("capture %d: %v", i, err)
		}
		o, s := decoded(file, false), decoded(file, true)
		if len(s.list)+s.brief+s.repeat != len(o.list) || s.other != o.other {
			t.Errorf("capture %d: %d whole + %d brief + %d repeated, %d others; without forgetting %d, %d others", i,
				len(s.list), s.brief, s.repeat, s.other, len(o.list), o.other)
		}
	}
}

// TestDecodeCut: a capture may end in the middle of anything.
func TestDecodeCut(t *testing.T) {
	b := capturetest.New()
	b.TCP("10.0.0.1:40000", "192.0.2.1:443").TLS12("a.example", capturetest.Noise(300, 7)).Close(capturetest.Client).Close(capturetest.Server)
	refused(b, "10.0.0.2:40000", "192.0.2.1:443", helloWith("b.example", 1), 40)
	file := b.Pcap()
	step := 1
	if testing.Short() {
		step = 31
	}
	for n := 0; n < len(file); n += step {
		o := decoded(file[:n], false)
		for _, h := range o.list {
			if err := checkHandshake(h, o.packets); err != nil {
				t.Fatalf("%d bytes: %v", n, err)
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	for i, file := range recorded(f) {
		if len(file) < 8<<10 && i%4 == 0 {
			f.Add(file)
		}
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		if len(file) > 128<<10 {
			return
		}
		if err := checkDecoded(file); err != nil {
			t.Fatal(err)
		}
	})
}
