package render

import (
	"bytes"
	"encoding/json"
	"fmt"

	"tlswhy/analyze"
)

// maxDetails is how many handshakes a page tells in full; the others have a
// line each.
const maxDetails = 10000

// pageRow is a line of the list of handshakes.
type pageRow struct {
	ID         int    `json:"id"`
	Outcome    string `json:"o"`
	Finding    string `json:"f,omitempty"`
	Confidence string `json:"c,omitempty"`
	Fault      string `json:"u,omitempty"`
	Client     string `json:"cl"`
	Server     string `json:"se"`
	Name       string `json:"n,omitempty"`
	Start      string `json:"t,omitempty"`
	Stream     string `json:"st"`
}

// pageHandshake is what opens below a line: the handshake of the schema, with
// what the layout needs in addition.
type pageHandshake struct {
	*jsonHandshake
	Offers []pageOffer `json:"offers,omitempty"`
	Break  int         `json:"break"`
	Filter string      `json:"filter"`
	Chose  bool        `json:"chose"`
}

type pageOffer struct {
	Label   string   `json:"label"`
	Client  []string `json:"client,omitempty"`
	Server  []string `json:"server,omitempty"`
	Common  bool     `json:"common,omitzero"`
	Foreign bool     `json:"foreign,omitzero"`
	Hidden  bool     `json:"hidden,omitzero"`
}

// data writes the blocks of data that the script reads: words of the layout,
// the rows, the examples, and a line of JSON for each handshake.
func (p *page) data() error {
	words := map[string]string{}
	for _, list := range []map[string]string{englishLabels, labels(p.lang)} {
		for key := range list {
			words[key] = p.label(key)
		}
	}
	rows := make([]pageRow, 0, len(p.r.Handshakes))
	for _, h := range p.r.Handshakes {
		rows = append(rows, p.row(h))
	}
	titles := map[string]string{}
	for _, h := range p.r.Handshakes {
		for _, f := range h.Findings {
			if titles[f.ID] == "" {
				titles[f.ID] = p.title(f.ID)
			}
		}
	}
	for _, block := range []struct {
		id    string
		value any
	}{{"words", words}, {"titles", titles}, {"rows", rows}, {"files", p.files()}, {"examples", p.exampleIDs()}} {
		if err := p.block(block.id, block.value); err != nil {
			return err
		}
	}
	return p.details()
}

func (p *page) row(h *analyze.Handshake) pageRow {
	r := pageRow{ID: h.ID, Outcome: string(h.Outcome), Client: p.addrPort(h.Facts.Client), Server: p.addrPort(h.Facts.Server), Start: stamp(h.Facts.Start), Stream: streamFilter(h)}
	if f := h.Primary(); f != nil {
		r.Finding, r.Confidence, r.Fault = f.ID, string(f.Confidence), string(f.Fault)
	}
	if ch, _ := h.Facts.ClientHello(); ch != nil && ch.ServerName != "" {
		r.Name = p.sentenceName(ch.ServerName)
	}
	return r
}

// files are the inputs' names, when there is more than one.
func (p *page) files() []string {
	list := []string{}
	if len(p.r.Captures) > 1 {
		for i := range p.r.Captures {
			list = append(list, p.file(p.r.Captures[i].File))
		}
	}
	return list
}

// exampleIDs are the handshakes that are open from the beginning.
func (p *page) exampleIDs() []int {
	var list []int
	for _, e := range p.examples(worstFirst(p.r), p.failures()) {
		if len(list) == 12 {
			break
		}
		list = append(list, e.h.ID)
	}
	return append([]int{}, list...)
}

// block writes a block of data. A script of this type is not run, and < is
// escaped, so that nothing in it ends the element.
func (p *page) block(id string, v any) error {
	fmt.Fprintf(p.w, "<script type=\"application/json\" id=\"%s\">", id)
	if err := p.json(v); err != nil {
		return err
	}
	p.put("</script>\n")
	return nil
}

func (p *page) json(v any) error {
	b, err := json.Marshal(v) // escapes <, > and &
	if err != nil {
		return err
	}
	_, err = p.w.Write(bytes.TrimSpace(b))
	return err
}

// details writes a line for each handshake. Lists that many handshakes have in
// common (offers of one client, chains of one server) are written once.
func (p *page) details() error {
	shared := newShared()
	p.put("<script type=\"application/json\" id=\"details\">\n")
	for i, h := range p.r.Handshakes {
		if i == maxDetails {
			break
		}
		line, err := p.detail(h, shared)
		if err != nil {
			return err
		}
		p.w.Write(line)
		p.w.WriteByte('\n')
	}
	p.put("</script>\n")
	return p.block("shared", shared.list)
}

func (p *page) detail(h *analyze.Handshake, shared *shared) ([]byte, error) {
	d := pageHandshake{jsonHandshake: p.handshake(h), Break: breakLine(h), Filter: streamFilter(h)}
	for _, o := range p.offers(h) {
		d.Offers = append(d.Offers, pageOffer(o))
	}
	sh, _ := h.Facts.ServerHello()
	d.Chose = sh != nil
	b, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(b, &members); err != nil {
		return nil, err
	}
	if hello := members["client_hello"]; hello != nil {
		var inner map[string]json.RawMessage
		if err := json.Unmarshal(hello, &inner); err != nil {
			return nil, err
		}
		shared.take(inner)
		members["client_hello"], _ = json.Marshal(inner)
	}
	shared.take(members)
	return json.Marshal(members)
}

// shared keeps values that occur again and again; {"$":n} stands for one.
type shared struct {
	at   map[string]int
	list []json.RawMessage
}

func newShared() *shared { return &shared{at: map[string]int{}, list: []json.RawMessage{}} }

// take replaces the lists of an object that are likely to occur again.
func (s *shared) take(members map[string]json.RawMessage) {
	for _, name := range []string{"cipher_suites", "groups", "key_shares", "signature_algorithms", "extensions", "versions", "alpn", "certificates", "offers", "findings", "not_assessed"} {
		v := members[name]
		if len(v) < 64 {
			continue
		}
		n, ok := s.at[string(v)]
		if !ok {
			n = len(s.list)
			s.at[string(v)] = n
			s.list = append(s.list, v)
		}
		members[name] = fmt.Appendf(nil, `{"$":%d}`, n)
	}
}
