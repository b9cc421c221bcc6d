package render

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestFormatsAreFound(t *testing.T) {
	for _, f := range Formats() {
		if g, ok := ByName(f.Name); !ok || g.Name != f.Name {
			t.Errorf("%s is not found by its name", f.Name)
		}
		for _, e := range f.Extensions {
			if g, ok := ByExtension(e); !ok || g.Name != f.Name {
				t.Errorf("%s is not found by %s", f.Name, e)
			}
		}
	}
	if _, ok := ByName(""); ok {
		t.Error("a format without a name")
	}
}

// Whatever stands in a packet, the output is printable text.
func TestOutputIsPrintable(t *testing.T) {
	for _, f := range Formats() {
		for _, s := range hostileStrings {
			for _, redact := range []bool{false, true} {
				o := testOptions()
				o.All, o.Redact = true, redact
				got := written(f, testReport(2, s), o)
				if !utf8.ValidString(got) {
					t.Fatalf("%s: no UTF-8 with %q", f.Name, s)
				}
				for _, r := range got {
					if r != '\n' && !unicode.IsPrint(r) && (r != '\t' || f.Name != "html") { // the page's script is indented with tabs
						t.Fatalf("%s: %U with %q", f.Name, r, s)
					}
				}
			}
		}
	}
}

func TestSameBytesTwice(t *testing.T) {
	for _, f := range Formats() {
		for _, redact := range []bool{false, true} {
			o := testOptions()
			o.Redact, o.Color = redact, true
			r := testReport(3, "mail.example.com")
			once, again := written(f, r, o), written(f, r, o)
			if once != again || once != written(f, testReport(3, "mail.example.com"), o) {
				t.Errorf("%s differs from run to run", f.Name)
			}
		}
	}
}

// No identifier is left in a redacted report.
func TestRedacted(t *testing.T) {
	const name = "secret-host.example.org"
	for _, f := range Formats() {
		o := testOptions()
		o.Redact, o.All = true, true
		got := written(f, testReport(3, name), o)
		for _, s := range []string{name, "secret", "10.77.1.2", "fd77::2:2", "0a1b2c", "aa55aa55", "Test CA", "010203", "curl", "www.example.com", "*.example.com"} {
			if strings.Contains(got, s) {
				t.Errorf("%s: %q is left", f.Name, s)
			}
		}
		for _, s := range []string{"client-1", "server-1", "host-1"} {
			if !strings.Contains(got, s) {
				t.Errorf("%s: no %q", f.Name, s)
			}
		}
	}
}
