package render

import (
	"fmt"
	"strconv"
	"strings"

	"tlswhy/analyze"
	"tlswhy/decode"
)

// maxArrows bounds the diagram, as one with more cannot be read.
const maxArrows = 24

// handshake tells one handshake, with headings of a level.
func (m *markdown) handshake(h *analyze.Handshake, level int) {
	head := strings.Repeat("#", level) + " "
	m.part("", m.mdVerdict(h, head))
	m.part(m.label("connection"), m.mdWhere(h))
	m.part(m.label("offered"), m.mdOffers(h, "#"+head))
	m.part(m.label("diagram"), m.mermaid(h))
	for i, f := range h.Findings {
		if i > 0 || f.Severity != analyze.Error {
			m.part(f.ID, m.mdFinding(f))
		}
		m.part(m.label("evidence"), m.mdEvidence(h, f))
		m.part(m.label("causes"), m.mdCauses(f))
		m.part(m.label("fixes"), m.mdFixes(f))
	}
	m.part(m.label("not assessed"), m.mdLists(h))
	m.part(m.label("timeline"), m.mdTimeline(h))
}

func (m *markdown) mdVerdict(h *analyze.Handshake, head string) string {
	if f := h.Primary(); f != nil {
		return head + sentence(m.title(f.ID)) + "\n\n" + m.mdFinding(f)
	}
	return head + m.label(string(h.Outcome)) + "\n\n"
}

func (m *markdown) mdFinding(f *analyze.Finding) string {
	return fmt.Sprintf("**%s** `%s`: %s\n\n", m.label(string(f.Severity)), f.ID, m.text(f.Summary))
}

// mdWhere is the table of who has to act, where and when it was.
func (m *markdown) mdWhere(h *analyze.Handshake) string {
	var b strings.Builder
	row := func(key, value string) {
		fmt.Fprintf(&b, "| %s | %s |\n", sentence(m.label(key)), value)
	}
	b.WriteString("| | |\n| --- | --- |\n")
	if f := h.Primary(); f != nil {
		row("fault", fmt.Sprintf("**%s** (%s)", m.label(string(f.Fault)), m.label(string(f.Confidence))))
		row("broke at", m.label(string(h.Stage)))
	}
	f := h.Facts
	ends := mdCode(m.addrPort(f.Client)) + " → " + mdCode(m.addrPort(f.Server))
	if ch, _ := f.ClientHello(); ch != nil && ch.ServerName != "" {
		ends += " (" + m.mdName(ch.ServerName) + ")"
	}
	row("connection", ends)
	if f.Upgrade != "" {
		row("upgrade", mdCode(clean(f.Upgrade)))
	}
	if f.Tunnel != "" {
		row("tunnel", mdCode(strings.TrimSpace(clean(f.Tunnel)+" "+m.target(shorten(f.Target, maxValue)))))
	}
	for i, g := range []*analyze.Guess{h.ClientStack, h.ServerStack} {
		if g != nil {
			row([]string{"client library", "server library"}[i], mdWords(clean(g.Stack))+" ("+m.label(string(g.Confidence))+")")
		}
	}
	if !f.Start.IsZero() {
		row("time", timeText(f.Start))
	}
	if f.FirstFrame > 0 {
		row("frames column", m.labelS("frames", strconv.Itoa(f.FirstFrame), strconv.Itoa(f.LastFrame)))
	}
	row("filter", mdCode(streamFilter(h)))
	return b.String() + "\n"
}

func (m *markdown) mdOffers(h *analyze.Handshake, head string) string {
	rows := m.offers(h)
	if rows == nil {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s%s\n\n| | %s | %s |\n| --- | --- | --- |\n", head, sentence(m.label("offered")), m.label("client"), m.label("server"))
	sh, _ := h.Facts.ServerHello()
	for i := range rows {
		o := &rows[i]
		fmt.Fprintf(&b, "| %s | %s | %s |\n", sentence(o.Label), m.mdOffered(o), m.mdChosen(o, sh != nil))
	}
	if sh == nil {
		fmt.Fprintf(&b, "| | | **%s** |\n", m.label("chose nothing"))
	}
	return b.String() + "\n"
}

func (m *markdown) mdOffered(o *offer) string {
	var names []string
	for i, n := range o.Client {
		if i == maxOffered {
			names = append(names, m.labelN("more", len(o.Client)-i))
			break
		}
		n, chosen := mdCode(n), o.has(n)
		if chosen {
			n = "**" + n + "**"
		}
		names = append(names, n)
	}
	return strings.Join(names, ", ")
}

func (m *markdown) mdChosen(o *offer, hello bool) string {
	switch {
	case o.Hidden:
		return "_" + m.label("encrypted") + "_"
	case len(o.Server) == 0 && hello:
		return m.label("nothing")
	case len(o.Server) == 0:
		return ""
	}
	var names []string
	for _, n := range o.Server[:min(len(o.Server), maxOffered)] {
		names = append(names, mdCode(n))
	}
	s := strings.Join(names, ", ")
	if o.Foreign {
		return s + " **" + m.label("not offered") + "**"
	}
	return s
}

func (m *markdown) mdEvidence(h *analyze.Handshake, f *analyze.Finding) string {
	if len(f.Evidence) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**\n\n", sentence(m.label("evidence")))
	for _, e := range f.Evidence {
		fmt.Fprintf(&b, "- %s: %s\n", m.frame(h, e.Capture, e.Frame), m.text(e.Text))
	}
	return b.String() + "\n"
}

func (m *markdown) mdCauses(f *analyze.Finding) string {
	var b strings.Builder
	if len(f.Causes) > 0 {
		fmt.Fprintf(&b, "**%s**\n\n", sentence(m.label("causes")))
		for i, c := range f.Causes {
			fmt.Fprintf(&b, "%d. %s (`%s`)\n", i+1, sentence(m.text(c.Text)), c.ID)
		}
		b.WriteByte('\n')
	}
	if s := m.text(f.Decide); s != "" {
		fmt.Fprintf(&b, "%s %s\n\n", sentence(m.label("decide")), s)
	}
	return b.String()
}

func (m *markdown) mdFixes(f *analyze.Finding) string {
	if len(f.Fixes) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**\n\n", sentence(m.label("fixes")))
	for _, x := range f.Fixes {
		fmt.Fprintf(&b, "- **%s**: %s\n", m.label(fixer(x.Who)), sentence(m.text(x.Text)))
		if x.Config != "" {
			b.WriteString("  ```\n")
			for l := range strings.Lines(x.Config) {
				b.WriteString("  " + strings.TrimRight(l, "\n") + "\n")
			}
			b.WriteString("  ```\n")
		}
	}
	return b.String() + "\n"
}

// mdLists is the comparison with a good handshake and what was not assessed.
func (m *markdown) mdLists(h *analyze.Handshake) string {
	var b strings.Builder
	if c := h.Compared; c != nil {
		fmt.Fprintf(&b, "**%s**\n\n", sentence(m.labelN("compared", c.ID)))
		for _, d := range c.Differences {
			fmt.Fprintf(&b, "- %s\n", m.text(d))
		}
		b.WriteByte('\n')
	}
	if len(h.NotAssessed) > 0 {
		fmt.Fprintf(&b, "**%s**\n\n", sentence(m.label("not assessed")))
		for _, n := range h.NotAssessed {
			fmt.Fprintf(&b, "- %s\n", m.text(n))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// mermaid draws the ladder. Only what happened stands on the arrows, in
// letters that mean nothing to Mermaid.
func (m *markdown) mermaid(h *analyze.Handshake) string {
	if len(h.Timeline) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "```mermaid\nsequenceDiagram\n  participant C as %s\n  participant S as %s\n", mermaidText(m.label("client")), mermaidText(m.label("server")))
	broken := breakLine(h)
	skipped := 0
	for i := range h.Timeline {
		l := &h.Timeline[i]
		if len(h.Timeline) > maxArrows && i >= maxArrows/2 && i < len(h.Timeline)-maxArrows/2 && l.Finding == "" {
			skipped++
			continue
		}
		m.mermaidSkipped(&b, &skipped)
		m.mermaidArrow(&b, l, i == broken)
	}
	m.mermaidSkipped(&b, &skipped)
	b.WriteString("```\n\n")
	return b.String()
}

func (m *markdown) mermaidSkipped(b *strings.Builder, n *int) {
	if *n > 0 {
		fmt.Fprintf(b, "  Note over C,S: %s\n", mermaidText(m.labelN("lines left out", *n)))
	}
	*n = 0
}

func (m *markdown) mermaidArrow(b *strings.Builder, l *analyze.Line, broken bool) {
	what := clean(l.What)
	if l.Frame > 0 {
		what = m.labelN("frame", l.Frame) + " " + what
	}
	arrow := "->>"
	if l.Layer == "tcp" || l.Layer == "ip" || l.Layer == "udp" {
		arrow = "-->>"
	}
	if broken {
		arrow = "-x"
	}
	switch l.From {
	case decode.Client:
		fmt.Fprintf(b, "  C%sS: %s\n", arrow, mermaidText(what))
	case decode.Server:
		fmt.Fprintf(b, "  S%sC: %s\n", arrow, mermaidText(what))
	default:
		fmt.Fprintf(b, "  Note over C,S: %s\n", mermaidText(what))
	}
	if broken {
		fmt.Fprintf(b, "  Note over C,S: %s\n", mermaidText(m.label("broke here")))
	}
}

// mermaidText keeps letters, digits and a few signs; anything else is a space.
func mermaidText(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune(" .,_-/()", r), r > 0x7f && printable(r, 3):
			return r
		}
		return ' '
	}, shorten(s, 80))), " ")
}

// breakLine is the line of the timeline at which the handshake broke: the last
// one that proves the primary finding; -1 without.
func breakLine(h *analyze.Handshake) int {
	at := -1
	if f := h.Primary(); f != nil {
		for i := range h.Timeline {
			if h.Timeline[i].Finding == f.ID {
				at = i
			}
		}
	}
	return at
}

// mdTimeline is the folded timeline.
func (m *markdown) mdTimeline(h *analyze.Handshake) string {
	if len(h.Timeline) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<details><summary>%s</summary>\n\n| %s | %s | %s | | |\n| --: | --: | --- | --- | --- |\n",
		sentence(m.label("timeline")), strings.ReplaceAll(m.frameColumn(h), "|", "\\|"), m.label("seconds"), m.label("from"))
	for i := range h.Timeline {
		l := &h.Timeline[i]
		if len(h.Timeline) > 2*maxOffered && i >= maxOffered && i < len(h.Timeline)-maxOffered && l.Finding == "" {
			continue
		}
		what := mdWords(clean(l.What))
		if l.Decrypted {
			what += " (" + m.label("decrypted") + ")"
		}
		if l.Finding != "" {
			what = "**" + what + "**"
		}
		detail := strings.TrimSpace(m.text(l.Detail) + " " + m.text(l.Note))
		if l.Suspected != "" && l.Suspected != sideName(l.From) {
			detail += " " + m.labelS("suspected", mdWords(clean(m.label(l.Suspected))))
		}
		since := l.Time.Sub(h.Timeline[0].Time).Seconds()
		fmt.Fprintf(&b, "| %s | %.6f | %s | %s | %s |\n", strings.ReplaceAll(framesOf(h, l), "|", "\\|"), since, m.side(l.From), what, detail)
	}
	return b.String() + "\n</details>\n\n"
}

// healthy lists the handshakes that did not fail, when they are asked for.
func (m *markdown) healthy(all bool) {
	if !all {
		return
	}
	n := 0
	var b strings.Builder
	for _, h := range m.r.Handshakes {
		if h.Outcome == analyze.Failed {
			continue
		}
		if n++; n > maxGroups/2 {
			continue
		}
		version := ""
		if v, ok := chosenVersion(h.Facts); ok {
			version = v.Name()
		}
		var name string
		if ch, _ := h.Facts.ClientHello(); ch != nil {
			name = m.mdName(ch.ServerName)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | `%s` |\n", m.label(string(h.Outcome)), mdCode(m.addrPort(h.Facts.Client)), mdCode(m.addrPort(h.Facts.Server)), name, mdWords(version), streamFilter(h))
		for _, f := range h.Findings {
			fmt.Fprintf(&b, "| | %s `%s` | %s | | | |\n", m.label(string(f.Severity)), f.ID, m.text(f.Summary))
		}
	}
	if n == 0 {
		return
	}
	head := fmt.Sprintf("<details><summary>%s (%d)</summary>\n\n| | %s | %s | %s | | |\n| --- | --- | --- | --- | --- | --- |\n", sentence(m.label("others")), n, m.label("client"), m.label("server"), m.label("name"))
	m.part(m.label("others"), head+b.String()+"\n</details>\n\n")
	if n > maxGroups/2 {
		m.left = append(m.left, m.labelN("handshakes not failed", n-maxGroups/2))
	}
}
