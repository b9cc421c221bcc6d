package render

import (
	"fmt"
	"net/netip"
	"path"
	"strings"

	"tlswhy/analyze"
)

// redactor replaces what tells who took part by placeholders that are numbered
// by first appearance in the report, not in the output: every format of one
// report has the same ones.
type redactor struct {
	given map[string]string // kind and value to placeholder
	next  map[string]int    // last number of each kind
	role  map[netip.Addr]string
}

func newRedactor(r *analyze.Report) *redactor {
	d := &redactor{given: map[string]string{}, next: map[string]int{}, role: map[netip.Addr]string{}}
	for i := range r.Captures {
		d.file(r.Captures[i].File)
	}
	for _, h := range r.Handshakes {
		d.play(h.Facts.Client.Addr(), "client")
		d.play(h.Facts.Server.Addr(), "server")
	}
	for _, h := range r.Handshakes {
		d.meet(h)
	}
	return d
}

// play notes the role of an address; one that has both is neither.
func (d *redactor) play(a netip.Addr, role string) {
	if old, ok := d.role[a]; ok && old != role {
		role = "peer"
	}
	d.role[a] = role
}

// meet gives the values of a handshake their numbers.
func (d *redactor) meet(h *analyze.Handshake) {
	d.addr(h.Facts.Client.Addr())
	d.addr(h.Facts.Server.Addr())
	if hello, _ := h.Facts.ClientHello(); hello != nil && hello.HasServerName {
		d.name(hello.ServerName)
	}
	for _, chain := range h.Certificates {
		for i := range chain {
			d.certificate(&chain[i])
		}
	}
	eachText(h, d.text)
}

func (d *redactor) certificate(c *analyze.Certificate) {
	d.placeholder("cert", c.Subject)
	d.placeholder("cert", c.Issuer)
	d.placeholder("serial", c.Serial)
	d.placeholder("digest", c.SHA256)
	for _, n := range c.DNSNames {
		d.name(n)
	}
}

// text gives the values of a Text their numbers.
func (d *redactor) text(t analyze.Text) {
	for _, a := range t.Args {
		d.arg(a)
	}
}

func (d *redactor) arg(a analyze.Arg) {
	switch a.Kind {
	case analyze.ArgAddr, analyze.ArgAddrPort:
		d.addr(a.Addr.Addr())
	case analyze.ArgName:
		d.name(a.Word)
	case analyze.ArgIdentity:
		d.placeholder("cert", a.Word)
	case analyze.ArgSerial:
		d.placeholder("serial", a.Word)
	case analyze.ArgDigest:
		d.placeholder("digest", a.Word)
	case analyze.ArgList:
		for _, e := range a.List {
			d.arg(e)
		}
	case analyze.ArgText:
		if a.Text != nil {
			d.text(*a.Text)
		}
	}
}

// placeholder returns the name that stands for a value of a kind. Nothing
// stands for nothing.
func (d *redactor) placeholder(kind, value string) string {
	if value == "" {
		return ""
	}
	key := kind + "\x00" + value
	s, ok := d.given[key]
	if !ok {
		d.next[kind]++
		s = fmt.Sprintf("%s-%d", kind, d.next[kind])
		d.given[key] = s
	}
	return s
}

func (d *redactor) addr(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	role := d.role[a]
	if role == "" {
		role = "addr"
	}
	return d.placeholder(role, a.String())
}

// name keeps a wildcard and tells addresses from names, as these matter to
// what went wrong; case and a final dot make no other name.
func (d *redactor) name(s string) string {
	if a, err := netip.ParseAddr(s); err == nil {
		return d.addr(a)
	}
	if rest, ok := strings.CutPrefix(s, "*."); ok {
		return "*." + d.name(rest)
	}
	return d.placeholder("host", strings.ToLower(strings.TrimSuffix(s, ".")))
}

// file keeps the extension.
func (d *redactor) file(s string) string {
	if s == "" || s == "-" || s == "interface" {
		return s
	}
	ext := path.Ext(s)
	if len(ext) > 8 || clean(ext) != ext {
		ext = ""
	}
	return d.placeholder("capture", s) + ext
}

// eachText calls f with every Text of a handshake in the order of the report.
func eachText(h *analyze.Handshake, f func(analyze.Text)) {
	for _, x := range h.Findings {
		f(x.Summary)
		for _, e := range x.Evidence {
			f(e.Text)
		}
		for _, c := range x.Causes {
			f(c.Text)
		}
		for _, c := range x.Fixes {
			f(c.Text)
		}
		f(x.Decide)
	}
	if h.Compared != nil {
		for _, t := range h.Compared.Differences {
			f(t)
		}
	}
	for _, t := range h.NotAssessed {
		f(t)
	}
	for _, l := range h.Timeline {
		f(l.Detail)
		f(l.Note)
	}
}
