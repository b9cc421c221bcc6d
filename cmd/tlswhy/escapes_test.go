//go:build unix

package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"io"
	"math/big"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"tlswhy/analyze/render"
	"tlswhy/analyze/reporttest"
	ct "tlswhy/decode/capturetest"
)

// hostileTexts want to leave the place where they are printed, each in the
// language of another place.
var hostileTexts = map[string]string{
	"terminal":     "\x1b[2J\x1b[31m\x1b]0;title\x07",
	"C1 terminal":  "\x9b31m\x90q\x9c\xc2\x9b31m",
	"OSC 8":        "\x1b]8;;http://evil.test/\x1b\\click\x1b]8;;\x1b\\",
	"lines":        "a\r\nerror[x]: b\x0b\x0c\x00c\x7f\u0085d\u2028e",
	"bidi":         "\u202egnp.exe\u202c\u2066x\u2069\u200f",
	"hidden":       "a\u200b\ufeff\u00ad\u2060\U000e0041\ufe0f\u3164b",
	"no UTF-8":     "\xff\xfe\xc3\x28\xed\xa0\x80\xf5",
	"HTML":         `</script><script>alert(1)</script><img src=x onerror=alert(1)>`,
	"attribute":    `" onmouseover="alert(1)" x='<!--`,
	"SVG":          `<svg onload=alert(1)><foreignObject>`,
	"Markdown":     "`` ` ```\n# head\n</details>[x](javascript:y)![z](http://evil.test/)",
	"table":        `|a|b\|c|--|`,
	"mention":      "@everyone #1 ~~x~~ $x$ <!-- -->",
	"Mermaid":      "C->>S: x; end\n%%{init: {}}%% participant Z",
	"CSV":          `=cmd|' /C calc'!A0,"x";+1`,
	"JSON":         `","x":{"y":["` + "\\u0000\\",
	"template":     "{0}{1}{{.}}${x}%s%n%x{0|a|b}",
	"escape":       `\x41\x1b\\x41\`,
	"shell":        "`id`$(id);id|id&id >x 'y' \"z\"",
	"display":      `0 || tcp.stream eq 1) && frame contains "x"`,
	"path":         "../../etc/passwd",
	"very long":    strings.Repeat("A", 240),
	"combining":    "Z" + strings.Repeat("\u0301", 60),
	"other script": "пример.例え.مثال",
}

// told is whether a report has the texts of a place.
type told int

const (
	always told = iota
	never
	sometimes // what is no request line is none
)

// mark begins every hostile text, so that it can be found again.
const mark = "zqmark"

// hostilePlaces are where a peer, or who names a file, can put a text.
var hostilePlaces = []struct {
	name    string
	told    told
	capture func(s string) []byte
}{
	{"SNI", always, func(s string) []byte {
		return refusedHello(func(h *ct.ClientHello) { h.ServerName = s })
	}},
	{"ALPN", always, func(s string) []byte {
		return refusedHello(func(h *ct.ClientHello) { h.ALPN = []string{s, "h2"} })
	}},
	{"ALPN chosen", always, func(s string) []byte {
		h := ct.NewServerHello12()
		h.ALPN = s
		return talkOf(443, ct.NewClientHello12("a.example").Record(), h.Record(), ct.Alert(2, 120))
	}},
	{"subject", always, func(s string) []byte {
		return refusedCertificate(s, func(x *x509.Certificate) { x.Subject.Organization = []string{s} })
	}},
	{"alternative name", always, func(s string) []byte {
		return refusedCertificate("plain", ct.Names(onlyASCII(s)))
	}},
	{"issuer", always, func(s string) []byte {
		leaf := ct.NewCA(strings.ToValidUTF8(s, "?")).Leaf("a.example")
		return talkOf(443, ct.NewClientHello12("a.example").Record(), ct.ServerFlight12(leaf.Raw), ct.Alert(2, 48))
	}},
	{"serial number", never, func(s string) []byte {
		return refusedCertificate("plain", func(x *x509.Certificate) { x.SerialNumber = new(big.Int).SetBytes([]byte(s)[:min(len(s), 20)]) })
	}},
	{"authorities", never, func(s string) []byte {
		dn, err := asn1.Marshal(pkix.Name{CommonName: strings.ToValidUTF8(s, "?")}.ToRDNSequence())
		if err != nil {
			panic(err)
		}
		flight := ct.HandshakeRecord(ct.NewServerHello12().Message(), ct.Certificate(ct.SelfSigned("a.example").Raw),
			ct.ServerKeyExchange(29, 0x0401), ct.CertificateRequest([]uint16{0x0401}, dn), ct.ServerHelloDone())
		return talkOf(443, ct.NewClientHello12("a.example").Record(), flight, ct.Join(ct.HandshakeRecord(ct.Certificate()), ct.ClientFlight12()), ct.Alert(2, 40))
	}},
	{"SMTP banner", always, func(s string) []byte {
		return talkOf(25, nil, []byte("220 "+oneLine(s)+" ESMTP\r\n"), []byte("EHLO x\r\n"), []byte("250-"+oneLine(s)+"\r\n250 STARTTLS\r\n"),
			[]byte("STARTTLS\r\n"), []byte("454 "+oneLine(s)+"\r\n"), []byte("QUIT\r\n"))
	}},
	{"IMAP reply", always, func(s string) []byte {
		return talkOf(143, nil, []byte("* OK "+oneLine(s)+"\r\n"), []byte("a1 STARTTLS\r\n"), []byte("a1 NO "+oneLine(s)+"\r\n"), []byte("a2 LOGOUT\r\n"))
	}},
	{"HTTP answer", always, func(s string) []byte {
		return talkOf(443, trapHello(), []byte("HTTP/1.1 400 "+oneLine(s)+"\r\nServer: "+oneLine(s)+"\r\n\r\n"+s))
	}},
	{"HTTP request", sometimes, func(s string) []byte {
		return talkOf(443, []byte("GET /"+oneLine(s)+" HTTP/1.1\r\nHost: "+oneLine(s)+"\r\n\r\n"), ct.Alert(2, 70))
	}},
	{"tunnel", always, func(s string) []byte {
		name := strings.ReplaceAll(oneLine(s), " ", "_")
		return talkOf(3128, []byte("CONNECT "+name+":443 HTTP/1.1\r\n\r\n"), []byte("HTTP/1.1 200 "+oneLine(s)+"\r\n\r\n"), trapHello(), ct.Alert(2, 40))
	}},
	{"refused tunnel", always, func(s string) []byte {
		return talkOf(3128, []byte("CONNECT a.example:443 HTTP/1.1\r\n\r\n"), []byte("HTTP/1.1 502 "+oneLine(s)+"\r\nContent-Length: 0\r\n\r\n"))
	}},
	{"SOCKS name", always, func(s string) []byte {
		name := s[:min(len(s), 255)]
		return talkOf(1080, []byte{5, 1, 0}, []byte{5, 0}, ct.Join([]byte{5, 1, 0, 3, byte(len(name))}, []byte(name), []byte{1, 187}),
			[]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0}, trapHello(), ct.Alert(2, 40))
	}},
	{"another protocol", always, func(s string) []byte {
		return talkOf(443, trapHello(), []byte("SSH-2.0-"+oneLine(s)+"\r\n"))
	}},
	{"garbage", always, func(s string) []byte { return talkOf(443, trapHello(), []byte(s+s+s)) }},
	{"interface", never, func(s string) []byte { return ngOf(s) }},
}

func refusedHello(change func(*ct.ClientHello)) []byte {
	h := ct.NewClientHello("a.example")
	change(&h)
	return talkOf(443, h.Record(), ct.Alert(2, 40))
}

func refusedCertificate(name string, change func(*x509.Certificate)) []byte {
	leaf := ct.SelfSigned(strings.ToValidUTF8(name, "?"), func(x *x509.Certificate) {
		x.DNSNames = []string{"plain.example"}
		change(x)
		for i, s := range x.Subject.Organization {
			x.Subject.Organization[i] = strings.ToValidUTF8(s, "?")
		}
	})
	return talkOf(443, ct.NewClientHello12("a.example").Record(), ct.ServerFlight12(leaf.Raw), ct.Alert(2, 42))
}

// talkOf is a connection in which the sides speak in turn, the client first,
// and the server leaves.
func talkOf(port uint16, turns ...[]byte) []byte {
	c := newTalk(trapClient, trapServer)
	c.dst = netip.AddrPortFrom(c.dst.Addr(), port)
	c.open()
	for i, b := range turns {
		c.send(ct.Side(i%2), b, 1460)
	}
	return pcap(c.end().frames...)
}

func oneLine(s string) string { return strings.NewReplacer("\r", "", "\n", "").Replace(s) }

func onlyASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r > 0x7e || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
}

// ngOf is a refused connection in a pcapng whose texts are all s.
func ngOf(s string) []byte {
	option := func(code uint16) []byte {
		b := []byte{byte(code), byte(code >> 8), byte(len(s)), byte(len(s) >> 8)}
		return append(append(b, s...), make([]byte, -len(s)&3)...)
	}
	section := []byte{0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	out := ngBlock(0x0a0d0d0a, ct.Join(section, option(1), option(2), option(3), option(4)))
	out = append(out, ngBlock(1, ct.Join([]byte{1, 0, 0, 0, 0, 0, 0, 0}, option(1), option(2), option(3), option(11), option(12)))...)
	for _, f := range takeApart(refusedHello(func(*ct.ClientHello) {})).pieces {
		n := byte(len(f) - 16)
		head := append(make([]byte, 12), n, byte((len(f)-16)>>8), 0, 0, n, byte((len(f)-16)>>8), 0, 0)
		out = append(out, ngBlock(6, ct.Join(head, f[16:], make([]byte, -(len(f)-16)&3), option(1)))...)
	}
	return out
}

// TestEscapes puts every hostile text into every place, and looks at every
// output: nothing leaves its place, and the text can still be read.
func TestEscapes(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	root(t)
	schema, err := reporttest.LoadSchema("analyze/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, place := range hostilePlaces {
		t.Run(place.name, func(t *testing.T) {
			n := 0
			for name, text := range hostileTexts {
				in := write(t, "in.pcap", place.capture(mark+text))
				shown := escapesNothing(t, schema, name, in)
				if shown {
					n++
				}
				if shown && place.told == never || !shown && place.told == always {
					t.Errorf("%s: in a report: %v", name, shown)
				}
			}
			if n == 0 && place.told == sometimes {
				t.Error("in no report")
			}
		})
	}
	t.Run("file name", func(t *testing.T) {
		for name, text := range hostileTexts {
			file := mark + strings.NewReplacer("/", "_", "\x00", "").Replace(text)
			if !escapesNothing(t, schema, name, write(t, file[:min(len(file), 240)], refusedCapture("a.example"))) {
				t.Errorf("%s: not in a report", name)
			}
		}
	})
}

// escapesNothing looks at all that is said of a capture, and returns whether
// the hostile text is in it.
func escapesNothing(t *testing.T, schema *reporttest.Schema, name, in string) (shown bool) {
	t.Helper()
	dir := t.TempDir()
	for _, flags := range [][]string{{"--all"}, {"--redact"}} {
		args := append([]string{"--force", "-v", "--no-progress"}, flags...)
		for _, r := range reports {
			_, ext, _ := strings.Cut(r, " ")
			args = append(args, "-o", filepath.Join(dir, "out"+ext))
		}
		got := tlswhy(t, nil, append(args, "-o", "-", in)...)
		for i, s := range []string{got.out, got.errors} {
			if err := reporttest.Printable([]byte(s), false); err != nil {
				t.Errorf("%s: stream %d: %v", name, i+1, err)
			}
		}
		for _, r := range reports {
			format, ext, _ := strings.Cut(r, " ")
			b, err := os.ReadFile(filepath.Join(dir, "out"+ext))
			if err == nil && format == "" {
				err = readable(filepath.Join(dir, "out"+ext))
			} else if err == nil {
				err = schema.Check(format, b)
				shown = shown || bytes.Contains(b, []byte(mark))
				if flags[0] == "--redact" && bytes.Contains(b, []byte(mark)) {
					t.Errorf("%s: %s: redacted, and still there", name, format)
				}
			}
			if err != nil {
				t.Errorf("%s: %s: %v", name, ext, err)
			}
		}
		checkFilters(t, name, got.out)
	}
	checkLiveLines(t, name, in)
	return shown
}

// checkFilters: what is to be pasted into Wireshark holds nothing of a packet.
func checkFilters(t *testing.T, name, text string) {
	t.Helper()
	_, after, ok := strings.Cut(text, "Wireshark display filter\n")
	if line, _, _ := strings.Cut(after, "\n"); ok && !regexp.MustCompile(`^  (tcp|udp)\.stream eq [0-9]+$`).MatchString(line) {
		t.Errorf("%s: filter %q", name, line)
	}
}

// checkLiveLines looks at the lines of a live capture.
func checkLiveLines(t *testing.T, name, in string) {
	t.Helper()
	o, err := parse([]string{"--all", "-q", in})
	if err != nil {
		t.Fatal(err)
	}
	std := streams{strings.NewReader(""), io.Discard, io.Discard, func(string) string { return "" }, nil}
	got, err := analyse(context.Background(), o, std, newExtract(o))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range got.report.Handshakes {
		live := render.NewLive(render.Options{})
		var line bytes.Buffer
		if err := live.Line(&line, h); err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{line.String(), live.Verdict(h) + "\n"} {
			if err := reporttest.Printable([]byte(s), false); err != nil || strings.Count(s, "\n") != 1 {
				t.Errorf("%s: live: %v %q", name, err, s)
			}
		}
	}
}
