package filter

// relation compares two values, each of which may need a protocol to be there.
func (l *lowering) relation(n *relation) test {
	a, needA := l.arith(n.a)
	b, needB := l.arith(n.b)
	var t test
	switch n.op {
	case "=":
		t = &compare{eq, a, b}
	case "!=":
		t = &inverse{&compare{eq, a, b}}
	case ">":
		t = &compare{gt, a, b}
	case ">=":
		t = &compare{ge, a, b}
	case "<":
		t = &inverse{&compare{ge, a, b}}
	case "<=":
		t = &inverse{&compare{gt, a, b}}
	}
	return allOf(allOf(needA, needB), t)
}

// arith makes a value and what has to hold before it can be looked at.
func (l *lowering) arith(n arith) (v value, need test) {
	switch n := n.(type) {
	case literal:
		return constant(n), nil
	case length:
		return l.length(), nil
	case *negative:
		v, need := l.arith(n.x)
		return &operation{"-", constant(0), v}, need
	case *sum:
		a, needA := l.arith(n.a)
		b, needB := l.arith(n.b)
		return fold(n, a, b), allOf(needA, needB)
	case *field:
		return l.field(n)
	}
	panic("filter: unknown value")
}

// fold computes what is known already.
func fold(n *sum, a, b value) value {
	o := &operation{n.op, a, b}
	x, known := a.(constant)
	y, also := b.(constant)
	if also && y == 0 && (n.op == "/" || n.op == "%") {
		refuse(n.at, "division by zero")
	}
	if also && y > 31 && (n.op == "<<" || n.op == ">>") {
		refuse(n.at, "a shift by more than 31 bits")
	}
	if !known || !also {
		return o
	}
	return constant(compute(n.op, uint32(x), uint32(y)))
}

// length is the packet's. A cooked packet has its header only when it is here.
func (l *lowering) length() value {
	if l.view.Cooked {
		return &operation{"+", size{}, constant(20)}
	}
	return size{}
}

// field is a part of a header.
func (l *lowering) field(n *field) (value, test) {
	index, need := l.arith(n.index)
	f := &load{size: n.size}
	f.index(index)
	switch _, network := n.proto.ethertype(); {
	case n.proto == "ether":
		if l.view.Cooked {
			refuse(n.at, "the kernel shows no link header here")
		}
		return f, need
	case network:
		f.offset += l.net
		return f, allOf(need, l.abbreviation(n.at, n.proto))
	case n.proto == "icmp6":
		f.offset += l.net + 40
		return f, allOf(need, allOf(l.carries(n.at, etherIP6), equal(l.byte(6), 58)))
	}
	f.above, f.header = true, l.net
	f.offset += l.net
	return f, allOf(need, allOf(l.carries(n.at, etherIP), allOf(l.abbreviation(n.at, n.proto), l.unfragmented())))
}
