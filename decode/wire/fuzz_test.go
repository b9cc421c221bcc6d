package wire

import (
	"bytes"
	"testing"
)

// check holds of every parser: trouble names a field within the message.
func check(t *testing.T, body []byte, bad *Malformed) {
	t.Helper()
	if bad != nil && (bad.Message == "" || bad.Field == "" || bad.Reason == "" || bad.Offset < 0 || bad.Offset > len(body) || bad.Missing < 0) {
		t.Errorf("%+v of %d bytes", bad, len(body))
	}
}

// FuzzClientHello: what is read without trouble has the length of its parts,
// its fingerprints have their form, and a prefix gives a prefix.
func FuzzClientHello(f *testing.F) {
	r := newRand()
	for range 3 {
		_, body := randomClientHello(r, false)
		f.Add(body, false)
		_, body = randomClientHello(r, true)
		f.Add(body, true)
	}
	f.Fuzz(func(t *testing.T, body []byte, dtls bool) {
		h, bad := parseClientHello(body, dtls)
		check(t, body, bad)
		if len(h.Extensions) > len(body)/4 || len(h.CipherSuites) > len(body)/2 {
			t.Errorf("%d extensions, %d suites of %d bytes", len(h.Extensions), len(h.CipherSuites), len(body))
		}
		if ja4 := h.JA4('t'); len(ja4) != 36 || ja4[10] != '_' || ja4[23] != '_' {
			t.Errorf("JA4 %q", ja4)
		}
		if len(h.JA3Hash()) != 32 {
			t.Errorf("JA3 %q", h.JA3Hash())
		}
		if bad != nil || len(h.CipherSuites) == 0 {
			return
		}
		if size := clientHelloSize(h, body, dtls); size != len(body) {
			t.Errorf("parts of %d bytes in a hello of %d", size, len(body))
		}
		part, bad := parseClientHello(body[:len(body)/2], dtls)
		if bad == nil && len(part.Extensions) > 0 {
			t.Error("half a hello is whole")
		}
		for i, e := range part.Extensions {
			if e.Type != h.Extensions[i].Type || !bytes.Equal(e.Data, h.Extensions[i].Data) {
				t.Errorf("extension %d differs in half a hello", i)
			}
		}
	})
}

// clientHelloSize is the length that the parts of a hello add up to.
func clientHelloSize(h ClientHello, body []byte, dtls bool) int {
	b := 2 + 32 + 1 + len(h.SessionID) + 2 + 2*len(h.CipherSuites) + 1 + len(h.CompressionMethods)
	if dtls {
		b += 1 + int(body[35+len(h.SessionID)])
	}
	if h.Length > b { // the list is there, maybe empty
		b += 2
	}
	for _, e := range h.Extensions {
		b += 4 + len(e.Data)
	}
	return b
}

// FuzzMessages runs every parser over the bytes.
func FuzzMessages(f *testing.F) {
	all := samples()
	for _, s := range all {
		f.Add(s.body, uint16(0xc02f), uint16(TLS12))
	}
	f.Add([]byte{1}, uint16(0xe013), uint16(TLCP11))
	f.Add([]byte{1}, uint16(0x1301), uint16(TLS13))
	f.Fuzz(func(t *testing.T, body []byte, suite, version uint16) {
		c, v := CipherSuite(suite), Version(version)
		before := bytes.Clone(body)
		for _, s := range all {
			_, bad := s.parse(body)
			check(t, body, bad)
		}
		k, bad := ParseServerKeyExchange(body, c, v)
		check(t, body, bad)
		if k.Kind == "" || len(k.Params)+len(k.Signature) > len(body) {
			t.Errorf("%d bytes: %+v", len(body), k)
		}
		_, bad = ParseClientKeyExchange(body, c, v)
		check(t, body, bad)
		certificates, bad := ParseCertificate(body, v)
		check(t, body, bad)
		if n := total(certificates.Certificates); n > len(body) {
			t.Errorf("%d bytes of certificates in %d", n, len(body))
		}
		request, bad := ParseCertificateRequest(body, v)
		check(t, body, bad)
		if n := total(request.Authorities); n > len(body) {
			t.Errorf("%d bytes of names in %d", n, len(body))
		}
		ParseCompressedCertificate(body)
		ParseHelloRetryRequest(body)
		if !bytes.Equal(before, body) {
			t.Error("the message was changed")
		}
	})
}

func total(list [][]byte) int {
	n := 0
	for _, b := range list {
		n += len(b)
	}
	return n
}

// FuzzRecords: what is called TLS, DTLS or SSL 2.0 can be read as such.
func FuzzRecords(f *testing.F) {
	f.Add([]byte("\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03"))
	f.Add([]byte("\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x07\x00\x0c\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("\x80\x1f\x01\x03\x01\x00\x06\x00\x00\x00\x10"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, whole := ParseRecordHeader(b); LooksLikeTLS(b) && whole && (h.Length == 0 || h.Length > MaxRecordLength) {
			t.Errorf("TLS with a record of %d bytes", h.Length)
		}
		for n := range b {
			if LooksLikeTLS(b) && !MayBecomeTLS(b[:n]) {
				t.Fatalf("TLS, but not at %d bytes", n)
			}
		}
		h, ok := ParseDTLSHeader(b, 4)
		if ok && (h.HeaderLen > len(b) || h.Length < 0) {
			t.Errorf("%+v of %d bytes", h, len(b))
		}
		if LooksLikeDTLS(b) && h.HeaderLen+h.Length > len(b) && h.ContentType != TypeTLS12CID {
			t.Errorf("DTLS with a record of %d bytes in %d", h.Length, len(b))
		}
		if LooksLikeSSLv2Hello(b) {
			_, length, _ := ParseSSLv2Header(b)
			if _, bad := ParseSSLv2ClientHello(b[2:min(len(b), 2+length)]); bad != nil && len(b) >= 2+length {
				t.Error(bad)
			}
		}
	})
}

// FuzzDTLSReassembly takes the bytes as a script of fragments of one message
// whose bytes are known, and compares with a map of what has come.
func FuzzDTLSReassembly(f *testing.F) {
	f.Add([]byte{0, 5, 5, 5, 3, 4})
	f.Add([]byte{10, 30, 0, 12, 40, 24})
	f.Fuzz(func(t *testing.T, script []byte) {
		message := make([]byte, 64)
		for i := range message {
			message[i] = byte(i)
		}
		var a DTLSReassembly
		have, whole := map[int]bool{}, false
		for ; len(script) >= 2 && !whole; script = script[2:] {
			start := int(script[0]) % len(message)
			end := min(len(message), start+1+int(script[1])%40)
			body, what := a.Add(fragment(7, message, start, end))
			for i := start; i < end; i++ {
				have[i] = true
			}
			whole = what == FragmentCompletes
			if whole != (len(have) == len(message)) || whole && !bytes.Equal(body, message) {
				t.Fatalf("%d bytes of %d: %v, %x", len(have), len(message), what, body)
			}
			if p := a.Pending(); !whole && (len(p) != 1 || p[0].Have != len(have)) {
				t.Fatalf("%d bytes came: %+v", len(have), p)
			}
		}
	})
}

func BenchmarkParseClientHello(b *testing.B) {
	_, body := randomClientHello(newRand(), false)
	b.ReportAllocs()
	for b.Loop() {
		ParseClientHello(body)
	}
}

func BenchmarkJA4(b *testing.B) {
	h := chrome()
	b.ReportAllocs()
	for b.Loop() {
		h.JA4('t')
	}
}
