package decode

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tlswhy/decode/capture"
	"tlswhy/decode/capturetest"
	"tlswhy/decode/wire"
)

// follow runs a capture through a Decoder.
func followPcap(t testing.TB, pcap, keys []byte) []*Handshake {
	t.Helper()
	var list []*Handshake
	d := New(Options{Handle: func(h *Handshake) { list = append(list, h) }})
	d.AddSecrets(keys)
	feed(t, d, pcap)
	return list
}

func followWith(t testing.TB, pcap []byte, o Options) {
	t.Helper()
	feed(t, New(o), pcap)
}

// feed hands a whole capture to a Decoder.
func feed(t testing.TB, d *Decoder, pcap []byte) {
	t.Helper()
	r, err := capture.NewReader(bytes.NewReader(pcap), "test")
	if err != nil {
		t.Fatal(err)
	}
	var p capture.Packet
	for {
		if err := r.Next(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		d.Packet(&p)
	}
	d.Close()
}

// kinds lists the kinds of the events with the side that sent them.
func kinds(h *Handshake) string {
	var l []string
	for _, e := range h.Events {
		l = append(l, "cs-"[e.From:e.From+1]+":"+string(e.Message.kind()))
	}
	return strings.Join(l, " ")
}

func TestQUICRecorded(t *testing.T) {
	files, _ := filepath.Glob("quic/testdata/*.pcap")
	if len(files) == 0 {
		t.Fatal("no captures")
	}
	for _, name := range files {
		pcap, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		keys, _ := os.ReadFile(name + ".keys")
		for _, k := range [][]byte{nil, keys} {
			list := followPcap(t, pcap, k)
			if len(list) == 0 {
				t.Fatalf("%s: no handshake", name)
			}
			checkRecorded(t, filepath.Base(name), list[len(list)-1], len(k) > 0)
		}
	}
}

func checkRecorded(t *testing.T, name string, h *Handshake, keys bool) {
	ch, _ := h.ClientHello()
	if h.Transport != QUIC || !h.TLS || ch == nil || ch.ServerName == "" {
		t.Fatalf("%s: %v, %s", name, h.Transport, kinds(h))
	}
	_, closed, isClosed := First[QUICClose](h)
	switch {
	case strings.Contains(name, "no-alpn"):
		if m := closed.Message.(QUICClose); closed.From != Server || m.Code != 0x178 || h.ClientFinished {
			t.Errorf("%s: %+v", name, closed)
		}
	case strings.Contains(name, "cert-rejected"):
		if !isClosed || closed.From != Client || h.ClientFinished {
			t.Errorf("%s: %s", name, kinds(h))
		}
	default:
		if !h.ClientFinished || !h.ServerFinished || h.AppData[1] == 0 || h.AppData[0] == 0 && !strings.Contains(name, "0rtt") {
			t.Errorf("%s: not finished: %s", name, kinds(h))
		}
	}
	if c, _ := h.Certificate(Server); keys && (c == nil || !h.Decrypted) && !strings.Contains(name, "0rtt") && !strings.Contains(name, "no-alpn") {
		t.Errorf("%s: no certificate with keys: %s", name, kinds(h))
	}
}

// quicInitials returns the datagrams of the client of a recorded connection
// up to its whole hello.
func quicInitials(t testing.TB) [][]byte {
	t.Helper()
	pcap, err := os.ReadFile("quic/testdata/go-no-alpn.pcap")
	if err != nil {
		t.Fatal(err)
	}
	r, err := capture.NewReader(bytes.NewReader(pcap), "test")
	if err != nil {
		t.Fatal(err)
	}
	var list [][]byte
	var p capture.Packet
	for r.Next(&p) == nil && len(list) < 2 {
		if n := len(p.Data) - 42; n >= 1200 { // Ethernet, IPv4, UDP
			list = append(list, bytes.Clone(p.Data[42:]))
		}
	}
	if len(list) == 0 {
		t.Fatal("no Initial")
	}
	return list
}

// TestQUICOther: datagrams that are none of ours are dropped and counted.
func TestQUICOther(t *testing.T) {
	b := capturetest.New()
	u := b.UDP("10.0.0.1:50000", "10.0.0.2:53")
	for range 20 {
		u.Client(capturetest.Noise(60, 1)).Server(capturetest.Noise(90, 2))
	}
	if list := followPcap(t, b.Pcap(), nil); len(list) != 0 {
		t.Errorf("%d handshakes", len(list))
	}
}

func TestDTLSHandshake(t *testing.T) {
	b := capturetest.New()
	u := b.UDP("10.0.0.1:50000", "10.0.0.2:5684")
	d := &dtlsPeer{}
	s := &dtlsPeer{}
	u.Client(d.message(1, dtlsHello(nil)))
	u.Server(s.message(3, append([]byte{0xfe, 0xff, 4}, 1, 2, 3, 4)))
	u.Client(d.message(1, dtlsHello([]byte{1, 2, 3, 4})))
	certificate := capturetest.Certificate(capturetest.NewCA("Test").Leaf("a.test").Raw)[4:]
	hello := dtlsVersion(capturetest.NewServerHello12().Message()[4:])
	u.Server(s.message(2, hello))
	parts := s.fragments(11, certificate, 3)
	u.Server(parts[2]).Server(parts[0]).Server(parts[0]).Server(parts[1])
	u.Server(s.message(14, nil))
	u.Client(append(d.message(16, capturetest.ClientKeyExchange(29)[4:]), append(d.record(20, 0, []byte{1}), d.record(22, 1, capturetest.Noise(48, 5))...)...))
	u.Server(append(s.record(20, 0, []byte{1}), s.record(22, 1, capturetest.Noise(48, 6))...))
	u.Client(d.record(23, 1, capturetest.Noise(40, 7))).Server(s.record(23, 1, capturetest.Noise(40, 8)))
	list := followPcap(t, b.Pcap(), nil)
	if len(list) != 1 {
		t.Fatalf("%d handshakes", len(list))
	}
	h := list[0]
	want := "c:client_hello s:hello_verify_request c:client_hello s:server_hello s:retransmission s:certificate s:server_hello_done " +
		"c:client_key_exchange c:change_cipher_spec c:finished s:change_cipher_spec s:finished c:application_data s:application_data"
	if got := kinds(h); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !h.ClientFinished || !h.ServerFinished || h.Transport != DTLS || h.Late || h.OneSided || h.TLS13() {
		t.Errorf("%+v", h)
	}
	if m, e := h.Certificate(Server); len(m.Certificates) != 1 || e.Malformed != nil || e.Frame != 5 || e.LastFrame != 8 {
		t.Errorf("certificate in frames %d to %d, %v", e.Frame, e.LastFrame, e.Malformed)
	}
}

// TestDTLSRepeats: what is sent again is counted once a round, and messages
// that never become whole are said to be parts.
func TestDTLSRepeats(t *testing.T) {
	b := capturetest.New()
	u := b.UDP("10.0.0.1:50000", "10.0.0.2:5684")
	d := &dtlsPeer{}
	hello := d.message(1, dtlsHello(nil))
	for range 4 {
		u.Client(hello)
		b.Wait(time.Second)
	}
	s := &dtlsPeer{}
	parts := s.fragments(2, dtlsVersion(capturetest.NewServerHello12().Message()[4:]), 2)
	u.Server(parts[0])
	h := followPcap(t, b.Pcap(), nil)[0]
	if f := h.Flow[Client]; f.Repeats != 3 || f.Retransmitted != 3 || f.FirstRepeat != 2 || f.LastRepeat != 4 {
		t.Errorf("%+v", f)
	}
	if m, e, ok := First[DatagramFragment](h); !ok || m.Type != 2 || m.Bytes >= m.Total || e.From != Server {
		t.Errorf("%s", kinds(h))
	}
}

func TestDTLSAlert(t *testing.T) {
	b := capturetest.New()
	u := b.UDP("10.0.0.1:50000", "10.0.0.2:5684")
	d := &dtlsPeer{}
	u.Client(d.message(1, dtlsHello(nil))).Server((&dtlsPeer{}).record(21, 0, []byte{2, 40}))
	h := followPcap(t, b.Pcap(), nil)[0]
	if m, e, ok := First[Alert](h); !ok || m.Description != 40 || m.Encrypted || e.From != Server {
		t.Errorf("%s", kinds(h))
	}
}

// TestDatagramsCut: captures cut and changed at random never panic, and what
// is logged stays bounded.
func TestDatagramsCut(t *testing.T) {
	initials := quicInitials(t)
	d := &dtlsPeer{}
	seeds := append(initials, d.message(1, dtlsHello(nil)), append(d.record(20, 0, []byte{1}), d.record(22, 1, capturetest.Noise(48, 5))...))
	random := rand.New(rand.NewSource(1))
	for round := range 200 {
		b := capturetest.New()
		u := b.UDP("10.0.0.1:50000", "10.0.0.2:443")
		for range 30 {
			data := bytes.Clone(seeds[random.Intn(len(seeds))])
			data = data[:random.Intn(len(data))+1]
			if round%2 == 0 {
				data[random.Intn(len(data))] ^= byte(1 << random.Intn(8))
			}
			u.Send(capturetest.Side(random.Intn(2)), data)
		}
		for _, h := range followPcap(t, b.Pcap(), nil) {
			if len(h.Events) > maxRecords {
				t.Fatalf("%d events", len(h.Events))
			}
		}
	}
}

// dtlsPeer numbers the records and messages of one side.
type dtlsPeer struct {
	records  uint64
	messages uint16
}

func (p *dtlsPeer) record(typ byte, epoch uint64, body []byte) []byte {
	b := []byte{typ, 0xfe, 0xfd}
	b = binary.BigEndian.AppendUint64(b, epoch<<48|p.records)
	p.records++
	return append(binary.BigEndian.AppendUint16(b, uint16(len(body))), body...)
}

func (p *dtlsPeer) message(typ byte, body []byte) []byte { return p.fragments(typ, body, 1)[0] }

// fragments gives a message in n records.
func (p *dtlsPeer) fragments(typ byte, body []byte, n int) (records [][]byte) {
	size := (len(body) + n - 1) / n
	for i := range n {
		from, to := min(i*size, len(body)), min((i+1)*size, len(body))
		h := []byte{typ, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body)), byte(p.messages >> 8), byte(p.messages),
			byte(from >> 16), byte(from >> 8), byte(from), 0, byte((to - from) >> 8), byte(to - from)}
		records = append(records, p.record(22, 0, append(h, body[from:to]...)))
	}
	p.messages++
	return records
}

// dtlsVersion puts the version of DTLS 1.2 into a hello.
func dtlsVersion(body []byte) []byte {
	body = bytes.Clone(body)
	binary.BigEndian.PutUint16(body, uint16(wire.DTLS12))
	return body
}

// dtlsHello is the body of a ClientHello with a cookie (RFC 6347, Section 4.2.1).
func dtlsHello(cookie []byte) []byte {
	body := dtlsVersion(capturetest.NewClientHello12("a.test").Message()[4:])
	at := 35 + int(body[34])
	return append(append(append(bytes.Clone(body[:at]), byte(len(cookie))), cookie...), body[at:]...)
}
