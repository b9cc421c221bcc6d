package render

import (
	"slices"
	"strconv"
	"strings"

	"tlswhy/analyze"
)

// framesOf names the frames of a line of the timeline: the one, or, of a
// connection that several captures show, that of each in their order. A dash
// stands where something is missing, nothing where that is not known.
func framesOf(h *analyze.Handshake, l *analyze.Line) string {
	if len(h.Facts.Seen) == 0 {
		return strconv.Itoa(l.Frame)
	}
	var list []string
	for _, capture := range seenIn(h) {
		list = append(list, frameIn(l, capture))
	}
	return strings.Join(list, "|")
}

func frameIn(l *analyze.Line, capture int) string {
	for _, p := range append([]analyze.Place{{Capture: l.Capture, Frame: l.Frame}}, l.Also...) {
		if p.Capture == capture {
			return strconv.Itoa(p.Frame)
		}
	}
	if len(l.Also) == 0 && !l.Note.IsZero() {
		return "-"
	}
	return ""
}

// seenIn are the captures that show a handshake, in order.
func seenIn(h *analyze.Handshake) []int {
	var list []int
	for _, s := range h.Facts.Seen {
		list = append(list, s.Capture)
	}
	slices.Sort(list)
	return list
}

// frameColumn is the head of the column that framesOf fills.
func (p *printer) frameColumn(h *analyze.Handshake) string {
	var list []string
	for _, capture := range seenIn(h) {
		list = append(list, strconv.Itoa(capture+1))
	}
	if len(list) == 0 {
		return p.label("frame column")
	}
	return p.label("frame column") + " " + strings.Join(list, "|")
}

// elsewhere tells of the other captures that show a handshake.
func (t *textReport) elsewhere(h *analyze.Handshake) {
	for _, s := range h.Facts.Seen {
		if s.Capture == h.Facts.Capture || s.Capture >= len(t.r.Captures) {
			continue
		}
		text := "[" + strconv.Itoa(s.Capture+1) + "] " + t.file(t.r.Captures[s.Capture].File) + ", "
		if s.FirstFrame > 0 {
			text += t.labelS("frames", strconv.Itoa(s.FirstFrame), strconv.Itoa(s.LastFrame)) + ", "
		}
		t.field("also in", text+streamField(h)+" eq "+strconv.Itoa(s.Stream))
	}
}
