package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tlswhy/decode"
	"tlswhy/decode/capture"
	"tlswhy/decode/packet"
)

// identifiers are what tells who took part in a capture.
type identifiers struct {
	texts map[string]bool // names and identities, in lower case
	bytes map[string]bool // addresses, randoms, digests …, as they stand in packets
}

func (d *identifiers) text(s string) {
	s = strings.ToLower(strings.TrimPrefix(strings.TrimSuffix(s, "."), "*."))
	if len(s) > 3 && s != "localhost" && strings.Trim(s, "0123456789") != "" {
		d.texts[s] = true
	}
}

// raw takes a value that is long enough not to be met by chance.
func (d *identifiers) raw(b []byte) {
	if distinct := map[byte]bool{}; len(b) >= 4 {
		for _, c := range b {
			distinct[c] = true
		}
		if len(distinct) > 2 {
			d.bytes[string(b)] = true
		}
	}
}

func (d *identifiers) address(a netip.Addr) {
	if a = a.Unmap(); a.IsLoopback() || a.IsUnspecified() || a.IsMulticast() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return
	}
	d.raw(a.AsSlice())
	d.texts[a.String()] = true
}

func (d *identifiers) certificate(der []byte) {
	sum := sha256.Sum256(der)
	d.raw(sum[:])
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return
	}
	for _, n := range append(slices.Clone(c.DNSNames), c.Subject.CommonName, c.Issuer.CommonName) {
		d.text(n)
	}
	for _, ip := range c.IPAddresses {
		if a, ok := netip.AddrFromSlice(ip); ok {
			d.address(a)
		}
	}
	if s := c.SerialNumber.Bytes(); len(s) >= 6 {
		d.raw(s)
	}
	d.raw(c.RawSubjectPublicKeyInfo)
	d.raw(c.Signature)
}

func (d *identifiers) event(e *decode.Event) {
	switch m := e.Message.(type) {
	case decode.ClientHello:
		d.text(m.ServerName)
		d.raw(m.Random)
		d.raw(m.SessionID)
		d.raw(m.Cookie)
	case decode.ServerHello:
		if !m.HelloRetryRequest {
			d.raw(m.Random[:min(24, len(m.Random))])
		}
		d.raw(m.SessionID)
		d.raw(m.Cookie)
	case decode.Certificate:
		for _, der := range m.Certificates {
			d.certificate(der)
		}
	}
}

// identifiersOf reads a capture for what must not be left of it.
func identifiersOf(t *testing.T, file string) *identifiers {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := capture.NewReader(f, file)
	if err != nil {
		t.Fatal(err)
	}
	d := &identifiers{map[string]bool{}, map[string]bool{}}
	dec := decode.New(decode.Options{Handle: func(h *decode.Handshake) {
		d.address(h.Client.Addr())
		d.address(h.Server.Addr())
		if host, _, ok := strings.Cut(h.Target, ":"); ok {
			d.text(host)
		}
		for i := range h.Events {
			d.event(&h.Events[i])
		}
	}})
	parser, seg, told := packet.NewParser(), packet.Segment{}, 0
	for p := new(capture.Packet); r.Next(p) == nil; {
		if all := r.Secrets(); len(all) > told {
			dec.AddSecrets(bytes.Join(all[told:], []byte("\n")))
			told = len(all)
		}
		if p.LinkType == capture.LinkEthernet && len(p.Data) >= 14 && p.Data[0]&1 == 0 {
			d.raw(p.Data[:6])
			d.raw(p.Data[6:12])
		}
		if parser.Parse(p, &seg) == packet.OK && seg.Proto != packet.EAPOL {
			d.address(netip.AddrFrom16(seg.Src))
			d.address(netip.AddrFrom16(seg.Dst))
		}
		dec.Packet(p)
	}
	dec.Close()
	return d
}

// encodings are the forms in which bytes could stand in a text.
func encodings(s string) []string {
	b := []byte(s)
	if len(b) < 6 {
		return nil // an address: its text is looked for
	}
	h := hex.EncodeToString(b)
	var colons []string
	for i := 0; i < len(h); i += 2 {
		colons = append(colons, h[i:i+2])
	}
	return []string{h, strings.Join(colons, ":"), strings.Join(colons, "-"), strings.Join(colons, `\x`), new(big.Int).SetBytes(b).String(),
		strings.ToLower(base64.StdEncoding.EncodeToString(b)), strings.ToLower(base64.RawURLEncoding.EncodeToString(b))}
}

// leaks lists what of a capture's identifiers stands in an output.
func (d *identifiers) leaks(out []byte) []string {
	var found []string
	text := strings.ToLower(string(out))
	for s := range d.texts {
		after := `($|[^0-9a-z])`
		if strings.Contains(s, ":") {
			after = `($|[^0-9a-z:])`
		}
		whole := regexp.MustCompile(`(^|[^0-9a-z.:-])` + regexp.QuoteMeta(s) + after)
		if strings.Contains(text, s) && whole.MatchString(text) {
			found = append(found, s)
		}
	}
	for s := range d.bytes {
		if bytes.Contains(out, []byte(s)) {
			found = append(found, fmt.Sprintf("bytes %x", s))
		}
		for _, e := range encodings(s) {
			if strings.Contains(text, e) {
				found = append(found, e)
			}
		}
	}
	slices.Sort(found)
	return found
}

// No output of a redacted run holds an identifier of the capture, in no
// encoding that it could have.
func TestNothingIsLeftOfIdentifiers(t *testing.T) {
	root(t)
	files := recorded(t)
	dir := t.TempDir()
	looked := 0
	for i, file := range files {
		if testing.Short() && i%8 != 0 {
			continue
		}
		d := identifiersOf(t, file)
		looked += len(d.texts) + len(d.bytes)
		args := []string{"--redact", "--force", "-q", "-a", file}
		var outs []string
		for _, ext := range extensions() {
			outs = append(outs, filepath.Join(dir, "out"+ext))
			args = append(args, "-o", outs[len(outs)-1])
		}
		runTlswhy(t, args...)
		for _, out := range outs {
			b, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			leaks := d.leaks(b)
			if name := filepath.Base(file); bytes.Contains(b, []byte(name)) {
				leaks = append(leaks, name)
			}
			if len(leaks) > 0 {
				t.Errorf("%s, %s: %q is left", file, filepath.Ext(out), leaks[:min(len(leaks), 6)])
			}
		}
	}
	if looked < 100 {
		t.Errorf("only %d identifiers were looked for", looked)
	}
}

// What the test looks for is found where nothing is redacted.
func TestIdentifiersAreFound(t *testing.T) {
	root(t)
	file := "testdata/negotiation/version-client-refuses-server-hello.pcap"
	d := identifiersOf(t, file)
	for _, ext := range extensions() {
		out := filepath.Join(t.TempDir(), "out"+ext)
		runTlswhy(t, "-q", "-a", "-o", out, file)
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(d.leaks(b)); n < 3 {
			t.Errorf("%s: %d of %d found", ext, n, len(d.texts)+len(d.bytes))
		}
	}
}
