package render

import (
	"regexp"
	"strings"
	"testing"

	"tlswhy/analyze"
)

func TestNoLineIsTooLong(t *testing.T) {
	for _, width := range []int{80, 120} {
		for _, s := range append(hostileStrings, "mail.example.com") {
			for _, color := range []bool{false, true} {
				o := testOptions()
				o.Width, o.All, o.Color = width, true, color
				for i, l := range strings.Split(written(Format{Write: Text}, testReport(1, s), o), "\n") {
					if n := columns(l); n > width {
						t.Fatalf("width %d, line %d has %d columns: %q", width, i+1, n, l)
					}
					if l != strings.TrimRight(l, " ") {
						t.Fatalf("spaces at the end of %q", l)
					}
				}
			}
		}
	}
}

// Colour carries no meaning: without it the text is the same.
func TestColorChangesNothing(t *testing.T) {
	sgr := regexp.MustCompile("\x1b\\[[0-9;]*m")
	for _, n := range []int{0, 1, 3} {
		plain := written(Format{Write: Text}, testReport(n, "mail.example.com"), testOptions())
		o := testOptions()
		o.Color = true
		colored := written(Format{Write: Text}, testReport(n, "mail.example.com"), o)
		if colored == plain {
			t.Errorf("%d failures: no colour", n)
		}
		if got := sgr.ReplaceAllString(colored, ""); got != plain {
			t.Errorf("%d failures: colour changes the text", n)
		}
		for _, l := range strings.Split(colored, "\n") {
			if last := sgr.FindAllString(l, -1); len(last) > 0 && last[len(last)-1] != "\x1b[0m" {
				t.Errorf("colour does not end with its line: %q", l)
			}
		}
	}
}

func TestVerdictComesFirst(t *testing.T) {
	got := written(Format{Write: Text}, testReport(1, "mail.example.com"), testOptions())
	if !strings.HasPrefix(got, "error[cipher-no-overlap]: Client 10.77.1.2 offers no cipher suite") {
		t.Errorf("begins with %q", got[:80])
	}
	for _, s := range []string{"tcp.stream eq 0", "frame 6 ", "the handshake breaks here", "chose nothing", "ssl_ciphers HIGH;", "dhe-only-server"} {
		if !strings.Contains(got, s) {
			t.Errorf("does not say %q", s)
		}
	}
}

func TestManyFailures(t *testing.T) {
	got := written(Format{Write: Text}, testReport(30, "mail.example.com"), testOptions())
	if !strings.HasPrefix(got, "30 of 30 handshakes failed.\n") {
		t.Errorf("begins with %q", got[:80])
	}
	if n := strings.Count(got, "error[cipher-no-overlap]"); n != 1 {
		t.Errorf("%d examples of one group", n)
	}
	if !strings.Contains(got, "29 more like this: tcp.stream 1, 2, ") || !strings.Contains(got, "and 17 more") {
		t.Error("does not say how many are alike")
	}
}

// TestExamplesOnly: the counts are those of all failures, not of the examples
// that a report of very many keeps.
func TestExamplesOnly(t *testing.T) {
	r := testReport(30, "mail.example.com")
	r.Handshakes = r.Handshakes[4:6]
	for _, f := range []Format{{Write: Text}, {Write: Markdown}} {
		got := written(f, r, testOptions())
		if !strings.Contains(got, "30 of 30 handshakes failed") || !strings.Contains(got, "29 more like this: tcp.stream 0, 1, 2, 3, 5, ") {
			t.Errorf("%s", got[:min(len(got), 400)])
		}
	}
}

func TestNothingFailed(t *testing.T) {
	r := &analyze.Report{Captures: []analyze.Capture{{File: "a.pcap", Packets: 40}}, Summary: analyze.Summary{Handshakes: 3, Completed: 2, Incomplete: 1, Other: 4}}
	got := written(Format{Write: Text}, r, testOptions())
	if !strings.HasPrefix(got, "Nothing failed. 3 handshakes: 2 completed, 1 incomplete; 4 connections without\nTLS.\n") {
		t.Errorf("%q", got)
	}
	r.Summary = analyze.Summary{Handshakes: 1, Incomplete: 1}
	if got := written(Format{Write: Text}, r, testOptions()); !strings.HasPrefix(got, "No failure seen. 1 handshake: 1 incomplete.\n") {
		t.Errorf("%q", got)
	}
	r.Summary = analyze.Summary{Other: 2}
	if got := written(Format{Write: Text}, r, testOptions()); !strings.HasPrefix(got, "No TLS handshake in this capture.\n40 packets, 2 connections without TLS.\n") {
		t.Errorf("%q", got)
	}
	r.Captures[0].Packets = 0
	r.Summary = analyze.Summary{}
	if got := written(Format{Write: Text}, r, testOptions()); !strings.HasPrefix(got, "No packets in this capture.\n") {
		t.Errorf("%q", got)
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		in    string
		width int
		want  string
	}{
		{"a bc def", 8, "a bc def"},
		{"aaaa bbbb cccc", 9, "aaaa bbbb|cccc"},
		{"aaaaaaaaaaaaaaaaaaaa", 8, "aaaaaaaa|aaaaaaaa|aaaa"},
		{"aaaaaa,bbbbbb", 10, "aaaaaa,|bbbbbb"},
		{"", 10, ""},
		{"日本語日本語", 8, "日本語日|本語"},
		{"\x1b[1maaaa bbbb\x1b[0m", 8, "\x1b[1maaaa\x1b[0m|\x1b[1mbbbb\x1b[0m"},
	} {
		if got := strings.Join(wrap(c.in, c.width), "|"); got != c.want {
			t.Errorf("wrap(%q, %d) = %q, want %q", c.in, c.width, got, c.want)
		}
	}
}
