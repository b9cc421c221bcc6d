package render

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"strings"
	"time"

	"tlswhy/analyze"
)

//go:embed page.css
var pageStyle string

//go:embed page.js
var pageScript string

// page writes a report as one HTML file that loads nothing. Everything that is
// not always to be seen stands in it as JSON, from which the script builds it
// with text nodes only. The policy allows this one script and style by their
// digests and nothing else, so that no string of a packet can do anything even
// if it broke out of its place.
type page struct {
	*textReport
}

// HTML writes the report as one self-contained page.
func HTML(w io.Writer, r *analyze.Report, o Options) error {
	p := &page{&textReport{printer: newPrinter(r, o), w: bufio.NewWriterSize(w, 64<<10), r: r, all: o.All}}
	p.head()
	p.summary()
	p.charts()
	p.groupRows()
	p.stories()
	p.inputs()
	if err := p.data(); err != nil {
		return err
	}
	p.put("<script>" + pageScript + "</script>\n</body>\n</html>\n")
	return p.w.Flush()
}

func (p *page) put(s string) { p.w.WriteString(s) }

// esc escapes text for an element or a quoted attribute.
func esc(s string) string { return html.EscapeString(s) }

// policy is the Content-Security-Policy of the page.
func policy() string {
	return fmt.Sprintf("default-src 'none'; script-src 'sha256-%s'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'", digest(pageScript), digest(pageStyle))
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func (p *page) head() {
	lang := p.lang
	if lang == "" {
		lang = "en"
	}
	fmt.Fprintf(p.w, `<!DOCTYPE html>
<html lang="%s">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="%s">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>tlswhy: %s</title>
<style>%s</style>
</head>
<body>
`, esc(lang), esc(policy()), esc(p.verdictText()), pageStyle)
}

// verdictText is the report in one sentence.
func (p *page) verdictText() string {
	failed := p.r.Summary.Failed
	switch {
	case p.r.Summary.Handshakes == 0:
		return p.label("no TLS")
	case failed == 0 && p.r.Summary.Completed == 0:
		return p.label("no failure seen")
	case failed == 0:
		return p.label("nothing failed")
	}
	return p.failedText(p.r)
}

func (p *page) summary() {
	class := "good"
	if p.r.Summary.Failed > 0 {
		class = "bad"
	}
	fmt.Fprintf(p.w, "<header>\n<h1 class=\"%s\">%s</h1>\n", class, esc(p.verdictText()))
	if s := p.r.Summary; s.Handshakes > 1 || s.Handshakes == 1 && s.Other > 0 {
		fmt.Fprintf(p.w, "<p>%s</p>\n", esc(p.countsText()))
	}
	p.put("</header>\n<main>\n")
	if first := p.failures(); len(first) == 1 && first[0].Primary() != nil {
		f := first[0].Primary()
		fmt.Fprintf(p.w, "<noscript><p class=\"verdict\"><strong>%s</strong> %s</p></noscript>\n", esc(f.ID), esc(sentence(p.text(f.Summary))))
	}
}

// groupRows is the table of the groups, the largest first.
func (p *page) groupRows() {
	groups := worstFirst(p.r)
	if len(p.failures()) < 2 { // its details follow
		return
	}
	fmt.Fprintf(p.w, "<section id=\"groups\"><h2>%s</h2>\n<div class=\"wide\"><table class=\"cards\"><thead><tr><th>%s</th><th>%s</th><th></th><th>%s</th><th>%s</th><th>%s</th></tr></thead><tbody>\n",
		esc(sentence(p.label("groups"))), esc(p.label("count")), esc(p.label("finding")), esc(p.label("server")), esc(p.label("name")), esc(p.label("first to last")))
	for i, g := range groups {
		if i == maxGroups {
			fmt.Fprintf(p.w, "<tr><td></td><td colspan=\"5\">%s</td></tr>\n", esc(p.labelN("more", len(groups)-i)))
			break
		}
		name := ""
		if g.SNI != "" {
			name = p.sentenceName(g.SNI)
		}
		fmt.Fprintf(p.w, "<tr><td class=\"n\">%s</td><td><code>%s</code></td><td>%s</td><td class=\"mono\">%s</td><td class=\"mono\">%s</td><td class=\"t\">%s</td></tr>\n",
			countText(int64(g.Count)), esc(g.Finding), esc(p.title(g.Finding)), esc(p.addrPort(g.Server)), esc(name), esc(secondsText(g.First, g.Last)))
	}
	p.put("</tbody></table></div></section>\n")
}

// secondsText is a span of time for a table: whole seconds, the day once.
func secondsText(first, last time.Time) string {
	const day, clock = "2006-01-02 ", "15:04:05"
	from, to := first.UTC().Format(day+clock), last.UTC().Format(day+clock)
	switch {
	case first.IsZero():
		return ""
	case from == to || last.Before(first):
		return from + "Z"
	case from[:len(day)] == to[:len(day)]:
		to = to[len(day):]
	}
	return from + " – " + to + "Z"
}

func (p *page) stories() {
	if len(p.r.Stories) == 0 {
		return
	}
	fmt.Fprintf(p.w, "<section><h2>%s</h2>\n<ul>\n", esc(sentence(p.label("stories"))))
	for i := range p.r.Stories {
		s := &p.r.Stories[i]
		fmt.Fprintf(p.w, "<li><code>%s</code> %s</li>\n", esc(s.Finding), esc(p.text(s.Text)))
	}
	p.put("</ul></section>\n")
}

// inputs says what was read and by which version; the script's place is above.
func (p *page) inputs() {
	fmt.Fprintf(p.w, "<div id=\"app\"></div>\n<noscript><p>%s</p></noscript>\n</main>\n<footer>\n", esc(p.label("no script")))
	for i := range p.r.Captures {
		c := &p.r.Captures[i]
		s := p.file(c.File) + ": " + p.labelN("n packets", c.Packets)
		if !c.First.IsZero() {
			s += ", " + p.labelS("span", durationText(c.Last.Sub(c.First)), timeText(c.First))
		}
		fmt.Fprintf(p.w, "<p>%s</p>\n", esc(s))
		for _, w := range c.Warnings {
			fmt.Fprintf(p.w, "<p class=\"warn\">%s: %s</p>\n", esc(p.label("warning")), esc(p.text(w)))
		}
	}
	if c := p.r.Command; c != nil {
		var argv []string
		for _, a := range c.Argv {
			argv = append(argv, p.argument(a))
		}
		fmt.Fprintf(p.w, "<p>%s</p>\n", esc(p.labelS("command", strings.Join(argv, " "), fmt.Sprint(c.Status))))
	}
	s := "tlswhy " + clean(p.r.Version)
	if roots := p.roots(p.r); roots != "" {
		s += ", " + p.labelS("roots", roots)
	}
	fmt.Fprintf(p.w, "<p>%s</p>\n</footer>\n", esc(s))
}
