package render

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"tlswhy/analyze"
	"tlswhy/decode"
)

// Bounds of a ladder: so many lines from its head and its end.
const (
	ladderHead = 40
	ladderTail = 24
)

// ladder draws the timeline: the client left, the server right, time runs
// down.
type ladder struct {
	t      *textReport
	h      *analyze.Handshake
	inner  int  // columns between the two bars
	notes  int  // columns beside the ladder; 0 when notes go below their lines
	files  bool // frames are named with their file
	start  time.Time
	proof  string // finding whose evidence is marked
	broken int    // line at which the handshake broke; -1 for none
}

const ladderLeft = 21 // columns before the first bar

func (t *textReport) ladder(h *analyze.Handshake) {
	if len(h.Timeline) == 0 {
		return
	}
	l := &ladder{t: t, h: h, broken: -1, start: h.Timeline[0].Time, inner: t.width - ladderLeft - 2}
	if t.width >= 108 {
		l.inner = 54
		l.notes = t.width - ladderLeft - l.inner - 2 - 2
	}
	if f := h.Primary(); f != nil {
		l.proof = f.ID
	}
	l.broken = breakLine(h)
	for i := range h.Timeline {
		l.files = l.files || h.Timeline[i].Capture != h.Timeline[0].Capture && len(h.Facts.Seen) == 0
	}
	l.draw()
}

func (l *ladder) draw() {
	t := l.t
	t.heading("timeline")
	frame := t.frameColumn(l.h)
	if l.files {
		frame = t.label("file:frame column")
	}
	client, server := t.label("client")+" "+t.addrPort(l.h.Facts.Client), t.label("server")+" "+t.addrPort(l.h.Facts.Server)
	if columns(client)+columns(server)+4 > l.inner {
		client, server = t.label("client"), t.label("server")
	}
	head := pad(padLeft(frame, 9)+padLeft(t.label("seconds"), 20-max(columns(frame), 9)), ladderLeft)
	t.line(t.dim(head + client + strings.Repeat(" ", l.inner+2-columns(client)-columns(server)) + server))
	left := 0
	lines := l.h.Timeline
	for i := range lines {
		if i >= ladderHead && i < len(lines)-ladderTail && lines[i].Finding == "" {
			left++
			continue
		}
		l.skipped(&left)
		l.row(i, &lines[i])
	}
	l.skipped(&left)
}

// skipped says how many lines were left out.
func (l *ladder) skipped(n *int) {
	if *n > 0 {
		l.t.line(strings.Repeat(" ", ladderLeft) + l.between(l.t.labelN("lines left out", *n)))
	}
	*n = 0
}

// between centres a text between the bars.
func (l *ladder) between(s string) string {
	free := l.inner - columns(s)
	return "|" + strings.Repeat(" ", max(free/2, 0)) + s + strings.Repeat(" ", max(free-free/2, 0)) + "|"
}

func (l *ladder) row(i int, e *analyze.Line) {
	t := l.t
	marked := l.proof != "" && e.Finding == l.proof
	label, detail := l.label(e)
	arrow := l.arrow(e, label, i == l.broken)
	if i == l.broken {
		arrow = t.bad(arrow)
	} else if marked {
		arrow = t.warn(arrow)
	}
	notes := l.remarks(i, e, detail)
	head := l.left(e, marked)
	if l.notes > 0 {
		l.beside(head, arrow, notes)
		return
	}
	t.line(head + arrow)
	for _, n := range notes {
		for k, s := range wrapFrom(n, l.inner-4, l.inner-6) {
			lead := "   "
			if k > 0 {
				lead = "     "
			}
			t.line(strings.Repeat(" ", ladderLeft) + "|" + pad(lead+s, l.inner) + "|")
		}
	}
}

// beside puts the notes to the right of the ladder.
func (l *ladder) beside(head, arrow string, notes []string) {
	var lines []string
	for _, n := range notes {
		lines = append(lines, wrap(n, l.notes)...)
	}
	if len(lines) == 0 {
		l.t.line(head + arrow)
		return
	}
	for k, s := range lines {
		if k > 0 {
			head, arrow = strings.Repeat(" ", ladderLeft), "|"+strings.Repeat(" ", l.inner)+"|"
		}
		l.t.line(head + arrow + "  " + s)
	}
}

// left is the margin: a mark, the frame, the seconds since the first line.
func (l *ladder) left(e *analyze.Line, marked bool) string {
	mark := " "
	if marked {
		mark = ">"
	}
	frame := "-"
	if e.Frame > 0 {
		frame = framesOf(l.h, e)
		if l.files || columns(frame) > 8 {
			frame = fmt.Sprintf("%d:%d", e.Capture+1, e.Frame)
		}
	}
	since := "-"
	if !e.Time.IsZero() && !l.start.IsZero() {
		since = strconv.FormatFloat(e.Time.Sub(l.start).Seconds(), 'f', 6, 64)
	}
	return pad(mark+padLeft(frame, 8)+padLeft(since, 11), ladderLeft)
}

// label is what stands on the arrow. The detail stands there too when there
// is room.
func (l *ladder) label(e *analyze.Line) (label, detail string) {
	label = clean(e.What)
	if e.Decrypted {
		label += " (" + l.t.label("decrypted") + ")"
	}
	detail = l.t.text(e.Detail)
	if detail != "" && columns(label)+2+columns(detail) <= l.inner-8 {
		return label + ": " + detail, ""
	}
	if columns(label) > l.inner-8 {
		detail = strings.TrimSpace(label + " " + detail)
		label = "..."
	}
	return label, detail
}

// remarks are the lines below an arrow: its detail, what is remarkable, who
// probably sent it, and that it broke here.
func (l *ladder) remarks(i int, e *analyze.Line, detail string) []string {
	t := l.t
	var notes []string
	if detail != "" {
		notes = append(notes, detail)
	}
	if s := t.text(e.Note); s != "" {
		notes = append(notes, s)
	}
	if e.Suspected != "" && e.Suspected != sideName(e.From) {
		notes = append(notes, t.warn(t.labelS("suspected", t.label(e.Suspected))))
	}
	if i == l.broken {
		notes = append(notes, t.bad("^ "+t.label("broke here")))
	}
	return notes
}

// arrow draws one line between the bars; the one that broke carries an x.
func (l *ladder) arrow(e *analyze.Line, label string, broken bool) string {
	fill := "-"
	if e.Layer == "tcp" || e.Layer == "ip" {
		fill = "."
	}
	tip := fill
	if broken {
		tip = "x"
	}
	body := " " + label + " "
	free := max(l.inner-columns(body)-3, 2)
	switch e.From {
	case decode.Client:
		return "|" + fill + fill + body + strings.Repeat(fill, max(free-1, 0)) + tip + ">|"
	case decode.Server:
		return "|<" + tip + strings.Repeat(fill, max(free-1, 0)) + body + fill + fill + "|"
	}
	return "|" + strings.Repeat("*", free/2+1) + body + strings.Repeat("*", free-free/2+2) + "|"
}
