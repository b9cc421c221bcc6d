package filter

import (
	"slices"
	"strconv"
)

// Parse reads an expression. An empty one takes every packet. The error is an
// *Error.
func Parse(text string) (f *Filter, err error) {
	defer caught(text, &err)
	if len(text) > maxText {
		refuse(maxText, "the expression is longer than %d bytes", maxText)
	}
	p := &parser{tokens: scan(text)}
	f = &Filter{text: text}
	if p.peek().kind == end {
		return f, nil
	}
	f.tree, _ = p.expression(quals{})
	if t := p.peek(); t.kind != end {
		refuse(t.at, "and, or, or the end is expected here")
	}
	return f, nil
}

type parser struct {
	tokens []token
	at     int
	depth  int
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) ahead(n int) token { return p.tokens[min(p.at+n, len(p.tokens)-1)] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != end {
		p.at++
	}
	return t
}

// is reports whether the next token is that word or sign.
func (p *parser) is(text string) bool { return p.peek().means(text) }

func (t token) means(text string) bool {
	return (t.kind == word || t.kind == sign) && t.text == text
}

func (p *parser) accept(text string) bool {
	if !p.is(text) {
		return false
	}
	p.at++
	return true
}

func (p *parser) expect(text string) {
	if !p.accept(text) {
		refuse(p.peek().at, "%q is expected here", text)
	}
}

// deeper bounds recursion.
func (p *parser) deeper() func() {
	if p.depth++; p.depth > maxDepth {
		refuse(p.peek().at, "more than %d parentheses and negations within each other", maxDepth)
	}
	return func() { p.depth-- }
}

// expression is terms joined with and and or, which bind equally and from the
// left. An address or number without qualifiers takes those before it.
func (p *parser) expression(q quals) (node, quals) {
	n, q := p.operand(q)
	for {
		var m node
		switch {
		case p.accept("and"):
			m, q = p.operand(q)
			n = &and{n, m}
		case p.accept("or"):
			m, q = p.operand(q)
			n = &or{n, m}
		default:
			return n, q
		}
	}
}

func (p *parser) operand(q quals) (node, quals) {
	if p.startsID() {
		return p.id(q), q
	}
	return p.term(q)
}

// startsID says whether what comes needs qualifiers. A number does unless
// something is computed with it.
func (p *parser) startsID() bool {
	t := p.peek()
	switch t.kind {
	case name, dotted, address6, mac:
		return true
	case number:
		return !p.ahead(1).operates()
	}
	if t.means("(") { // a list of them
		save := p.at
		defer func() { p.at = save }()
		for p.accept("(") || p.accept("not") {
		}
		inner := p.at
		p.at = save
		if p.arithmetic() {
			return false
		}
		p.at = inner
		return p.peek().kind != word && p.peek().kind != sign && p.startsID()
	}
	return false
}

// operates reports whether a token computes or compares.
func (t token) operates() bool {
	return t.kind == sign && slices.Contains([]string{"+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>", "=", "!=", ">", "<", ">=", "<="}, t.text)
}

// arithmetic says whether the parenthesis here is part of a computation: what
// follows its end computes or compares.
func (p *parser) arithmetic() bool {
	depth := 0
	for _, t := range p.tokens[p.at:] {
		if t.means("(") {
			depth++
		} else if t.means(")") {
			depth--
		} else if depth == 0 {
			return t.operates()
		}
	}
	return false
}

// term is what stands on its own.
func (p *parser) term(q quals) (node, quals) {
	defer p.deeper()()
	t := p.peek()
	switch {
	case p.accept("not"):
		n, q := p.operand(q)
		return &not{n}, q
	case t.means("(") && !p.arithmetic():
		p.next()
		n, _ := p.expression(quals{})
		p.expect(")")
		return n, q
	case t.kind == number, t.kind == sign, t.means("len"), t.kind == word && p.ahead(1).means("["):
		return p.relation(), quals{}
	case t.kind == word:
		return p.primitive()
	}
	refuse(t.at, "an expression is expected here")
	return nil, quals{}
}

// primitive is a term that begins with a keyword.
func (p *parser) primitive() (node, quals) {
	t := p.next()
	switch t.text {
	case "less":
		return &relation{"<=", length{}, literal(p.number())}, quals{}
	case "greater":
		return &relation{">=", length{}, literal(p.number())}, quals{}
	case "inbound", "outbound":
		return &direction{t.at, t.text == "outbound"}, quals{}
	case "broadcast", "multicast":
		return &cast{t.at, "", t.text == "broadcast"}, quals{}
	case "vlan":
		return p.vlan(t), quals{}
	}
	p.at--
	q := quals{set: true, at: t.at, proto: p.proto()}
	q.dir = p.direction()
	q.kind = p.kindOf()
	if q.dir == unsaid && q.kind == "" {
		return p.alone(t, q)
	}
	if q.dir != unsaid && q.kind == "proto" {
		refuse(q.at, "a protocol has no direction")
	}
	return p.id(q), q
}

// proto reads a protocol, if there is one.
func (p *parser) proto() proto {
	t := p.peek()
	x := proto(t.text)
	_, network := x.ethertype()
	_, above := x.number()
	if t.kind != word || !network && !above && x != "ether" {
		return ""
	}
	p.next()
	return x
}

func (p *parser) direction() dir {
	first, second := src, "dst"
	switch {
	case p.accept("src"):
	case p.accept("dst"):
		first, second = dst, "src"
	default:
		return unsaid
	}
	if p.ahead(1).means(second) {
		switch {
		case p.accept("or"):
			p.next()
			return either
		case p.accept("and"):
			p.next()
			return both
		}
	}
	return first
}

func (p *parser) kindOf() string {
	for _, k := range []string{"host", "net", "portrange", "port", "proto"} {
		if p.accept(k) {
			return k
		}
	}
	return ""
}

// alone is a protocol without an address or number.
func (p *parser) alone(t token, q quals) (node, quals) {
	switch {
	case p.is("broadcast") || p.is("multicast"):
		return &cast{t.at, q.proto, p.next().text == "broadcast"}, quals{}
	case q.proto == "ether":
		refuse(t.at, "%q alone says nothing", t.text)
	case q.proto == "":
		refuse(t.at, "%q is not supported", t.text)
	}
	return &abbreviation{t.at, q.proto}, quals{}
}

func (p *parser) vlan(t token) node {
	v := &vlan{t.at, -1}
	if n := p.peek(); n.kind == number && !p.ahead(1).operates() {
		if v.id = int(min(p.number(), 1<<16)); v.id > 0xfff {
			refuse(n.at, "a VLAN has a number below 4096")
		}
	}
	return v
}

func (p *parser) number() uint32 {
	t := p.next()
	if t.kind != number {
		refuse(t.at, "a number is expected here")
	}
	return numberOf(t)
}

// numberOf reads a number token: decimal, octal, hexadecimal, or a name.
func numberOf(t token) uint32 {
	if v, ok := constants()[t.text]; ok {
		return v
	}
	base, digits := 10, t.text
	switch {
	case len(digits) > 2 && (digits[1] == 'x' || digits[1] == 'X'):
		base, digits = 16, digits[2:]
	case len(digits) > 1 && digits[0] == '0':
		base = 8
	}
	v, err := strconv.ParseUint(digits, base, 32)
	if err != nil {
		refuse(t.at, "%s is no number of 32 bits", t.text)
	}
	return uint32(v)
}
