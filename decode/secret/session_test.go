package secret

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"

	"tlswhy/decode/wire"
)

// logOf is a log with every secret of the length that the suites with SHA-256
// need, for the random that someRandom is.
func logOf(t testing.TB) (s Secrets, random []byte) {
	t.Helper()
	var log Log
	for _, label := range []string{"CLIENT_EARLY_TRAFFIC_SECRET", "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
		"CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"} {
		log.Add(fmt.Appendf(nil, "%s %s %s\n", label, someRandom, someSecret))
	}
	log.Add([]byte("CLIENT_RANDOM " + someRandom + " " + someMaster))
	random, _ = hex.DecodeString(someRandom)
	s, ok := log.Lookup(random)
	if !ok {
		t.Fatal("no secrets")
	}
	return s, random
}

func TestWhatIsUnsupported(t *testing.T) {
	s, random := logOf(t)
	for _, test := range []struct {
		v     wire.Version
		suite wire.CipherSuite
		ok    bool
	}{
		{wire.TLS12, 0xc02f, true}, {wire.TLS12, 0xc028, true}, {wire.TLS10, 0x002f, true}, {wire.DTLS12, 0xc0ac, true},
		{wire.TLS12, 0x0005, true}, {wire.TLS12, 0x003b, true}, {wire.TLS12, 0xc0a8, true}, {wire.TLS12, 0x000a, true},
		{wire.TLS12, 0xc0a4, true}, {wire.TLS13, 0x1305, true}, {wire.DTLS13, 0x1301, true}, {0x7f1c, 0x1303, true},
		{wire.SSL30, 0x002f, false},  // another key derivation
		{wire.TLS12, 0xc077, false},  // Camellia
		{wire.TLS12, 0xc050, false},  // ARIA
		{wire.TLS12, 0x0000, false},  // NULL_WITH_NULL_NULL
		{wire.TLS12, 0x1301, false},  // of TLS 1.3
		{wire.TLS13, 0xc02f, false},  // of TLS 1.2
		{wire.TLS11, 0xc02f, false},  // an AEAD before TLS 1.2
		{wire.TLS12, 0x0a0a, false},  // GREASE
		{wire.TLCP11, 0xe013, false}, // SM4
	} {
		session, err := NewSession(Params{Version: test.v, Suite: test.suite, ClientRandom: random, ServerRandom: random}, s)
		var unsupported *UnsupportedError
		if test.ok && err != nil || !test.ok && !errors.As(err, &unsupported) {
			t.Errorf("%s, %s: %v", test.v.Name(), test.suite.Name(), err)
		}
		if (session == nil) == (err == nil) {
			t.Errorf("%s, %s: session %v and error %v", test.v.Name(), test.suite.Name(), session != nil, err)
		}
	}
	for _, v := range []wire.Version{wire.TLS12, wire.TLS13} {
		suite := map[wire.Version]wire.CipherSuite{wire.TLS12: 0xc02f, wire.TLS13: 0x1301}[v]
		if _, err := NewSession(Params{Version: v, Suite: suite}, Secrets{}); !errors.Is(err, ErrNoSecret) {
			t.Errorf("%s without secrets: %v", v.Name(), err)
		}
	}
}

// TestGivingUp feeds a session records that never open: what it tries for
// them ends.
func TestGivingUp(t *testing.T) {
	s, _ := logOf(t)
	session, err := NewSession(Params{Version: wire.TLS13, Suite: 0x1301}, s)
	if err != nil {
		t.Fatal(err)
	}
	body := make([]byte, 1<<14)
	for i := range 1000 {
		_, err := session.Open(Client, []byte{23, 3, 3, 0x40, 0}, body)
		if errors.Is(err, ErrLost) {
			if i < 4 {
				t.Errorf("given up after %d records", i)
			}
			return
		}
		if !errors.Is(err, ErrAuthentication) {
			t.Fatal(err)
		}
	}
	t.Error("never given up")
}

// TestLogThatGrowsLater has records of which the keys are not known yet.
func TestLogThatGrowsLater(t *testing.T) {
	r := readRecording(t, "testdata/rfc8448-simple.txt")
	var early, late Log
	for i, line := range bytes.Split(r.keys, []byte("\n")) {
		if i < 2 {
			early.Add(line)
		}
		late.Add(line)
	}
	got := openAll(t, r.flows, &early, false, nil)
	if got.has(Client, wire.TypeApplicationData, "\x00\x01") || len(got.plain[Server]) != 1 {
		t.Errorf("with the handshake secrets alone: %d and %d records", len(got.plain[0]), len(got.plain[1]))
	}
	if got := openAll(t, r.flows, &late, false, nil); len(got.failures) > 0 {
		t.Error(got.failures)
	}
}

// TestCutAndChanged opens no record of which a byte is missing or changed, and
// opens the right one afterwards.
func TestCutAndChanged(t *testing.T) {
	for _, name := range []string{"rfc8448-simple", "openssl-tls12-ccm8", "openssl-tls12-aes256-sha-etm", "openssl-tls12-aes128-sha", "openssl-tls12-null-sha256"} {
		r := readRecording(t, "testdata/"+name+".txt")
		var log Log
		log.Add(r.keys)
		all := openAll(t, r.flows, &log, r.etm, nil)
		want := len(all.plain[0]) + len(all.plain[1])
		for i, f := range r.flows {
			if i == 0 || len(f.data) > 400 || f.data[0] == 22 && f.data[5] <= 16 {
				continue
			}
			for at := 5; at < len(f.data); at++ {
				flows := append([]flow(nil), r.flows...)
				flows[i].data = bytes.Clone(f.data)
				flows[i].data[at] ^= 1
				got := openAll(t, flows, &log, r.etm, nil)
				if n := len(got.plain[0]) + len(got.plain[1]); n >= want && len(got.failures) == 0 && f.data[0] == 23 && at < 5+int(f.data[3])<<8+int(f.data[4]) {
					t.Fatalf("%s: byte %d of flow %d changed: %d of %d records", name, at, i, n, want)
				}
			}
		}
	}
}

// TestDTLS13 opens what a sealer written from RFC 9147 made: with 8- and
// 16-bit sequence numbers, with connection ID and length and without, across
// epochs, out of order.
func TestDTLS13(t *testing.T) {
	s, _ := logOf(t)
	session, err := NewSession(Params{Version: wire.DTLS13, Suite: 0x1301}, s)
	if err != nil {
		t.Fatal(err)
	}
	secret, _ := hex.DecodeString(someSecret)
	updated := expandLabel(session.suite.prf, secret, "dtls13", "traffic upd", 32)
	for _, test := range []struct {
		flags  byte
		cid    string
		epoch  int
		seq    uint64
		secret []byte
	}{
		{0x2c, "", 2, 0, secret}, {0x24, "", 2, 1, secret}, {0x3c, "id", 2, 2, secret}, {0x28, "", 3, 0, secret}, {0x20, "", 3, 2, secret},
		{0x20, "", 3, 1, secret}, {0x30, "abcdef", 3, 200, secret}, {0x20, "", 3, 300, secret}, {0x2c, "", 2, 3, secret}, {0x2c, "", 4, 0, updated}, {0x2c, "", 3, 301, secret},
	} {
		header, body := sealDTLS13(t, test.flags|byte(test.epoch&3), test.cid, test.seq, test.secret, "message\x16\x00\x00")
		o, err := session.Open(Server, header, body)
		if err != nil || string(o.Plaintext) != "message" || o.Type != 22 || o.Sequence != test.seq {
			t.Fatalf("epoch %d, number %d: %+v, %v", test.epoch, test.seq, o, err)
		}
		for i := range body {
			if _, err := session.Open(Server, header, body[:i]); err == nil {
				t.Fatalf("cut to %d bytes and opened", i)
			}
		}
	}
	if _, err := session.Open(Server, []byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, []byte{0}); !errors.Is(err, ErrNotProtected) {
		t.Error(err)
	}
}

func sealDTLS13(t *testing.T, flags byte, cid string, seq uint64, secret []byte, inner string) (header, body []byte) {
	t.Helper()
	suite, _ := suiteOf(0x1301)
	label := func(name string, n int) []byte { return expandLabel(suite.prf, secret, "dtls13", name, n) }
	block, _ := aes.NewCipher(label("key", 16))
	aead, _ := cipher.NewGCM(block)
	header = append([]byte{flags}, cid...)
	at := len(header)
	header = append(header, byte(seq))
	if flags&8 != 0 {
		header = append(header[:at], byte(seq>>8), byte(seq))
	}
	end := len(header)
	if flags&4 != 0 {
		header = binary.BigEndian.AppendUint16(header, uint16(len(inner)+16))
	}
	nonce := label("iv", 12)
	for i := range 8 {
		nonce[11-i] ^= byte(seq >> (8 * i))
	}
	body = aead.Seal(nil, nonce, []byte(inner), header)
	sn, _ := aes.NewCipher(label("sn", 16))
	mask := make([]byte, 16)
	sn.Encrypt(mask, body[:16])
	for i := at; i < end; i++ {
		header[i] ^= mask[i-at]
	}
	return header, body
}

// TestConnectionID opens a DTLS 1.2 record with a connection ID, sealed as in
// RFC 9146, Section 5.3.
func TestConnectionID(t *testing.T) {
	s, random := logOf(t)
	session, err := NewSession(Params{Version: wire.DTLS12, Suite: 0xc02f, ClientRandom: random, ServerRandom: random}, s)
	if err != nil {
		t.Fatal(err)
	}
	keys := deriveKeys(wire.TLS12, &session.suite, s.Traffic(Master), random, random)
	block, _ := aes.NewCipher(keys[Client].key)
	aead, _ := cipher.NewGCM(block)
	inner, explicit := []byte("hello\x17\x00\x00\x00"), []byte("\x00\x01\x00\x00\x00\x00\x00\x05")
	cid := "connection"
	additional := append([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\x19\x0a\x19\xfe\xfd"), explicit...)
	additional = append(append(additional, cid...), 0, byte(len(inner)))
	body := append(bytes.Clone(explicit), aead.Seal(nil, append(bytes.Clone(keys[Client].iv), explicit...), inner, additional)...)
	header := append(append([]byte("\x19\xfe\xfd"), explicit...), cid...)
	header = append(header, 0, byte(len(body)))
	o, err := session.Open(Client, header, body)
	if err != nil || o.Type != 23 || string(o.Plaintext) != "hello" || o.Sequence != 5 {
		t.Fatalf("%+v, %v", o, err)
	}
	header[12] ^= 1
	if _, err := session.Open(Client, header, body); !errors.Is(err, ErrAuthentication) {
		t.Errorf("another connection ID: %v", err)
	}
}

// FuzzOpen gives a session whatever comes: nothing opens that was not sealed,
// and what is given stays as it is.
func FuzzOpen(f *testing.F) {
	f.Add(uint16(0x0303), uint16(0xc02f), false, []byte{23, 3, 3, 0, 30}, make([]byte, 30))
	f.Add(uint16(0x0304), uint16(0x1301), false, []byte{23, 3, 3, 0, 30}, make([]byte, 30))
	f.Add(uint16(0x0301), uint16(0x002f), true, []byte{22, 3, 1, 0, 64}, make([]byte, 64))
	f.Add(uint16(0xfefd), uint16(0xc02f), false, []byte("\x19\xfe\xfd\x00\x01\x00\x00\x00\x00\x00\x01ab\x00\x20"), make([]byte, 32))
	f.Add(uint16(0xfefc), uint16(0x1303), false, []byte{0x2f, 0, 1, 0, 30}, make([]byte, 30))
	s, random := logOf(f)
	f.Fuzz(func(t *testing.T, version, suite uint16, etm bool, header, body []byte) {
		session, err := NewSession(Params{wire.Version(version), wire.CipherSuite(suite), random, random, etm}, s)
		if err != nil {
			return
		}
		h, b := bytes.Clone(header), bytes.Clone(body)
		for _, side := range []Side{Client, Server, Client} {
			if o, err := session.Open(side, header, body); err == nil {
				t.Fatalf("opened: %+v", o)
			}
		}
		if !bytes.Equal(h, header) || !bytes.Equal(b, body) {
			t.Fatal("the record was changed")
		}
	})
}
