package render

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"tlswhy/analyze"
)

// Explain writes what is known of an ID, an alert or a text from a log.
func Explain(w io.Writer, what string, f *analyze.Found, o Options) error {
	width := o.Width
	if width <= 0 {
		width = 80
	}
	t := &textReport{style(o.Color), newPrinter(&analyze.Report{}, o), bufio.NewWriterSize(w, 8<<10), nil, min(max(width, 40), 100), false}
	switch {
	case f.Rule != nil:
		if f.Cause != "" {
			t.paragraph("", "", t.labelS("cause of", f.Cause))
			t.blank()
		}
		t.rule(f.Rule)
	case f.Alert != nil:
		t.alert(f)
		t.logs(f.Logs)
	case len(f.Logs) > 0:
		t.logs(f.Logs)
	default:
		t.paragraph("", "", t.labelS("findings with", clean(what)))
		t.ids("  ", f.Rules)
	}
	return t.w.Flush()
}

// rule is the page of a finding.
func (t *textReport) rule(r *analyze.Rule) {
	t.paragraph("", "  ", t.strong(r.ID)+": "+t.bold(t.title(r.ID)))
	t.paragraph("", "", t.labelS("family fault", r.Family, t.label(string(r.Fault))))
	explain, ok := t.template(t.lang, r.ID+"/explain")
	if !ok {
		explain = r.Explain
	}
	for p := range strings.SplitSeq(strings.TrimSpace(explain), "\n\n") {
		if p != "" {
			t.blank()
			t.paragraph("", "", p)
		}
	}
	t.list("covers", r.Causes)
	if len(r.Fixes) > 0 {
		t.fixes(&analyze.Finding{Fixes: r.Fixes})
	}
	t.list("logs", r.Logs)
	t.list("see", r.Refs)
}

func (t *textReport) list(heading string, items []string) {
	if len(items) == 0 {
		return
	}
	t.heading(heading)
	for _, s := range items {
		t.paragraph("  ", "    ", clean(s))
	}
}

// alert is the page of an alert: what it means by who sends it.
func (t *textReport) alert(f *analyze.Found) {
	a := f.Alert
	t.paragraph("", "  ", t.strong(t.labelN("alert", int(a.Code)))+": "+t.bold(f.Name))
	if a.NoFailure {
		t.paragraph("", "", t.label("no failure"))
	}
	if a.NotSentToday {
		t.paragraph("", "", t.label("not sent today"))
	}
	if f.Text {
		key := "received by"
		if f.Sent {
			key = "sent by"
		}
		t.blank()
		t.paragraph("", "", t.label(key))
	}
	t.direction("from the client", t.meaning(a.Code, "client", a.FromClient), a.ByClient)
	t.direction("from the server", t.meaning(a.Code, "server", a.FromServer), a.ByServer)
	if a.FromClient == "" && a.FromServer == "" {
		t.paragraph("", "", t.label("unknown alert"))
	}
}

// meaning is what an alert says when a side sends it, in the report's language.
func (t *textReport) meaning(code uint8, side, english string) string {
	if s, ok := t.template(t.lang, fmt.Sprintf("alert/%d-%s", code, side)); ok && english != "" {
		return s
	}
	return english
}

func (t *textReport) direction(heading, text string, ids []string) {
	if text == "" {
		return
	}
	t.heading(heading)
	t.paragraph("  ", "  ", text)
	t.leads(ids)
}

// leads lists what leads to an alert or a text, most frequent first.
func (t *textReport) leads(ids []string) {
	var rules []*analyze.Rule
	for _, id := range ids {
		if r := t.rules[id]; r != nil {
			rules = append(rules, r)
		}
	}
	if len(rules) > 0 {
		t.paragraph("  ", "  ", t.label("leads here"))
		t.ids("    ", rules)
	}
}

func (t *textReport) ids(indent string, rules []*analyze.Rule) {
	width := 0
	for _, r := range rules {
		width = max(width, len(r.ID))
	}
	for _, r := range rules {
		t.paragraph(indent+pad(r.ID, width)+"  ", indent+"  ", t.title(r.ID))
	}
}

// logs tells of texts that were recognised.
func (t *textReport) logs(list []analyze.LogText) {
	for i, l := range list {
		if i > 0 {
			t.blank()
		}
		s := quote(l.Text)
		if l.Stack != "" {
			s += " (" + l.Stack + ")"
		}
		if l.By != analyze.ByUnknown {
			s += fmt.Sprintf(": %s", t.label("said by "+string(l.By)))
		}
		t.paragraph("", "  ", s)
		t.leads(l.Findings)
	}
}
