package render

import (
	"cmp"
	"slices"
	"strings"

	"tlswhy/analyze"
)

// worstFirst orders groups by how many failures they have, then by time.
func worstFirst(r *analyze.Report) []analyze.Group {
	groups := slices.Clone(r.Groups)
	slices.SortStableFunc(groups, func(a, b analyze.Group) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), a.First.Compare(b.First))
	})
	return groups
}

// groupTable is the overview: a line for each group.
func (t *textReport) groupTable(groups []analyze.Group) {
	rows := [][]string{{t.label("count"), t.label("finding"), t.label("server"), t.label("name")}}
	for i, g := range groups {
		if i == maxGroups {
			break
		}
		name := "-"
		if g.SNI != "" {
			name = t.sentenceName(g.SNI)
		}
		rows = append(rows, []string{countText(int64(g.Count)), g.Finding, t.addrPort(g.Server), name})
	}
	widths := make([]int, 4)
	for _, r := range rows {
		for i, c := range r {
			widths[i] = max(widths[i], columns(c))
		}
	}
	for i, r := range rows {
		s := "  " + padLeft(r[0], widths[0]) + "  " + pad(r[1], widths[1]) + "  " + pad(r[2], widths[2]) + "  "
		if columns(s)+columns(r[3]) > t.width { // a long name goes on a line of its own
			if columns(s) <= t.width {
				t.line(s)
				s = strings.Repeat(" ", widths[0]+4)
			}
		}
		if i == 0 {
			t.line(t.dim(s + r[3]))
			continue
		}
		t.paragraph(s, strings.Repeat(" ", widths[0]+4), r[3])
	}
	if n := len(groups) - maxGroups; n > 0 {
		t.line("  " + t.labelN("more", n))
	}
}

// others are the handshakes that did not fail, when they are asked for.
func (t *textReport) others(failed int) {
	var rest []*analyze.Handshake
	for _, h := range t.r.Handshakes {
		if h.Outcome != analyze.Failed {
			rest = append(rest, h)
		}
	}
	if len(rest) == 0 {
		return
	}
	if len(rest)+failed <= fewInFull {
		for _, h := range rest {
			t.blank()
			t.full(h)
		}
		return
	}
	t.heading("others")
	for i, h := range rest {
		if i == maxBriefs {
			t.line("  " + t.labelN("more", len(rest)-i))
			break
		}
		t.brief(h)
	}
}

// brief is a handshake in a line, with its remarks below.
func (t *textReport) brief(h *analyze.Handshake) {
	s := pad(t.label(string(h.Outcome)), 10) + "  " + t.ends(h)
	if v, ok := chosenVersion(h.Facts); ok {
		s += "  " + v.Name()
		if sh, _ := h.Facts.ServerHello(); !sh.SSLv2 {
			s += " " + sh.CipherSuite.Name()
		}
	}
	s += "  " + streamFilter(h)
	t.paragraph("  ", "              ", s)
	for _, f := range h.Findings {
		t.paragraph("    ", "      ", t.severity(f.Severity, t.label(string(f.Severity))+"["+f.ID+"]:")+" "+t.text(f.Summary))
	}
}
