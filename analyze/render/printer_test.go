package render

import (
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"tlswhy/analyze"
	"tlswhy/decode"
	"tlswhy/decode/wire"
)

// hostileStrings try to leave the place where they are printed.
var hostileStrings = []string{
	"\x1b[2J\x1b]8;;http://evil/\x07x\x1b]8;;\x07", "\x9b31m", "a\r\nb\tc\x00d\x7f", "\u202egnp.exe", "\u2066x\u2069\u200b\ufeff", "\xff\xfe\xc3",
	`</script><script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, "```\n<details>", "|a|b|", "](javascript:x)", "$(reboot)", `\x41`, `\\`, "{0}{1}",
	strings.Repeat("A", 5000), strings.Repeat("é", 400), "日本語のホスト名.example", "", " ", "\u2028\u2029", "\U000e0041", "e\u0301", "\ufe0f",
}

func TestClean(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"mail.example.com", "mail.example.com"},
		{"\x1b[31m", `\x1b[31m`},
		{"a\nb", `a\x0ab`},
		{"\xff", `\xff`},
		{"é日", "é日"},
		{"\u202e", `\xe2\x80\xae`},
		{`C:\dir`, `C:\dir`},
		{`\x41`, `\x5cx41`},
		{`\\x41`, `\\x5cx41`},
		{`\xzz`, `\xzz`},
		{"\u3164", `\xe3\x85\xa4`},
	} {
		if got := clean(c.in); got != c.want {
			t.Errorf("clean(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestCleanIsPrintable(t *testing.T) {
	for _, s := range hostileStrings {
		got := clean(s)
		if !utf8.ValidString(got) {
			t.Errorf("clean(%q) is no UTF-8", s)
		}
		for _, r := range got {
			if !unicode.IsPrint(r) {
				t.Errorf("clean(%q) keeps %U", s, r)
			}
		}
		if back := unclean(got); back != s {
			t.Errorf("clean(%q) = %q reads back as %q", s, got, back)
		}
	}
}

// unclean reads back what clean wrote.
func unclean(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && looksEscaped(s[i:]) {
			b.WriteByte(unhex(s[i+2])<<4 | unhex(s[i+3]))
			i += 3
		} else {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

func unhex(c byte) byte {
	if c >= 'a' {
		return c - 'a' + 10
	}
	return c - '0'
}

func FuzzClean(f *testing.F) {
	for _, s := range hostileStrings {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := unclean(clean(s)); got != s {
			t.Errorf("%q reads back as %q", s, got)
		}
	})
}

func TestValues(t *testing.T) {
	p := newPrinter(testReport(0, ""), testOptions())
	silly := analyze.T("test/silly", analyze.Count(1))
	many := make([]analyze.Arg, maxListed+3)
	for i := range many {
		many[i] = analyze.Count(i)
	}
	for _, c := range []struct {
		arg  analyze.Arg
		want string
	}{
		{analyze.Word("TLS 1.2"), "TLS 1.2"},
		{analyze.Count(1234567), "1,234,567"},
		{analyze.Bytes(1), "1 byte"},
		{analyze.Bytes(1514), "1514 bytes"},
		{analyze.Duration(1234 * time.Nanosecond), "1.23 µs"},
		{analyze.Duration(312 * time.Millisecond), "312 ms"},
		{analyze.Duration(10 * time.Second), "10 s"},
		{analyze.Duration(90 * time.Second), "1 min 30 s"},
		{analyze.Duration(2 * time.Hour), "2 h"},
		{analyze.Duration(-9 * 24 * time.Hour), "-9 days"},
		{analyze.Time(testStart), "2026-11-24T23:00:00.123456Z"},
		{analyze.Frame(7), "7"},
		{analyze.SideArg(decode.Server), "server"},
		{analyze.Addr(netip.MustParseAddr("fe80::1%eth\x1b0")), `fe80::1%eth\x1b0`},
		{analyze.AddrPort(netip.MustParseAddrPort("[2001:db8::1]:443")), "[2001:db8::1]:443"},
		{analyze.Name("*.example.com"), "*.example.com"},
		{analyze.Name("a b"), `"a b"`},
		{analyze.Name(""), `""`},
		{analyze.Identity(`CN=x\,y`), `"CN=x\,y"`},
		{analyze.Raw([]byte("220 hi\r\n\"")), `"220 hi\x0d\x0a\""`},
		{analyze.CodeOf(wire.AlertDescription(40)), "handshake_failure (40)"},
		{analyze.CodeOf(wire.TLS12), "TLS 1.2"},
		{analyze.Codes([]wire.Group{0x001d, 0x0017}), "x25519, secp256r1"},
		{analyze.List(), "none"},
		{analyze.List(many...), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, and 3 more"},
		{analyze.Nested(silly), "1 and {9} and {x} and one and }"},
	} {
		if got := p.value(c.arg, 0); got != c.want {
			t.Errorf("%+v: %q, want %q", c.arg, got, c.want)
		}
	}
}

// A value that looks like a place is not filled in, whatever it holds.
func TestPlacesInValues(t *testing.T) {
	p := newPrinter(testReport(0, ""), testOptions())
	got := p.text(analyze.T("cipher-no-overlap/fix", analyze.Raw([]byte("{1}")), analyze.Word("second")))
	if want := `use a TLS library that has "{1}", or a certificate that fits second`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestTextWithoutTemplate(t *testing.T) {
	p := newPrinter(testReport(0, ""), testOptions())
	if got := p.text(analyze.T("no-such/text", analyze.Count(3))); got != "no-such/text 3" {
		t.Errorf("%q", got)
	}
	if got := p.text(analyze.Text{}); got != "" {
		t.Errorf("zero text: %q", got)
	}
}

func TestTextsInTextsEnd(t *testing.T) {
	p := newPrinter(testReport(0, ""), testOptions())
	loop := analyze.T("test/cyclic", analyze.Nested(analyze.Text{}))
	loop.Args[0].Text = &loop
	if got := p.text(loop); strings.Count(got, "<") != maxNested+1 {
		t.Errorf("%q", got)
	}
}

func TestBytesWithTheWordInTheTemplate(t *testing.T) {
	p := newPrinter(testReport(0, ""), testOptions())
	if got := p.fill("{0} bytes are {0}", []analyze.Arg{analyze.Bytes(3)}, 0); got != "3 bytes are 3 bytes" {
		t.Errorf("%q", got)
	}
}
