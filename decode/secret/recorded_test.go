package secret

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tlswhy/decode/wire"
)

// recording is a connection in testdata: lines of a keyword and a value.
//
//	key     a line of the key log
//	etm     the server agreed to encrypt-then-MAC
//	client  bytes that the client sent (hexadecimal); server likewise
//	want    side, type of content, and bytes that are in what it sent
type recording struct {
	flows []flow
	keys  []byte
	etm   bool
	wants []want
}

type want struct {
	from    Side
	typ     wire.ContentType
	content string
}

func readRecording(t testing.TB, name string) (r recording) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	sides := map[string]Side{"client": Client, "server": Server}
	types := map[string]wire.ContentType{"handshake": 22, "alert": 21, "application_data": 23}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "#" {
			continue
		}
		content, hexErr := hex.DecodeString(f[len(f)-1])
		switch f[0] {
		case "key":
			r.keys = append(r.keys, strings.Join(f[1:], " ")+"\n"...)
		case "etm":
			r.etm = true
		case "want":
			r.wants = append(r.wants, want{sides[f[1]], types[f[2]], string(content)})
		default:
			if hexErr != nil {
				t.Fatalf("%s: %v", name, hexErr)
			}
			r.flows = append(r.flows, flow{sides[f[0]], content})
		}
	}
	if len(r.flows) == 0 || len(r.keys) == 0 || len(r.wants) == 0 {
		t.Fatalf("%s: incomplete", name)
	}
	return r
}

// openDatagrams is openAll for DTLS, where every flow is a datagram.
func openDatagrams(t *testing.T, flows []flow, log *Log, etm bool, _ func(int) bool) (out transcript) {
	t.Helper()
	var random []byte
	var session *Session
	for i, f := range flows {
		for b := f.data; len(b) >= dtlsHeaderLen; {
			n := dtlsHeaderLen + int(b[11])<<8 + int(b[12])
			header, body := b[:dtlsHeaderLen], b[dtlsHeaderLen:n]
			b = b[n:]
			switch {
			case header[4] == 0 && header[0] == 22 && body[0] == 1:
				random = body[14:46]
			case header[4] == 0 && header[0] == 22 && body[0] == 2:
				p := helloParams(t, append([]byte{2, 0}, append(body[2:4:4], body[12:]...)...), random)
				p.EncryptThenMAC = etm
				s, _ := log.Lookup(random)
				var err error
				if session, err = NewSession(p, s); err != nil {
					t.Fatal(err)
				}
			case session != nil:
				o, err := session.Open(f.from, header, body)
				if err != nil && !(errors.Is(err, ErrNotProtected) && header[4] == 0) {
					out.failures = append(out.failures, fmt.Errorf("datagram %d: %w", i, err))
				} else if err == nil {
					out.plain[f.from] = append(out.plain[f.from], o)
				}
			}
		}
	}
	return out
}

// TestRecorded opens connections of other stacks, and the trace of RFC 8448.
func TestRecorded(t *testing.T) {
	names, _ := filepath.Glob("testdata/*.txt")
	if len(names) == 0 {
		t.Fatal("no recordings")
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			r := readRecording(t, name)
			var log Log
			log.Add(r.keys)
			open := openAll
			if strings.Contains(name, "dtls") {
				open = openDatagrams
			}
			got := open(t, r.flows, &log, r.etm, nil)
			if len(got.failures) > 0 {
				t.Fatal(got.failures)
			}
			for _, w := range r.wants {
				if !got.has(w.from, w.typ, w.content) {
					t.Errorf("%s of %d does not have %x", w.typ.Name(), w.from, w.content)
				}
			}
		})
	}
}
