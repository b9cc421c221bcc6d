package render

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"

	"tlswhy/analyze"
)

// Bounds of the text report; what is left out is said.
const (
	maxExamples = 50  // failures told in full
	maxGroups   = 200 // lines of the overview
	maxBriefs   = 500 // healthy handshakes, a line each
	fewInFull   = 3   // so many handshakes are told in full even when they are healthy
)

// textReport writes one report as text.
type textReport struct {
	style
	*printer
	w     *bufio.Writer
	r     *analyze.Report
	width int
	all   bool
}

// Text writes the report for people: the verdict first, then what led to it.
func Text(w io.Writer, r *analyze.Report, o Options) error {
	width := o.Width
	if width <= 0 {
		width = 80
	}
	t := &textReport{style(o.Color), newPrinter(r, o), bufio.NewWriterSize(w, 64<<10), r, min(max(width, 40), 160), o.All}
	t.report()
	return t.w.Flush()
}

func (t *textReport) report() {
	failed := t.failures()
	switch {
	case t.r.Summary.Handshakes == 0:
		t.nothing()
	case len(failed) == 0:
		t.healthy()
	case len(failed) == 1:
		t.full(failed[0])
		t.blank()
		t.counts()
	default:
		t.overview(failed)
	}
	t.stories()
	t.others(len(failed))
	t.captures()
	t.version()
}

// failures are the examples to tell in full: all failures when they are asked
// for or few, else the first of each group, the largest group first.
func (t *textReport) failures() []*analyze.Handshake {
	var failed []*analyze.Handshake
	for _, h := range t.r.Handshakes {
		if h.Outcome == analyze.Failed {
			failed = append(failed, h)
		}
	}
	return failed
}

// line writes a line; paragraph writes a text wrapped, with a first indent and
// one for the rest.
func (t *textReport) line(s string) {
	t.w.WriteString(strings.TrimRight(s, " "))
	t.w.WriteByte('\n')
}

func (t *textReport) blank() { t.w.WriteByte('\n') }

func (t *textReport) paragraph(first, rest, s string) {
	for i, l := range wrapFrom(s, t.width-columns(first), t.width-columns(rest)) {
		if i == 0 {
			t.line(first + l)
		} else {
			t.line(rest + l)
		}
	}
}

func (t *textReport) heading(key string) {
	t.blank()
	t.line(t.strong(sentence(t.label(key))))
}

// sentence begins with a capital letter, unless it begins with a value.
func sentence(s string) string {
	word, _, _ := strings.Cut(s, " ")
	word = strings.TrimSuffix(word, ",")
	for i := range len(word) {
		if word[i] < 'a' || word[i] > 'z' {
			return s
		}
	}
	if s == "" {
		return s
	}
	return string(unicode.ToUpper(rune(s[0]))) + s[1:]
}

// counts says how the handshakes ended.
func (t *textReport) counts() { t.paragraph("", "", t.countsText()) }

func (t *textReport) countsText() string {
	s := t.r.Summary
	parts := t.numbers("n failed", s.Failed, "n completed", s.Completed, "n incomplete", s.Incomplete)
	text := t.labelN("n handshakes", s.Handshakes) + ": " + strings.Join(parts, ", ")
	if s.Other > 0 {
		text += "; " + t.labelN("n other", s.Other)
	}
	return text + "."
}

// restText is what there was besides failures.
func (t *textReport) restText() string {
	s := t.r.Summary
	parts := t.numbers("n completed", s.Completed, "n incomplete", s.Incomplete, "n other", s.Other)
	if len(parts) == 0 {
		return ""
	}
	return " " + sentence(strings.Join(parts, ", ")) + "."
}

// numbers are labels with their numbers, without those that are zero.
func (t *textReport) numbers(pairs ...any) []string {
	var parts []string
	for i := 0; i+1 < len(pairs); i += 2 {
		if n := pairs[i+1].(int); n > 0 {
			parts = append(parts, t.labelN(pairs[i].(string), n))
		}
	}
	return parts
}

// nothing says that there was no handshake, and what there was.
func (t *textReport) nothing() {
	packets := 0
	for i := range t.r.Captures {
		packets += t.r.Captures[i].Packets
	}
	key := "no TLS"
	if packets == 0 {
		key = "no packets"
	}
	t.paragraph("", "", t.bold(t.label(key)))
	if s := t.r.Summary; s.Other > 0 {
		t.paragraph("", "", t.labelN("n packets", packets)+", "+t.labelN("n other", s.Other)+".")
	} else if packets > 0 {
		t.paragraph("", "", t.labelN("n packets", packets)+".")
	}
}

func (t *textReport) healthy() {
	key := "nothing failed"
	if t.r.Summary.Completed == 0 {
		key = "no failure seen"
	}
	t.paragraph("", "", t.good(t.label(key))+" "+t.countsText())
	if t.r.Summary.Incomplete > 0 && !t.all {
		t.paragraph("", "", t.labelN("incomplete hint", t.r.Summary.Incomplete))
	}
}

// overview tells of many failures: counts, groups, then an example of each.
func (t *textReport) overview(failed []*analyze.Handshake) {
	t.paragraph("", "", t.bad(t.label("n of m failed", t.r.Summary.Failed, t.r.Summary.Handshakes))+t.restText())
	groups := worstFirst(t.r)
	t.blank()
	t.groupTable(groups)
	examples := t.examples(groups, failed)
	for i, e := range examples {
		if i == maxExamples {
			t.blank()
			t.paragraph("", "", t.labelN("examples left out", len(examples)-i))
			break
		}
		t.blank()
		t.line(t.dim(strings.Repeat("-", t.width)))
		t.full(e.h)
		t.alike(e)
	}
}

// example is a handshake that is told in full and those that it stands for.
type example struct {
	h     *analyze.Handshake
	alike []int // their streams
}

func (t *textReport) examples(groups []analyze.Group, failed []*analyze.Handshake) []example {
	byID := make(map[int]*analyze.Handshake, len(failed))
	for _, h := range failed {
		byID[h.ID] = h
	}
	var list []example
	for _, g := range groups {
		var e example
		for i, id := range g.Handshakes {
			h := byID[id]
			switch {
			case h != nil && e.h == nil:
				e.h = h
			case h != nil && t.all:
				list = append(list, e)
				e = example{h: h}
			case !t.all:
				e.alike = append(e.alike, g.Streams[i])
			}
		}
		if e.h != nil {
			list = append(list, e)
		}
	}
	return list
}

// alike lists the handshakes that an example stands for.
func (t *textReport) alike(e example) {
	if len(e.alike) == 0 {
		return
	}
	var where []string
	for i, stream := range e.alike {
		if i == 12 {
			where = append(where, t.labelN("more", len(e.alike)-i))
			break
		}
		where = append(where, fmt.Sprint(stream))
	}
	t.blank()
	t.paragraph("", "  ", t.labelN("n alike", len(e.alike))+" "+streamField(e.h)+" "+strings.Join(where, ", "))
}

func (t *textReport) stories() {
	for i := range t.r.Stories {
		s := &t.r.Stories[i]
		t.blank()
		t.paragraph("", "  ", t.strong(t.label("story")+"["+s.Finding+"]:")+" "+t.text(s.Text))
	}
}

// captures says what was read and what was wrong with it.
func (t *textReport) captures() {
	t.blank()
	for i := range t.r.Captures {
		c := &t.r.Captures[i]
		s := t.file(c.File) + ": " + t.labelN("n packets", c.Packets)
		if !c.First.IsZero() {
			s += ", " + t.labelS("span", durationText(c.Last.Sub(c.First)), timeText(c.First))
		}
		if c.Dropped > 0 {
			s += ", " + t.labelN("n dropped", c.Dropped)
		}
		if c.Position != "" {
			s += ", " + t.label("taken at "+c.Position)
			if why := t.text(c.Inferred); why != "" {
				s += " (" + why + ")"
			}
		}
		t.paragraph("", "  ", t.dim(s))
		for _, w := range c.Warnings {
			t.paragraph("  ", "    ", t.warn(t.label("warning")+":")+" "+t.text(w))
		}
	}
	if c := t.r.Command; c != nil {
		var argv []string
		for _, a := range c.Argv {
			argv = append(argv, t.argument(a))
		}
		t.paragraph("", "  ", t.labelS("command", strings.Join(argv, " "), fmt.Sprint(c.Status)))
	}
}

func (t *textReport) version() {
	s := "tlswhy " + clean(t.r.Version)
	if roots := t.roots(t.r); roots != "" {
		s += ", " + t.labelS("roots", roots)
	}
	t.line(t.dim(s))
}
