package render

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"tlswhy/analyze"
)

// maxMarkdown is the size that GitHub takes for a comment, in characters.
const maxMarkdown = 65536

// markdown writes a report for an issue: GitHub's flavour, which GitLab
// understands too. What came from a packet stands in code spans only.
type markdown struct {
	*printer
	r    *analyze.Report
	out  strings.Builder
	used int // characters in out
	left []string
}

// Markdown writes the report as Markdown of at most 65,536 characters; what
// was left out is said at its end.
func Markdown(w io.Writer, r *analyze.Report, o Options) error {
	p := newPrinter(r, o)
	p.ours, p.theirs = mdWords, mdCode
	m := &markdown{printer: p, r: r}
	m.report(o.All)
	_, err := io.WriteString(w, m.out.String())
	return err
}

// mdWords escapes words of our own; mdCode puts a value into a code span.
// A value has no line breaks; what could end the span or a table's cell is
// written as a byte.
func mdWords(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("\\`*_[]<>#|~&@$", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func mdCode(s string) string {
	if s == "" {
		return ""
	}
	s = strings.NewReplacer("`", `\x60`, "|", `\x7c`).Replace(s)
	return "`" + s + "`"
}

// block adds a block if it fits, keeping some room for what must follow.
func (m *markdown) block(s string) bool {
	const reserve = 1500
	n := utf8.RuneCountInString(s)
	if m.used+n > maxMarkdown-reserve {
		return false
	}
	m.used += n
	m.out.WriteString(s)
	return true
}

// part adds a block or notes that it was left out.
func (m *markdown) part(name, s string) {
	if s != "" && !m.block(s) {
		m.left = append(m.left, name)
	}
}

func (m *markdown) report(all bool) {
	t := &textReport{printer: m.printer, r: m.r, all: all}
	failed := t.failures()
	switch {
	case m.r.Summary.Handshakes == 0:
		m.block("## tlswhy: " + m.label("no TLS") + "\n\n")
	case len(failed) == 0:
		m.block("## tlswhy: " + m.label("nothing failed") + "\n\n" + t.countsText() + "\n\n")
	case len(failed) == 1:
		m.block("## tlswhy: " + m.failedText(m.r) + "\n\n")
		m.handshake(failed[0], 3)
	default:
		m.block("## tlswhy: " + m.failedText(m.r) + "\n\n")
		groups := worstFirst(m.r)
		m.part(m.label("overview"), m.groupTable(groups))
		m.examples(t.examples(groups, failed))
	}
	for i := range m.r.Stories {
		s := &m.r.Stories[i]
		m.part(m.label("story"), fmt.Sprintf("**%s** `%s`: %s\n\n", m.label("story"), s.Finding, m.text(s.Text)))
	}
	m.healthy(all)
	m.end()
}

// examples tells one failure of each group; all but the first are folded.
func (m *markdown) examples(list []example) {
	for i, e := range list {
		if i == 0 {
			m.handshake(e.h, 3)
			m.alike(e)
			continue
		}
		mark, used := m.out.Len(), m.used
		head := fmt.Sprintf("<details><summary>%s: %s</summary>\n\n", e.h.Findings[0].ID, mdSummary(m.label("n alike short", len(e.alike)+1)))
		if !m.block(head) || m.used > maxMarkdown*3/4 || i >= maxExamples {
			whole := m.out.String()[:mark]
			m.out.Reset()
			m.out.WriteString(whole)
			m.used = used
			m.left = append(m.left, m.labelN("examples", len(list)-i))
			return
		}
		m.handshake(e.h, 4)
		m.alike(e)
		m.used += 14
		m.out.WriteString("</details>\n\n")
	}
}

func (m *markdown) alike(e example) {
	if len(e.alike) > 0 {
		m.part(m.label("n alike", len(e.alike)), m.label("n alike", len(e.alike))+" "+streamField(e.h)+" "+streamList(m.printer, e.alike)+"\n\n")
	}
}

func streamList(p *printer, list []int) string {
	var where []string
	for i, stream := range list {
		if i == 12 {
			where = append(where, p.labelN("more", len(list)-i))
			break
		}
		where = append(where, fmt.Sprint(stream))
	}
	return strings.Join(where, ", ")
}

// mdSummary escapes for the HTML of a <summary>.
func mdSummary(s string) string { return strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(s) }

func (m *markdown) groupTable(groups []analyze.Group) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| %s | %s | %s | %s |\n| --: | --- | --- | --- |\n", m.label("count"), m.label("finding"), m.label("server"), m.label("name"))
	for i, g := range groups {
		if i == maxGroups/4 {
			fmt.Fprintf(&b, "| | %s | | |\n", m.labelN("more", len(groups)-i))
			break
		}
		fmt.Fprintf(&b, "| %d | `%s` | %s | %s |\n", g.Count, g.Finding, mdCode(m.addrPort(g.Server)), m.mdName(g.SNI))
	}
	return b.String() + "\n"
}

// mdName writes a server name; none is nothing.
func (m *markdown) mdName(s string) string {
	if s == "" {
		return ""
	}
	return mdCode(m.sentenceName(s))
}

// end says what was left out, of which inputs this is, and by which version.
func (m *markdown) end() {
	var b strings.Builder
	if len(m.left) > 0 {
		fmt.Fprintf(&b, "_%s %s_\n\n", m.label("left out"), strings.Join(m.left[:min(len(m.left), 12)], ", "))
	}
	b.WriteString("---\n")
	for i := range m.r.Captures {
		if i == 3 {
			b.WriteString(m.labelN("more", len(m.r.Captures)-i) + " · ")
			break
		}
		b.WriteString(mdCode(shorten(m.file(m.r.Captures[i].File), 80)) + " · ")
	}
	b.WriteString("tlswhy " + mdWords(clean(m.r.Version)) + "\n")
	m.out.WriteString(b.String())
}
