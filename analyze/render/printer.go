package render

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"tlswhy/analyze"
	"tlswhy/decode"
)

// Bounds on what one value may take in a sentence.
const (
	maxListed = 24  // elements of a list
	maxValue  = 300 // bytes of a name, an identity or raw bytes
	maxNested = 8   // depth of texts in texts
)

// printer is the one place where a Text becomes a string: the template in the
// language asked for, every value formatted by its kind, replaced by its
// placeholder when the report is redacted, and cleaned of what is not
// printable. What a place has in addition (HTML, Markdown) is escaped where
// the string is put there.
type printer struct {
	lang     string
	template func(lang, key string) (string, bool)
	cache    map[string]string
	rules    map[string]*analyze.Rule // by ID
	hide     *redactor                // nil: nothing is hidden

	// A place with a syntax of its own escapes the words of the program and
	// the values that came from a packet; nil leaves them as they are.
	ours, theirs func(string) string

	frameText func(number int) string // names a frame of the handshake at hand; nil: its number
}

func newPrinter(r *analyze.Report, o Options) *printer {
	p := &printer{lang: o.Lang, template: o.Template, cache: map[string]string{}, rules: map[string]*analyze.Rule{}}
	if p.template == nil {
		p.template = analyze.Template
	}
	for _, rule := range analyze.Catalogue() {
		p.rules[rule.ID] = rule
	}
	if o.Redact {
		p.hide = newRedactor(r)
	}
	return p
}

// text writes a Text; a zero Text is empty. A template that is missing is a
// defect of the catalogue: the key and the values stand in its place.
func (p *printer) text(t analyze.Text) string { return p.write(t, 0) }

func (p *printer) write(t analyze.Text, depth int) string {
	if t.IsZero() || depth > maxNested {
		return ""
	}
	template, ok := p.cache[t.Key]
	if !ok {
		if template, ok = p.template(p.lang, t.Key); !ok {
			template = ""
		}
		p.cache[t.Key] = template
	}
	if template == "" {
		return p.bare(t, depth)
	}
	return p.fill(template, t.Args, depth)
}

func (p *printer) bare(t analyze.Text, depth int) string {
	parts := []string{t.Key}
	for _, a := range t.Args {
		parts = append(parts, p.value(a, depth))
	}
	return strings.Join(parts, " ")
}

// fill puts the values into their places {0}, {1} … and chooses words by
// counts: {0|packet|packets}. A brace that begins no place stands for itself.
func (p *printer) fill(template string, args []analyze.Arg, depth int) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(template, "{")
		b.WriteString(escaped(p.ours, before))
		if !ok {
			return b.String()
		}
		place, after, closed := strings.Cut(rest, "}")
		index, words, choice := strings.Cut(place, "|")
		n, err := strconv.Atoi(index)
		switch {
		case !closed || err != nil || n < 0 || n >= len(args):
			b.WriteByte('{')
			template = rest
			continue
		case choice:
			b.WriteString(escaped(p.ours, choose(words, args[n].Num)))
		case args[n].Kind == analyze.ArgBytes && strings.HasPrefix(after, " byte"):
			b.WriteString(countText(args[n].Num))
		default:
			b.WriteString(p.value(args[n], depth))
		}
		template = after
	}
}

// choose picks the first word for one, the last for any other number.
func choose(words string, n int64) string {
	one, many, ok := strings.Cut(words, "|")
	if !ok || n == 1 {
		return one
	}
	return many
}

func escaped(escape func(string) string, s string) string {
	if escape == nil || s == "" {
		return s
	}
	return escape(s)
}

// value writes one value as its kind asks for, escaped for the place.
func (p *printer) value(a analyze.Arg, depth int) string {
	switch a.Kind {
	case analyze.ArgList:
		return p.list(a.List, depth)
	case analyze.ArgText:
		if a.Text == nil {
			return ""
		}
		return p.write(*a.Text, depth+1)
	}
	if s, ok := p.own(a); ok {
		return escaped(p.ours, s)
	}
	return escaped(p.theirs, p.seen(a))
}

// own writes a value that is not copied from a packet.
func (p *printer) own(a analyze.Arg) (s string, ok bool) {
	switch a.Kind {
	case analyze.ArgWord, analyze.ArgCode:
		return clean(a.Word), true
	case analyze.ArgAlert:
		return clean(a.Word) + " (" + strconv.FormatInt(a.Num, 10) + ")", true
	case analyze.ArgCount:
		return countText(a.Num), true
	case analyze.ArgBytes:
		return p.labelN("bytes", int(a.Num)), true
	case analyze.ArgDuration:
		return p.duration(time.Duration(a.Num)), true
	case analyze.ArgTime:
		return timeText(a.Time), true
	case analyze.ArgFrame:
		if p.frameText != nil {
			return p.frameText(int(a.Num)), true
		}
		return strconv.FormatInt(a.Num, 10), true
	case analyze.ArgSide:
		return p.side(decode.Side(a.Num)), true
	}
	return "", false
}

// duration writes a time span; from two days on in days.
func (p *printer) duration(d time.Duration) string {
	if d >= 48*time.Hour {
		return p.labelN("days", int(d/(24*time.Hour)))
	}
	return durationText(d)
}

// seen writes a value that stood in a packet.
func (p *printer) seen(a analyze.Arg) string {
	switch a.Kind {
	case analyze.ArgAddr:
		return p.addr(a.Addr.Addr())
	case analyze.ArgAddrPort:
		return p.addrPort(a.Addr)
	case analyze.ArgName:
		return p.sentenceName(a.Word)
	case analyze.ArgIdentity:
		return quote(shorten(p.identity(a.Word), maxValue))
	case analyze.ArgSerial:
		return p.serial(a.Word)
	case analyze.ArgDigest:
		return p.digest(a.Word)
	case analyze.ArgRaw:
		return p.raw(a.Word)
	}
	return ""
}

func (p *printer) list(list []analyze.Arg, depth int) string {
	if len(list) == 0 {
		return p.label("none")
	}
	if depth > maxNested {
		return ""
	}
	parts := make([]string, 0, min(len(list), maxListed))
	for _, a := range list[:min(len(list), maxListed)] {
		parts = append(parts, p.value(a, depth+1))
	}
	s := strings.Join(parts, ", ")
	if n := len(list) - maxListed; n > 0 {
		s += ", " + p.labelN("more", n)
	}
	return s
}

// side is the word for who sent something.
func (p *printer) side(s decode.Side) string { return p.label(sideName(s)) }

// sideName is the contract's name of a side.
func sideName(s decode.Side) string {
	switch s {
	case decode.Client:
		return "client"
	case decode.Server:
		return "server"
	}
	return "network"
}

func (p *printer) addr(a netip.Addr) string {
	if p.hide != nil {
		return p.hide.addr(a)
	}
	if !a.IsValid() {
		return ""
	}
	return clean(a.String()) // a zone may hold anything
}

// addrPort writes "10.0.0.1:443" or "[2001:db8::1]:443"; empty when unknown.
func (p *printer) addrPort(a netip.AddrPort) string {
	if !a.Addr().IsValid() {
		return ""
	}
	station, local := macOf(a)
	switch {
	case p.hide != nil && local:
		return p.hide.addr(a.Addr())
	case p.hide != nil:
		return p.hide.addr(a.Addr()) + ":" + strconv.Itoa(int(a.Port()))
	case local:
		return station
	}
	return clean(a.String())
}

// macOf writes the address of a station on a local network, which stands in
// the last six bytes of one without a port.
func macOf(a netip.AddrPort) (string, bool) {
	b := a.Addr().As16()
	if a.Port() != 0 || !a.Addr().Is6() || [10]byte(b[:10]) != ([10]byte{}) {
		return "", false
	}
	return net.HardwareAddr(b[10:]).String(), true
}

// sentenceName writes a host name within a sentence.
func (p *printer) sentenceName(s string) string {
	if s = p.hostName(s); hostLike(s) {
		return s
	}
	return quote(shorten(s, maxValue))
}

// hostName, identity, serial and digest give the value or its placeholder; the
// result still has to be cleaned.
func (p *printer) hostName(s string) string {
	if p.hide != nil {
		return p.hide.name(s)
	}
	return s
}

func (p *printer) identity(s string) string {
	if p.hide != nil {
		return p.hide.placeholder("cert", s)
	}
	return s
}

func (p *printer) serial(s string) string {
	if p.hide != nil {
		return p.hide.placeholder("serial", s)
	}
	return clean(s)
}

func (p *printer) digest(s string) string {
	if p.hide != nil {
		return p.hide.placeholder("digest", s)
	}
	return clean(s)
}

// raw writes bytes of a packet; redacted only their number remains.
func (p *printer) raw(s string) string {
	if p.hide != nil {
		return "[" + p.labelN("bytes", len(s)) + "]"
	}
	if len(s) > maxValue {
		return quote(shorten(s, maxValue)) + "..."
	}
	return quote(s)
}

// target writes host:port as a tunnel was asked for.
func (p *printer) target(s string) string {
	if p.hide == nil {
		return clean(s)
	}
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		i = len(s)
	}
	return clean(p.hide.name(strings.Trim(s[:i], "[]")) + s[i:])
}

// file writes the name of an input.
func (p *printer) file(s string) string {
	if p.hide != nil {
		return p.hide.file(s)
	}
	return clean(s)
}

// protocol writes an ALPN name; those that are registered tell nothing about
// anybody.
func (p *printer) protocol(s string) string {
	if p.hide != nil && !registeredProtocol(s) {
		return p.hide.placeholder("alpn", s)
	}
	return clean(s)
}

func registeredProtocol(s string) bool {
	switch s {
	case "h2", "http/1.1", "http/1.0", "http/0.9", "h3", "h2c", "spdy/3.1", "spdy/3", "spdy/2", "spdy/1", "acme-tls/1", "dot", "doq", "imap", "pop3",
		"managesieve", "ftp", "mqtt", "postgresql", "xmpp-client", "xmpp-server", "webrtc", "c-webrtc", "stun.turn", "stun.nat-discovery",
		"coap", "co", "irc", "nntp", "sip/2", "smb", "tds/8.0", "radius/1.0", "radius/1.1", "ntske/1", "sunrpc":
		return true
	}
	return false
}
