package secret

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"tlswhy/decode/wire"
)

// flow is the bytes that one side of a recorded connection sent.
type flow struct {
	from Side
	data []byte
}

// recorder keeps what goes through a connection, in order.
type recorder struct {
	net.Conn
	from  Side
	mu    *sync.Mutex
	flows *[]flow
}

func (r recorder) Write(b []byte) (int, error) {
	r.mu.Lock()
	*r.flows = append(*r.flows, flow{r.from, bytes.Clone(b)})
	r.mu.Unlock()
	return r.Conn.Write(b)
}

// handshake runs crypto/tls against itself, has both sides say something, and
// returns what went over the wire and the key log.
func handshake(t *testing.T, config *tls.Config) ([]flow, []byte) {
	t.Helper()
	var mu sync.Mutex
	var flows []flow
	var keys bytes.Buffer
	a, b := net.Pipe()
	for _, c := range []net.Conn{a, b} {
		if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	clientConfig := config.Clone()
	clientConfig.InsecureSkipVerify, clientConfig.KeyLogWriter = true, &keys
	client := tls.Client(recorder{a, Client, &mu, &flows}, clientConfig)
	server := tls.Server(recorder{b, Server, &mu, &flows}, config)
	failed := make(chan error, 1)
	go func() {
		_, err := io.WriteString(server, "hello, client")
		for buf := make([]byte, 64); err == nil; {
			_, err = server.Read(buf)
		}
		if err == io.EOF {
			err = nil
		}
		failed <- err
	}()
	if _, err := io.ReadFull(client, make([]byte, len("hello, client"))); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(client, "hello, server"); err != nil {
		t.Fatal(err)
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
	return flows, keys.Bytes()
}

// transcript is what a test collects of one connection.
type transcript struct {
	plain    [2][]Opened
	failures []error
}

// openAll opens every protected record of a connection as package decode does:
// it reads the hellos in the clear, and begins after ChangeCipherSpec or, in
// TLS 1.3, after the ServerHello. drop leaves records out by number.
func openAll(t *testing.T, flows []flow, log *Log, etm bool, drop func(n int) bool) (out transcript) {
	t.Helper()
	var random [2][]byte
	var ccs [2]bool
	var session, early *Session
	var p Params
	number := 0
	record := func(from Side, header, body []byte) {
		typ := wire.ContentType(header[0])
		switch {
		case typ == wire.TypeChangeCipherSpec:
			ccs[from] = true
			return
		case typ == wire.TypeHandshake && body[0] == 1 && random[Client] == nil:
			random[Client] = body[6:38]
			return
		case typ == wire.TypeHandshake && body[0] == 2 && session == nil:
			p = helloParams(t, body, random[Client])
			p.EncryptThenMAC = etm
			s, ok := log.Lookup(random[Client])
			if !ok {
				t.Fatal("no secrets in the key log")
			}
			var err error
			if session, err = NewSession(p, s); err != nil {
				t.Fatal(err)
			}
			return
		case session == nil && typ == wire.TypeApplicationData:
			if early == nil {
				s, _ := log.Lookup(random[Client])
				early, _ = NewSession(Params{Version: wire.TLS13}, s)
			}
		case session == nil || !p.Version.Is13() && !ccs[from]:
			return
		}
		if number++; drop != nil && drop(number) {
			return
		}
		with := session
		if session == nil {
			with = early
		}
		o, err := with.Open(from, header, body)
		if err != nil {
			out.failures = append(out.failures, fmt.Errorf("record %d of %d: %w", number, from, err))
			return
		}
		out.plain[from] = append(out.plain[from], o)
	}
	eachRecord(flows, record)
	return out
}

// eachRecord cuts the two streams into records.
func eachRecord(flows []flow, record func(from Side, header, body []byte)) {
	var streams [2][]byte
	for _, f := range flows {
		b := append(streams[f.from], f.data...)
		for len(b) >= 5 {
			h, _ := wire.ParseRecordHeader(b)
			if len(b) < 5+h.Length {
				break
			}
			record(f.from, b[:5], b[5:5+h.Length])
			b = b[5+h.Length:]
		}
		streams[f.from] = bytes.Clone(b)
	}
}

func helloParams(t *testing.T, body, clientRandom []byte) Params {
	t.Helper()
	h, malformed := wire.ParseServerHello(body[4 : 4+int(body[1])<<16+int(body[2])<<8+int(body[3])])
	if malformed != nil {
		t.Fatal(malformed)
	}
	return Params{Version: h.Version, Suite: h.CipherSuite, ClientRandom: clientRandom, ServerRandom: h.Random}
}

// has looks for content in what a side sent of a type.
func (tr *transcript) has(from Side, typ wire.ContentType, content string) bool {
	var all []byte
	for _, o := range tr.plain[from] {
		if o.Type == typ {
			all = append(all, o.Plaintext...)
		}
	}
	return bytes.Contains(all, []byte(content))
}

// certificates makes one certificate for RSA and one for ECDSA suites.
func certificates(t *testing.T) (certs []tls.Certificate) {
	t.Helper()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"a.test"}}
	for _, k := range []struct{ public, private any }{{&rsaKey.PublicKey, rsaKey}, {&ecKey.PublicKey, ecKey}} {
		der, err := x509.CreateCertificate(rand.Reader, template, template, k.public, k.private)
		if err != nil {
			t.Fatal(err)
		}
		certs = append(certs, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: k.private})
	}
	return certs
}

// TestGo opens what crypto/tls protected, with every suite and version that it
// speaks, the whole stream and with records missing.
func TestGo(t *testing.T) {
	certs := certificates(t)
	tested := 0
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		for _, v := range s.SupportedVersions {
			name := fmt.Sprintf("%s/%s", wire.Version(v).Name(), s.Name)
			t.Run(name, func(t *testing.T) {
				config := &tls.Config{Certificates: certs, MinVersion: v, MaxVersion: v, CipherSuites: []uint16{s.ID}}
				flows, keys := handshake(t, config)
				checkGo(t, flows, keys, v == tls.VersionTLS13)
			})
			tested++
		}
	}
	if tested < 30 {
		t.Fatalf("only %d suites", tested)
	}
}

func checkGo(t *testing.T, flows []flow, keys []byte, is13 bool) {
	var log Log
	log.Add(keys)
	whole := openAll(t, flows, &log, false, nil)
	if len(whole.failures) > 0 {
		t.Fatal(whole.failures)
	}
	for side, hello := range []string{"hello, server", "hello, client"} {
		if !whole.has(Side(side), wire.TypeApplicationData, hello) {
			t.Errorf("application data of %d is missing", side)
		}
		if !whole.has(Side(side), wire.TypeHandshake, "\x14\x00\x00") {
			t.Errorf("Finished of %d is missing", side)
		}
	}
	if !whole.has(Client, wire.TypeAlert, "\x01\x00") {
		t.Error("close_notify of the client is missing")
	}
	if is13 && !whole.has(Server, wire.TypeHandshake, "a.test") {
		t.Error("certificate is missing")
	}
	for drop := 1; drop <= len(whole.plain[0])+len(whole.plain[1]); drop++ {
		checkDropped(t, flows, &log, &whole, drop)
	}
}

// checkDropped leaves one record out; all others must still open, but for
// ciphers whose state depends on every byte before.
func checkDropped(t *testing.T, flows []flow, log *Log, whole *transcript, drop int) {
	some := openAll(t, flows, log, false, func(n int) bool { return n == drop })
	opened := len(some.plain[0]) + len(some.plain[1])
	lost := len(whole.plain[0]) + len(whole.plain[1]) - 1 - opened
	if lost == 0 {
		return
	}
	if name := t.Name(); bytes.Contains([]byte(name), []byte("RC4")) || bytes.Contains([]byte(name), []byte("TLS_1.0")) && lost == 1 {
		return
	}
	t.Errorf("without record %d, %d others do not open: %v", drop, lost, some.failures)
}
