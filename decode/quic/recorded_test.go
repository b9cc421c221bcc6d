package quic

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// recording is a capture of quic-go 0.65 against itself, in testdata, with its
// key log where the handshake came far enough.
type recording struct {
	datagrams []udp
	secrets   func([]byte) Secrets
}

func record(t testing.TB, name string) (r recording) {
	t.Helper()
	datagrams, _, err := readUDP(filepath.Join("testdata", name+".pcap"))
	if err != nil || len(datagrams) < 2 {
		t.Fatalf("%d datagrams, %v", len(datagrams), err)
	}
	keys, err := os.ReadFile(filepath.Join("testdata", name+".pcap.keys"))
	if err != nil {
		return recording{datagrams, nil}
	}
	return recording{datagrams, readKeys(t, keys)}
}

func readKeys(t testing.TB, log []byte) func([]byte) Secrets {
	t.Helper()
	all := map[string]*Secrets{}
	for line := range strings.Lines(string(log)) {
		f := strings.Fields(line)
		if len(f) != 3 {
			continue
		}
		s := all[f[1]]
		if s == nil {
			s = &Secrets{}
			all[f[1]] = s
		}
		to := map[string]*[]byte{"CLIENT_EARLY_TRAFFIC_SECRET": &s.ClientEarly, "CLIENT_HANDSHAKE_TRAFFIC_SECRET": &s.ClientHandshake,
			"SERVER_HANDSHAKE_TRAFFIC_SECRET": &s.ServerHandshake, "CLIENT_TRAFFIC_SECRET_0": &s.ClientTraffic, "SERVER_TRAFFIC_SECRET_0": &s.ServerTraffic}[f[0]]
		if to != nil {
			*to = unhex(t, f[2])
		}
	}
	return func(random []byte) Secrets {
		if s := all[hex.EncodeToString(random)]; s != nil {
			return *s
		}
		return Secrets{}
	}
}

// feed gives a Conn every datagram; the first sender is the client.
func feed(datagrams []udp, secrets func([]byte) Secrets) (events []Event) {
	c := &Conn{Secrets: secrets}
	client := datagrams[0].src
	for _, d := range datagrams {
		from := Server
		if d.src == client {
			from = Client
		}
		events = append(events, c.Feed(from, d.frame, d.payload)...)
	}
	return events
}

// crypto joins the bytes of each CRYPTO stream and checks their order.
func cryptoOf(t *testing.T, events []Event) (streams [2][3][]byte) {
	t.Helper()
	for _, e := range events {
		if c, ok := e.Content.(Crypto); ok {
			s := &streams[e.From][c.Level]
			if int64(len(*s)) != c.Offset {
				t.Fatalf("frame %d: offset %d after %d bytes", e.Frame, c.Offset, len(*s))
			}
			*s = append(*s, c.Data...)
		}
	}
	return streams
}

func find[T Content](events []Event, from Side) (all []T) {
	for _, e := range events {
		if c, ok := e.Content.(T); ok && e.From == from {
			all = append(all, c)
		}
	}
	return all
}

func TestRecordedWithKeys(t *testing.T) {
	for _, name := range []string{"go-v1", "go-v2", "go-retry", "go-0rtt"} {
		t.Run(name, func(t *testing.T) {
			r := record(t, name)
			events := feed(r.datagrams, r.secrets)
			streams := cryptoOf(t, events)
			if certificate := bytes.Contains(streams[Server][HandshakeLevel], []byte("a.test")); certificate == (name == "go-0rtt") {
				t.Errorf("certificate seen: %v", certificate) // a resumed handshake has none
			}
			if client := streams[Client][HandshakeLevel]; len(client) < 4 || client[0] != 20 {
				t.Errorf("the client's Finished is missing: %x", client)
			}
			// The early secret is not in the key log of crypto/tls; see TestEarlyData.
			if said := find[Stream](events, Client); name != "go-0rtt" && (len(said) == 0 || string(said[0].Prefix) != "hello") {
				t.Errorf("the client said %+v", said)
			}
			if answers := find[Stream](events, Server); len(answers) == 0 || string(answers[0].Prefix) != "answer to hello" {
				t.Errorf("the server said %+v", answers)
			}
			if len(find[HandshakeDone](events, Server)) == 0 {
				t.Error("no HANDSHAKE_DONE")
			}
			want := Close{ApplicationLevel, true, 0x107, 0, "bye"}
			if got := find[Close](events, Client); len(got) == 0 || got[0] != want {
				t.Errorf("close: %+v", got)
			}
			if bad := append(find[Malformed](events, Client), find[Malformed](events, Server)...); len(bad) > 0 {
				t.Errorf("malformed: %+v", bad)
			}
			for _, e := range events {
				if p, ok := e.Content.(Protected); ok && !p.Opened && p.Type != ZeroRTTPacket {
					t.Errorf("frame %d is not opened: %+v", e.Frame, p)
				}
			}
		})
	}
}

func TestRecordedVersions(t *testing.T) {
	for name, want := range map[string]Version{"go-v1": Version1, "go-v2": Version2} {
		events := feed(record(t, name).datagrams, nil)
		for _, i := range append(find[Initial](events, Client), find[Initial](events, Server)...) {
			if i.Version != want || !i.Opened {
				t.Errorf("%s: %+v", name, i)
			}
		}
	}
}

func TestRecordedRetry(t *testing.T) {
	r := record(t, "go-retry")
	events := feed(r.datagrams, nil)
	retries, initials := find[Retry](events, Server), find[Initial](events, Client)
	if len(retries) != 1 || !retries[0].Valid {
		t.Fatalf("Retry: %+v", retries)
	}
	last := initials[len(initials)-1]
	if !last.Opened || !bytes.Equal(last.Token, retries[0].Token) {
		t.Errorf("Initial after Retry: %+v", last)
	}
	if len(find[Restart](events, Client)) > 0 {
		t.Error("a Retry is taken for another connection")
	}
	if sh := cryptoOf(t, events)[Server][InitialLevel]; len(sh) == 0 || sh[0] != 2 {
		t.Errorf("no ServerHello: %x", sh)
	}
	// A capture that begins after the Retry shows the same hellos.
	late := cryptoOf(t, feed(withoutRetry(r.datagrams), nil))
	if len(late[Client][InitialLevel]) == 0 || len(late[Server][InitialLevel]) == 0 {
		t.Error("without the Retry there are no hellos")
	}
}

// withoutRetry leaves out the datagrams of a Retry; the client's come first
// and stay.
func withoutRetry(datagrams []udp) (left []udp) {
	for _, d := range datagrams {
		if packets, _ := Packets(d.payload, 0); len(packets) > 0 && packets[0].Type == RetryPacket {
			continue
		}
		left = append(left, d)
	}
	return left
}

func TestRecordedCloses(t *testing.T) {
	for _, test := range []struct {
		name string
		keys bool
		from Side
		code uint64
		text string
	}{
		{"go-no-alpn", false, Server, 0x178, "CRYPTO_ERROR (no_application_protocol)"},
		{"go-cert-rejected", true, Client, 0x12a, "CRYPTO_ERROR (bad_certificate)"},
		{"go-cert-rejected", false, Client, 0x12a, "CRYPTO_ERROR (bad_certificate)"}, // this stack closes in an Initial, too
	} {
		r := record(t, test.name)
		if !test.keys {
			r.secrets = nil
		}
		closes := find[Close](feed(r.datagrams, r.secrets), test.from)
		if len(closes) == 0 || closes[0].Code != test.code || closes[0].Application || ErrorName(closes[0].Code) != test.text {
			t.Errorf("%s, keys %v: %+v", test.name, test.keys, closes)
		}
	}
}

// TestLateSecrets has a key log that is written after the packets.
func TestLateSecrets(t *testing.T) {
	r := record(t, "go-v1")
	want := cryptoOf(t, feed(r.datagrams, r.secrets))
	for after := range 12 {
		calls := 0
		late := func(random []byte) Secrets {
			if calls++; calls <= after {
				return Secrets{}
			}
			return r.secrets(random)
		}
		if got := cryptoOf(t, feed(r.datagrams, late)); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("secrets after %d questions: other CRYPTO streams", after)
		}
	}
}

// TestOrder swaps and repeats datagrams: the CRYPTO streams stay the same, and
// a datagram that is missing never makes another stream than a beginning of
// the true one.
func TestOrder(t *testing.T) {
	for _, name := range []string{"go-v1", "go-retry", "go-0rtt"} {
		r := record(t, name)
		want := cryptoOf(t, feed(r.datagrams, r.secrets))
		for i := 1; i < len(r.datagrams)-1; i++ {
			swapped := slices.Clone(r.datagrams)
			swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
			doubled := slices.Insert(slices.Clone(r.datagrams), i, r.datagrams[i])
			missing := slices.Delete(slices.Clone(r.datagrams), i, i+1)
			if got := cryptoOf(t, feed(doubled, r.secrets)); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: datagram %d doubled: other streams", name, i)
			}
			for how, datagrams := range map[string][]udp{"swapped": swapped, "missing": missing} {
				got := cryptoOf(t, feed(datagrams, r.secrets))
				for side := range got {
					for level := range got[side] {
						if !bytes.HasPrefix(want[side][level], got[side][level]) {
							t.Errorf("%s: datagram %d %s: another stream of %d at level %d", name, i, how, side, level)
						}
					}
				}
			}
		}
	}
}

// TestCut feeds every beginning of every datagram: nothing panics, and what is
// told is a beginning of the truth.
func TestCut(t *testing.T) {
	for _, name := range []string{"go-v1", "go-retry", "go-no-alpn"} {
		r := record(t, name)
		for i, d := range r.datagrams[:min(6, len(r.datagrams))] {
			for n := 0; n < len(d.payload); n += 1 + n/64 {
				c := &Conn{Secrets: r.secrets}
				for j, before := range r.datagrams[:i] {
					c.Feed(sideOf(r.datagrams, before), j, before.payload)
				}
				for _, e := range c.Feed(sideOf(r.datagrams, d), i, d.payload[:n:n]) {
					if p, ok := e.Content.(Initial); ok && p.Opened && p.Bytes > n {
						t.Fatalf("%s: datagram %d cut to %d: %+v", name, i, n, p)
					}
				}
			}
		}
	}
}

func sideOf(datagrams []udp, d udp) Side {
	if d.src == datagrams[0].src {
		return Client
	}
	return Server
}

func TestMatches(t *testing.T) {
	r := record(t, "go-v1")
	c, other := &Conn{Secrets: r.secrets}, &Conn{}
	for _, d := range r.datagrams {
		c.Feed(sideOf(r.datagrams, d), d.frame, d.payload)
	}
	for _, d := range record(t, "go-v2").datagrams {
		other.Feed(sideOf(r.datagrams, d), d.frame, d.payload)
	}
	matched := map[Side]int{}
	for _, d := range r.datagrams[2:] {
		if from, ok := c.Matches(d.payload); ok {
			if matched[from]++; from != sideOf(r.datagrams, d) {
				t.Errorf("frame %d is taken for one of %d", d.frame, from)
			}
		}
		if _, ok := other.Matches(d.payload); ok {
			t.Errorf("frame %d is taken for one of another connection", d.frame)
		}
	}
	if len(slices.Collect(maps.Keys(matched))) == 0 || matched[Client] == 0 {
		t.Errorf("matched %v", matched)
	}
	if _, ok := c.Matches(nil); ok {
		t.Error("nothing matches")
	}
}
