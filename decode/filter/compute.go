package filter

import "slices"

// relation compares two computed values.
func (p *parser) relation() node {
	a := p.sum(0)
	t := p.next()
	if t.kind != sign || !slices.Contains([]string{"=", "!=", ">", "<", ">=", "<="}, t.text) {
		refuse(t.at, "a comparison is expected here")
	}
	return &relation{t.text, a, p.sum(0)}
}

// levels are the operators by how tight they bind.
func levels() [][]string {
	return [][]string{{"|", "^"}, {"&"}, {"<<", ">>"}, {"+", "-"}, {"*", "/", "%"}}
}

// sum reads operators of a level and tighter ones.
func (p *parser) sum(level int) arith {
	all := levels()
	if level == len(all) {
		return p.factor()
	}
	a := p.sum(level + 1)
	for t := p.peek(); t.kind == sign && slices.Contains(all[level], t.text); t = p.peek() {
		p.next()
		b := p.sum(level + 1)
		if n, ok := b.(literal); ok && n == 0 && (t.text == "/" || t.text == "%") {
			refuse(t.at, "division by zero")
		} else if ok && n > 31 && (t.text == "<<" || t.text == ">>") {
			refuse(t.at, "a shift by more than 31 bits")
		}
		a = &sum{t.at, t.text, a, b}
	}
	return a
}

func (p *parser) factor() arith {
	defer p.deeper()()
	t := p.next()
	switch {
	case t.means("-"):
		return &negative{p.factor()}
	case t.means("("):
		a := p.sum(0)
		p.expect(")")
		return a
	case t.means("len"):
		return length{}
	case t.kind == number:
		return literal(numberOf(t))
	case t.kind == word && p.is("["):
		p.at--
		return p.field(t)
	}
	refuse(t.at, "a number or a field as tcp[13] is expected here")
	return nil
}

// field is a part of a header: "ip[6:2]".
func (p *parser) field(t token) arith {
	f := &field{at: t.at, proto: p.proto(), size: 1}
	if f.proto == "" || f.proto == "ah" || f.proto == "esp" {
		refuse(t.at, "fields of %s are not supported", t.text)
	}
	p.expect("[")
	f.index = p.sum(0)
	if p.accept(":") {
		at := p.peek()
		if f.size = int(min(p.number(), 9)); f.size != 1 && f.size != 2 && f.size != 4 {
			refuse(at.at, "a field has 1, 2 or 4 bytes")
		}
	}
	p.expect("]")
	return f
}
