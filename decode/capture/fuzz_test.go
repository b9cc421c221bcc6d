package capture

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/iotest"
)

// FuzzReader holds for any input: frames are numbered upwards, every packet
// and its options lie in the input behind the one before, the end is io.EOF or
// an *Error that stays, and none of it depends on how the input is chopped.
func FuzzReader(f *testing.F) {
	for _, file := range samples() {
		f.Add(file)
		f.Add(gzipped(file))
		f.Add(zstandard(f, file))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		if len(file) > 1<<16 {
			t.Skip("large inputs only cost time")
		}
		all, r, err := readAll(bytes.NewReader(file))
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.Reason == "" || e.Frame < len(all)) {
			t.Fatalf("%d packets, then %#v", len(all), err)
		}
		if r == nil {
			return
		}
		if again := r.Next(new(Packet)); again != err && again != io.EOF {
			t.Fatalf("first %v, then %v", err, again)
		}
		ordered(t, all, r)
		slow, _, slowErr := readAll(iotest.HalfReader(iotest.OneByteReader(bytes.NewReader(file))))
		if !slices.Equal(slow, all) || (slowErr == nil) != (err == nil) || err != nil && slowErr.Error() != err.Error() {
			t.Fatalf("whole: %d packets, %v; by the byte: %d packets, %v", len(all), err, len(slow), slowErr)
		}
		if r.packing == "" {
			inside(t, file, all)
			blocksAgree(t, file, all)
		}
	})
}

func ordered(t *testing.T, all []got, r *Reader) {
	t.Helper()
	last := 0
	for _, p := range all {
		if p.Number <= last || p.Length < len(p.Data) || p.Interface < 0 || p.Interface >= len(r.Interfaces()) || r.Interfaces()[p.Interface].LinkType != p.LinkType {
			t.Fatalf("after frame %d: %+v", last, p)
		}
		last = p.Number
	}
}

func inside(t *testing.T, file []byte, all []got) {
	t.Helper()
	sum := 0
	for _, p := range all {
		sum += len(p.Data) + len(p.Comments)/2
	}
	if sum > len(file) {
		t.Fatalf("%d bytes of packets in %d bytes of input", sum, len(file))
	}
}

// blocksAgree checks that NextBlock sees the same packets, in blocks that are
// the input in order without a gap.
func blocksAgree(t *testing.T, file []byte, all []got) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(file), "x")
	if err != nil {
		t.Fatal(err)
	}
	at := r.at
	var packets []got
	for b := new(Block); r.NextBlock(b) == nil; {
		if !bytes.HasPrefix(file[at:], b.Raw) {
			t.Fatalf("block at %d is not the input's", at)
		}
		at += len(b.Raw)
		if b.IsPacket {
			packets = append(packets, keep(&b.Packet))
			annotated := b.AppendAnnotated(nil, "note")
			if b.Type != 0 && len(annotated)%4 != 0 {
				t.Fatalf("annotated block of %d bytes", len(annotated))
			}
		}
	}
	if !slices.Equal(packets, all) {
		t.Fatalf("blocks hold %d packets, Next gives %d", len(packets), len(all))
	}
}
