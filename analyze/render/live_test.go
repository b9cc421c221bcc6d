package render

import (
	"bytes"
	"strings"
	"testing"

	"tlswhy/analyze"
)

// A line of a live capture is one line, whatever a packet held.
func TestLiveLine(t *testing.T) {
	r := testReport(3, "evil\x1b[31m\r\n.example")
	for _, redact := range []bool{false, true} {
		l := NewLive(Options{Template: testTemplate, Redact: redact})
		for _, h := range r.Handshakes {
			var b bytes.Buffer
			if err := l.Line(&b, h); err != nil {
				t.Fatal(err)
			}
			s := b.String()
			if strings.Count(s, "\n") != 1 || !strings.HasSuffix(s, "\n") || strings.ContainsAny(s[:len(s)-1], "\r\x1b\x00") {
				t.Errorf("no line: %q", s)
			}
			if has := strings.Contains(s, h.Facts.Server.Addr().String()); has == redact {
				t.Errorf("redact %v: %q", redact, s)
			}
		}
	}
}

// What was told is not told again; the summary comes last.
func TestLiveLast(t *testing.T) {
	r := testReport(3, "evil\x1b[31m\r\n.example")
	var b bytes.Buffer
	first := true
	err := NewLive(Options{Template: testTemplate}).Last(&b, r, func(*analyze.Handshake) bool {
		was := first
		first = false
		return was
	})
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if err != nil || len(lines) != len(r.Handshakes) || !strings.Contains(lines[len(lines)-1], `"summary"`) {
		t.Errorf("%v: %d lines of %d handshakes: %s", err, len(lines), len(r.Handshakes), b.String())
	}
}
