package render

import (
	"fmt"
	"net/netip"
	"strings"

	"tlswhy/analyze"
)

// Notes are a report as comments in a capture: one for the whole, and those of
// the packets that prove something.
type Notes struct {
	Verdict string
	packets map[place][]string
	note    *notes
}

// place is a frame as its input numbers it.
type place struct{ capture, frame int }

// maxNotes is how many failures the comment on the whole tells of, in a line
// each; a packet's comment tells of the others.
const maxNotes = 40

// notes writes comments. Frames are named as they are numbered in the capture
// that is written.
type notes struct {
	*textReport
	number func(capture, frame int) int
}

// Annotate makes the comments for a capture in which number gives the new
// number of a frame, 0 when it is left out.
func Annotate(r *analyze.Report, o Options, number func(capture, frame int) int) *Notes {
	n := &notes{&textReport{printer: newPrinter(r, o), r: r}, number}
	out := &Notes{packets: map[place][]string{}, note: n}
	lines := []string{n.heading()}
	failed := n.failures()
	for i, h := range failed {
		if i == maxNotes {
			lines = append(lines, n.labelN("more", len(failed)-i))
			break
		}
		lines = append(lines, n.line(h))
	}
	out.Verdict = strings.Join(lines, "\n")
	for _, h := range r.Handshakes {
		n.frameText = func(frame int) string { return n.frameName(h.Facts.Capture, frame) }
		for _, f := range h.Findings {
			n.finding(h, f, out.packets)
		}
	}
	return out
}

// Packet gives the comments on a frame by the number that it has in its input.
func (n *Notes) Packet(capture, frame int) []string { return n.packets[place{capture, frame}] }

// Input names an input when there are several.
func (n *Notes) Input(capture int) string {
	if list := n.note.r.Captures; len(list) > 1 && capture < len(list) {
		return n.note.file(list[capture].File)
	}
	return ""
}

// Name is the placeholder of a host name in a redacted report.
func (n *Notes) Name(name string) string { return n.note.hostName(name) }

// Legend says which addresses in a redacted capture the placeholders of the
// comments stand for.
func (n *Notes) Legend(to func(netip.Addr) netip.Addr) string {
	var list []string
	seen := map[string]bool{}
	for _, h := range n.note.r.Handshakes {
		for _, a := range []netip.Addr{h.Facts.Client.Addr(), h.Facts.Server.Addr()} {
			s := n.note.addr(a)
			if a.IsValid() && !seen[s] && len(list) < maxNotes {
				seen[s] = true
				list = append(list, s+" = "+to(a).String())
			}
		}
	}
	return strings.Join(list, ", ")
}

func (n *notes) heading() string {
	s := "tlswhy " + clean(n.r.Version) + ": "
	if n.r.Summary.Failed > 0 {
		return s + n.failedText(n.r)
	}
	return s + n.label("no failure seen")
}

// line is a failure in one line, with the frames that prove it.
func (n *notes) line(h *analyze.Handshake) string {
	f := h.Primary()
	if f == nil {
		return n.ends(h)
	}
	n.frameText = func(frame int) string { return n.frameName(h.Facts.Capture, frame) }
	var frames []string
	for _, e := range f.Evidence {
		if e.Frame > 0 {
			frames = append(frames, n.frameName(e.Capture, e.Frame))
		}
	}
	s := n.tag(f) + " " + n.ends(h) + ": " + sentence(n.text(f.Summary))
	if len(frames) > 0 {
		s += " (" + n.label("frames column") + " " + strings.Join(frames, ", ") + ")"
	}
	return s
}

func (n *notes) tag(f *analyze.Finding) string {
	return n.label(string(f.Severity)) + "[" + f.ID + "]"
}

// frameName is a frame's new number, with the old one where that is another.
func (n *notes) frameName(capture, frame int) string {
	now := n.number(capture, frame)
	file := ""
	if len(n.r.Captures) > 1 && capture < len(n.r.Captures) {
		file = n.file(n.r.Captures[capture].File)
	}
	switch {
	case now == frame && file == "":
		return fmt.Sprint(frame)
	case now == 0:
		return strings.TrimSpace(n.labelS("frame left out", fmt.Sprint(frame), file))
	case file == "":
		return n.labelS("frame was", fmt.Sprint(now), fmt.Sprint(frame))
	}
	return n.labelS("frame was in", fmt.Sprint(now), fmt.Sprint(frame), file)
}

// finding puts a finding on its packets: what it says on the first one, what
// each of them shows on all.
func (n *notes) finding(h *analyze.Handshake, f *analyze.Finding, packets map[place][]string) {
	told := false
	for _, e := range f.Evidence {
		if e.Frame <= 0 || n.number(e.Capture, e.Frame) == 0 {
			continue
		}
		s := "tlswhy " + n.tag(f) + ": "
		if !told {
			told = true
			s += sentence(n.text(f.Summary)) + fmt.Sprintf(" [%s: %s, %s]\n", n.label("fault"), n.label(string(f.Fault)), n.label(string(f.Confidence)))
		}
		s += n.labelS("frame is", n.frameName(e.Capture, e.Frame)) + ": " + n.text(e.Text)
		at := place{e.Capture, e.Frame}
		packets[at] = append(packets[at], s)
	}
}
