package render

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"time"

	"tlswhy/analyze"
)

// Schema is the name of the JSON schema (contract.md, analyze/schema.json).
const Schema = "tlswhy/v1"

type jsonCapture struct {
	File             string   `json:"file"`
	Format           string   `json:"format,omitempty"`
	LinkTypes        []string `json:"link_types,omitempty"`
	Packets          int      `json:"packets"`
	Bytes            int64    `json:"bytes"`
	First            string   `json:"first,omitempty"`
	Last             string   `json:"last,omitempty"`
	Dropped          int      `json:"dropped,omitzero"`
	Position         string   `json:"position,omitempty"`
	PositionInferred string   `json:"position_inferred,omitempty"`
	Warnings         []string `json:"warnings,omitempty"`
}

type jsonCommand struct {
	Argv   []string `json:"argv"`
	Status int      `json:"status"`
}

type jsonSummary struct {
	Handshakes int            `json:"handshakes"`
	Completed  int            `json:"completed"`
	Failed     int            `json:"failed"`
	Incomplete int            `json:"incomplete"`
	Other      int            `json:"other"`
	Findings   map[string]int `json:"findings"`
}

type jsonGroup struct {
	Finding    string `json:"finding"`
	Server     string `json:"server,omitempty"`
	SNI        string `json:"sni,omitempty"`
	Count      int    `json:"count"`
	Handshakes []int  `json:"handshakes"`
	First      string `json:"first,omitempty"`
	Last       string `json:"last,omitempty"`
}

type jsonStory struct {
	Finding    string `json:"finding"`
	Handshakes []int  `json:"handshakes"`
	Text       string `json:"text"`
}

// member is one member of the document, in the order of the contract.
type member struct {
	name  string
	value any
}

// JSON writes one document of the schema. Handshakes are encoded one by one,
// so that the document need not fit into memory twice.
func JSON(w io.Writer, r *analyze.Report, o Options) error {
	p := newPrinter(r, o)
	b := bufio.NewWriterSize(w, 64<<10)
	b.WriteByte('{')
	for _, m := range p.head(r) {
		b.WriteString("\n  ")
		if err := writeMember(b, m); err != nil {
			return err
		}
		b.WriteByte(',')
	}
	b.WriteString("\n  \"handshakes\": [")
	for i, h := range r.Handshakes {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n    ")
		if err := writeValue(b, p.handshake(h), "    "); err != nil {
			return err
		}
	}
	if len(r.Handshakes) > 0 {
		b.WriteString("\n  ")
	}
	b.WriteString("]\n}\n")
	return b.Flush()
}

// NDJSON writes a handshake a line, the last line holds the summary.
func NDJSON(w io.Writer, r *analyze.Report, o Options) error {
	p := newPrinter(r, o)
	b := bufio.NewWriterSize(w, 64<<10)
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	for _, h := range r.Handshakes {
		if err := enc.Encode(p.handshake(h)); err != nil {
			return err
		}
	}
	if err := enc.Encode(p.last(r)); err != nil {
		return err
	}
	return b.Flush()
}

// last is the last line of NDJSON: everything that is no handshake.
func (p *printer) last(r *analyze.Report) any {
	return struct {
		Schema   string        `json:"schema"`
		Version  string        `json:"version"`
		Captures []jsonCapture `json:"captures"`
		Command  *jsonCommand  `json:"command,omitempty"`
		Roots    string        `json:"roots,omitempty"`
		Summary  jsonSummary   `json:"summary"`
		Groups   []jsonGroup   `json:"groups"`
		Stories  []jsonStory   `json:"stories"`
	}{Schema, r.Version, p.captures(r), p.command(r), p.roots(r), summary(r), p.groups(r), p.stories(r)}
}

func (p *printer) head(r *analyze.Report) []member {
	list := []member{{"schema", Schema}, {"version", r.Version}, {"captures", p.captures(r)}}
	if c := p.command(r); c != nil {
		list = append(list, member{"command", c})
	}
	if roots := p.roots(r); roots != "" {
		list = append(list, member{"roots", roots})
	}
	return append(list, member{"summary", summary(r)}, member{"groups", p.groups(r)}, member{"stories", p.stories(r)})
}

func writeMember(b *bufio.Writer, m member) error {
	b.WriteString(`"` + m.name + `": `)
	return writeValue(b, m.value, "  ")
}

// writeValue writes indented JSON without a line's end.
func writeValue(b *bufio.Writer, v any, prefix string) error {
	var compact, out bytes.Buffer
	enc := json.NewEncoder(&compact)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	pretty(&out, bytes.TrimSpace(compact.Bytes()), prefix)
	_, err := b.Write(out.Bytes())
	return err
}

func (p *printer) captures(r *analyze.Report) []jsonCapture {
	list := make([]jsonCapture, 0, len(r.Captures))
	for i := range r.Captures {
		c := &r.Captures[i]
		list = append(list, jsonCapture{
			File: p.file(c.File), Format: c.Format, LinkTypes: c.LinkTypes, Packets: c.Packets, Bytes: c.Bytes,
			First: stamp(c.First), Last: stamp(c.Last), Dropped: c.Dropped,
			Position: c.Position, PositionInferred: p.text(c.Inferred), Warnings: p.texts(c.Warnings),
		})
	}
	return list
}

func (p *printer) command(r *analyze.Report) *jsonCommand {
	if r.Command == nil {
		return nil
	}
	c := &jsonCommand{Argv: []string{}, Status: r.Command.Status}
	for _, a := range r.Command.Argv {
		c.Argv = append(c.Argv, p.argument(a))
	}
	return c
}

func (p *printer) roots(r *analyze.Report) string {
	if r.Roots == "mozilla" || r.Roots == "system" {
		return r.Roots
	}
	return p.file(r.Roots)
}

func summary(r *analyze.Report) jsonSummary {
	s := r.Summary
	if s.Findings == nil {
		s.Findings = map[string]int{}
	}
	return jsonSummary{s.Handshakes, s.Completed, s.Failed, s.Incomplete, s.Other, s.Findings}
}

func (p *printer) groups(r *analyze.Report) []jsonGroup {
	list := make([]jsonGroup, 0, len(r.Groups))
	for i := range r.Groups {
		g := &r.Groups[i]
		list = append(list, jsonGroup{
			Finding: g.Finding, Server: p.addrPort(g.Server), SNI: clean(p.hostName(g.SNI)), Count: g.Count,
			Handshakes: ids(g.Handshakes), First: stamp(g.First), Last: stamp(g.Last),
		})
	}
	return list
}

func (p *printer) stories(r *analyze.Report) []jsonStory {
	list := make([]jsonStory, 0, len(r.Stories))
	for i := range r.Stories {
		s := &r.Stories[i]
		list = append(list, jsonStory{s.Finding, ids(s.Handshakes), p.text(s.Text)})
	}
	return list
}

func (p *printer) texts(list []analyze.Text) []string {
	var out []string
	for _, t := range list {
		if s := p.text(t); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// argument writes a word of CMD. Redacted, only options remain, as anything
// else may name a host.
func (p *printer) argument(s string) string {
	if p.hide == nil {
		return clean(s)
	}
	return p.hide.placeholder("argument", s)
}

func ids(list []int) []int {
	if list == nil {
		return []int{}
	}
	return list
}

// stamp writes a time; the zero time is unknown and absent.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(jsonTime)
}
