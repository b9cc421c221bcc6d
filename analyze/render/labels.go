package render

import (
	"strings"

	"tlswhy/analyze"
)

// label is a word or heading of the layout itself in the report's language.
// Numbers are put into its places.
func (p *printer) label(key string, numbers ...int) string {
	s, ok := labels(p.lang)[key]
	if !ok {
		if s, ok = englishLabels[key]; !ok {
			return key
		}
	}
	if len(numbers) == 0 {
		return s
	}
	args := make([]analyze.Arg, len(numbers))
	for i, n := range numbers {
		args[i] = analyze.Count(n)
	}
	return p.fill(s, args, 0)
}

// labelN is a label with one number.
func (p *printer) labelN(key string, n int) string { return p.label(key, n) }

// labelS is a label with strings in its places; they are clean already.
func (p *printer) labelS(key string, values ...string) string {
	var b strings.Builder
	s := p.label(key)
	for {
		before, rest, ok := strings.Cut(s, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		if len(rest) > 1 && rest[1] == '}' && int(rest[0]-'0') < len(values) {
			b.WriteString(values[rest[0]-'0'])
			rest = rest[2:]
		}
		s = rest
	}
}

// failedText says how much of a report with failures failed.
func (p *printer) failedText(r *analyze.Report) string {
	if r.Summary.Handshakes == 1 {
		return p.label("it failed")
	}
	return p.label("n of m failed", r.Summary.Failed, r.Summary.Handshakes)
}

func labels(lang string) map[string]string {
	if lang == "zh" {
		return chineseLabels
	}
	return englishLabels
}

// title is the name of a finding.
func (p *printer) title(id string) string {
	if s, ok := p.template(p.lang, id+"/title"); ok {
		return s
	}
	if r := p.rules[id]; r != nil {
		return r.Title
	}
	return ""
}

// references are what to read about a finding.
func (p *printer) references(id string) []string {
	if r := p.rules[id]; r != nil {
		return r.Refs
	}
	return nil
}

// englishLabels are the words of the layout; read only.
var englishLabels = map[string]string{
	"none":       "none",
	"nothing":    "nothing",
	"more":       "and {0} more",
	"bytes":      "{0} {0|byte|bytes}",
	"days":       "{0} days",
	"frame":      "frame {0}",
	"frames":     "frames {0} to {1}",
	"frame is":   "frame {0}",
	"span":       "{0} from {1}",
	"command":    "command: {0} (exit status {1})",
	"roots":      "trust anchors: {0}",
	"suspected":  "probably sent by: {0}",
	"issued by":  "issued by {0}",
	"valid":      "valid {0} to {1}",
	"compared":   "compared with handshake {0}, which succeeded",
	"decide":     "what would decide:",
	"broke here": "the handshake breaks here",

	"n handshakes":      "{0} {0|handshake|handshakes}",
	"n failed":          "{0} failed",
	"n completed":       "{0} completed",
	"n incomplete":      "{0} incomplete",
	"n other":           "{0} {0|connection|connections} without TLS",
	"n packets":         "{0} {0|packet|packets}",
	"n dropped":         "{0} {0|packet|packets} dropped by the capture",
	"n of m failed":     "{0} of {1} handshakes failed.",
	"n alike":           "{0} more like this:",
	"lines left out":    "({0} {0|line|lines} left out)",
	"examples left out": "{0} more examples are left out; narrow the report with --server, --sni or --stream, or write JSON.",
	"incomplete hint":   "{0} {0|handshake is|handshakes are} incomplete: the capture does not show how {0|it|they} ended. -a lists them.",

	"no TLS":          "No TLS handshake in this capture.",
	"no packets":      "No packets in this capture.",
	"nothing failed":  "Nothing failed.",
	"no failure seen": "No failure seen.",
	"chose nothing":   "chose nothing: no ServerHello was seen",
	"not offered":     "not offered",
	"of offered":      "(one of {0} offered)",

	"n alike short":         "{0} {0|handshake|handshakes}",
	"left out":              "Left out, to keep to the size of a comment:",
	"examples":              "{0} more {0|example|examples}",
	"handshakes not failed": "{0} {0|handshake|handshakes} that did not fail",
	"frames column":         "frames",

	"frame was":            "{0} (was {1})",
	"frame was in":         "{0} (was {1} in {2})",
	"frame left out":       "{0} (not in this file) {1}",
	"it failed":            "The TLS handshake failed.",
	"one example heading":  "what failed",
	"show these":           "show these in the list",
	"no script":            "The list of handshakes and their details need scripts; everything above does without.",
	"issues the one above": "issues the one above",
	"examples heading":     "an example of each group",
	"n shown":              "{0} of {1} handshakes",
	"handshake":            "handshake {0}",
	"no details":           "The page has no details of this handshake; narrow the report with --server, --sni or --stream.",
	"first to last":        "first to last",

	"story":             "story",
	"timeline":          "timeline",
	"evidence":          "evidence",
	"causes":            "possible causes, most likely first",
	"fixes":             "what to do",
	"filter":            "Wireshark display filter",
	"not assessed":      "not assessed",
	"offered":           "offered against chosen",
	"others":            "handshakes that did not fail",
	"also in":           "also in",
	"frame column":      "frame",
	"file:frame column": "file:frame",
	"seconds":           "seconds",

	"certificates server": "certificates of the server",
	"certificates client": "certificates of the client",

	"alert":           "alert {0}",
	"cause of":        "{0} is a cause that this finding covers:",
	"family fault":    "Family: {0}. Usually to act: {1}.",
	"findings with":   "Findings whose description has the words of {0}:",
	"covers":          "causes it covers, most frequent first",
	"logs":            "as logs word it",
	"see":             "see",
	"leads here":      "What leads here, most frequent first:",
	"from the client": "sent by the client",
	"from the server": "sent by the server",
	"received by":     "The text is from the side that received the alert: the other side sent it. In a client's log read what the server means, in a server's log what the client means.",
	"sent by":         "The text is from the side that sent the alert.",
	"said by client":  "said by the client's side",
	"said by server":  "said by the server's side",
	"no failure":      "It breaks nothing by itself.",
	"not sent today":  "Only old software sends it.",
	"unknown alert":   "No stack that is known here sends it.",

	"taken at client":  "taken at the client",
	"taken at server":  "taken at the server",
	"taken at between": "taken between the two",
}
