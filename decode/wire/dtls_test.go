package wire

import (
	"bytes"
	"encoding/hex"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestParseDTLSHeader(t *testing.T) {
	for _, test := range []struct {
		name string
		hex  string
		cid  int
		want DTLSHeader
		ok   bool
	}{
		{"1.0", "16feff000000000000000700050102030405", -1, DTLSHeader{ContentType: 22, Version: DTLS10, Sequence: 7, HeaderLen: 13, Length: 5}, true},
		{"1.2 of epoch 1", "17fefd000100000000000a0000", -1, DTLSHeader{ContentType: 23, Version: DTLS12, Epoch: 1, Sequence: 10, HeaderLen: 13}, true},
		{"Cisco", "160100000000000000000000020102", -1, DTLSHeader{ContentType: 22, Version: DTLSCisco, HeaderLen: 13, Length: 2}, true},
		{"with a connection id", "19fefd000100000000000aabcd0001ff", 2, DTLSHeader{ContentType: 25, Version: DTLS12, Epoch: 1, Sequence: 10, CID: []byte{0xab, 0xcd}, HeaderLen: 15, Length: 1}, true},
		{"with a connection id that is not known", "19fefd000100000000000aabcd0001ff", -1, DTLSHeader{}, false},
		{"unified, 16 bits, length", "2e12340002abcd", -1, DTLSHeader{Unified: true, Epoch: 2, Sequence: 0x1234, HeaderLen: 5, Length: 2}, true},
		{"unified, 8 bits, no length", "2312abcdef", -1, DTLSHeader{Unified: true, Epoch: 3, Sequence: 0x12, HeaderLen: 2, Length: 3}, true},
		{"unified with a connection id", "3f0a0b0c12340001ff", 3, DTLSHeader{Unified: true, Epoch: 3, CID: []byte{10, 11, 12}, Sequence: 0x1234, HeaderLen: 8, Length: 1}, true},
		{"unified with an id that is not known", "3f0a0b0c12340001ff", -1, DTLSHeader{}, false},
		{"unified, cut", "2f12", -1, DTLSHeader{Unified: true, Epoch: 3, HeaderLen: 1}, false},
		{"TLS", "16030100050102030405000000", -1, DTLSHeader{}, false},
		{"short", "16feff0000000000", -1, DTLSHeader{}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, ok := ParseDTLSHeader(unhex(t, test.hex), test.cid)
			if ok != test.ok {
				t.Fatalf("ok %v: %+v", ok, got)
			}
			same := bytes.Equal(got.CID, test.want.CID)
			got.CID, test.want.CID = nil, nil
			if ok && (!same || got.Sequence != test.want.Sequence || got.HeaderLen != test.want.HeaderLen || got.Length != test.want.Length ||
				got.Epoch != test.want.Epoch || got.ContentType != test.want.ContentType || got.Version != test.want.Version || got.Unified != test.want.Unified) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

// fragment is a fragment of a message.
func fragment(sequence uint16, message []byte, start, end int) (DTLSHandshakeHeader, []byte) {
	return DTLSHandshakeHeader{Type: TypeClientHello, Length: len(message), Sequence: sequence, FragmentOffset: start, FragmentLength: end - start}, message[start:end]
}

// Random fragments of a few messages, mixed, overlapping and repeated, until
// all is covered: each message comes out once, with its bytes.
func TestDTLSReassemblyRandom(t *testing.T) {
	r := newRand()
	for range 60 {
		var a DTLSReassembly
		messages := make([][]byte, 1+r.IntN(4))
		for i := range messages {
			messages[i] = randomBytes(r, 1+r.IntN(60))
		}
		got := make([][]byte, len(messages))
		for step := 0; step < 2000; step++ {
			i := r.IntN(len(messages))
			start := r.IntN(len(messages[i]))
			end := start + 1 + r.IntN(min(12, len(messages[i])-start))
			h, data := fragment(uint16(i), messages[i], start, end)
			body, what := a.Add(h, data)
			if what == FragmentRefused || what == FragmentCompletes && got[i] != nil || (what == FragmentCompletes) != (body != nil) {
				t.Fatalf("message %d: %v", i, what)
			}
			if body != nil {
				got[i] = body
			}
		}
		for i := range messages {
			if !bytes.Equal(got[i], messages[i]) {
				t.Fatalf("message %d: got %x, want %x", i, got[i], messages[i])
			}
		}
		if len(a.Pending()) != 0 || a.bytes != 0 {
			t.Fatalf("left over: %+v, %d bytes", a.Pending(), a.bytes)
		}
	}
}

func TestDTLSReassemblyBounds(t *testing.T) {
	var a DTLSReassembly
	big := make([]byte, maxDTLSMessage)
	for i := range 1000 {
		a.Add(fragment(uint16(i), big, len(big)-1, len(big)))
	}
	if len(a.pending) > maxDTLSPending || a.bytes > maxDTLSBytes {
		t.Errorf("%d messages, %d bytes", len(a.pending), a.bytes)
	}
	var b DTLSReassembly
	for i := 0; i+1 < len(big); i += 64 {
		b.Add(fragment(0, big, i, i+1))
	}
	if n := len(b.pending[0].have); n > maxDTLSRanges {
		t.Errorf("%d pieces", n)
	}
	if _, what := b.Add(DTLSHandshakeHeader{Type: 1, Length: 4, FragmentOffset: 3, FragmentLength: 2}, []byte{1, 2}); what != FragmentRefused {
		t.Errorf("fragment outside of its message: %v", what)
	}
}

func TestDTLSReassemblyPending(t *testing.T) {
	var a DTLSReassembly
	message := []byte("0123456789")
	a.Add(fragment(3, message, 2, 4))
	a.Add(fragment(3, message, 2, 4))
	a.Add(fragment(3, message, 6, 9))
	p := a.Pending()
	if len(p) != 1 || p[0] != (DTLSPart{Type: TypeClientHello, Sequence: 3, Length: 10, Have: 5, First: 2, Repeated: 1}) {
		t.Errorf("got %+v", p)
	}
	if _, what := a.Add(DTLSHandshakeHeader{Type: TypeServerHello, Length: 10, Sequence: 3, FragmentLength: 2}, message[:2]); what != FragmentRefused {
		t.Errorf("another type: %v", what)
	}
	if body, what := a.Add(fragment(4, message, 0, 10)); what != FragmentCompletes || string(body) != string(message) {
		t.Errorf("whole in one: %v", what)
	}
	if _, what := a.Add(fragment(4, message, 0, 10)); what != FragmentRepeats {
		t.Errorf("again: %v", what)
	}
}
