package filter

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// id is an address, number or name with the qualifiers before it, or several
// of them in parentheses.
func (p *parser) id(q quals) node {
	defer p.deeper()()
	t := p.peek()
	if !q.set && t.kind != sign && t.kind != word {
		refuse(t.at, "%q needs a keyword before it (host, net, port …)", t.text)
	}
	switch {
	case p.accept("not"):
		return &not{p.id(q)}
	case p.accept("("):
		n := p.id(q)
		for !p.accept(")") {
			switch {
			case p.accept("and"):
				n = &and{n, p.id(q)}
			case p.accept("or"):
				n = &or{n, p.id(q)}
			default:
				p.expect(")")
			}
		}
		return n
	case t.kind == number:
		return p.numbered(q, p.next())
	case t.kind == name:
		return p.named(q, p.next())
	case t.kind == dotted:
		return p.network4(q, p.next())
	case t.kind == address6:
		return p.network6(q, p.next())
	case t.kind == mac:
		return p.ether(q, p.next())
	}
	what := map[string]string{"": "an address", "host": "an address", "net": "a network", "port": "a port", "portrange": "a range of ports", "proto": "a protocol"}
	refuse(t.at, "%s is expected here", what[q.kind])
	return nil
}

// numbered is a number after qualifiers.
func (p *parser) numbered(q quals, t token) node {
	v := numberOf(t)
	switch q.kind {
	case "port", "portrange":
		if v > 65535 {
			refuse(t.at, "%s is no port", t.text)
		}
		return &ports{q, uint16(v), uint16(v), q.transports(t)}
	case "proto":
		return q.protocol(t, v)
	case "net":
		mask := ^uint32(0)
		for v != 0 && v&0xff000000 == 0 {
			v, mask = v<<8, mask<<8
		}
		return q.host4(t, v, mask)
	}
	return q.host4(t, v, ^uint32(0))
}

// network4 is an address of up to four numbers: a short one is a network.
func (p *parser) network4(q quals, t token) node {
	v, bits := octets(t)
	switch {
	case q.kind == "port" || q.kind == "portrange" || q.kind == "proto":
		refuse(t.at, "an address is no %s", q.kind)
	case p.accept("/"):
		at := p.peek()
		n := p.number()
		if n > 32 {
			refuse(at.at, "an IPv4 prefix has at most 32 bits")
		}
		return q.network(t, v, uint32(^uint64(0)<<(32-n)))
	case p.accept("mask"):
		m := p.next()
		if m.kind != dotted {
			refuse(m.at, "a mask as 255.255.255.0 is expected here")
		}
		mask, _ := octets(m)
		return q.network(t, v, mask)
	}
	return q.host4(t, v, uint32(^uint64(0)<<(32-bits)))
}

// octets reads up to four numbers as the first ones of an address.
func octets(t token) (v, bits uint32) {
	for s := range strings.SplitSeq(t.text, ".") {
		n, err := strconv.ParseUint(s, 10, 32)
		if err != nil || n > 255 {
			refuse(t.at, "%s is no address", t.text)
		}
		v, bits = v<<8|uint32(n), bits+8
	}
	return v << (32 - bits), bits
}

// network is an address with a mask.
func (q quals) network(t token, v, mask uint32) node {
	if q.kind != "net" {
		refuse(t.at, "a mask needs net before it")
	}
	if v&^mask != 0 {
		refuse(t.at, "%s has bits outside of the mask", t.text)
	}
	return q.host4(t, v, mask)
}

func (q quals) host4(t token, v, mask uint32) node {
	if _, network := q.proto.ethertype(); q.proto != "" && !network || q.proto == "ip6" {
		refuse(q.at, "%s has no IPv4 addresses", q.proto)
	}
	return &hosts{at: t.at, q: q, addr: v, mask: mask}
}

func (p *parser) network6(q quals, t token) node {
	if q.kind == "port" || q.kind == "portrange" || q.kind == "proto" {
		refuse(t.at, "an address is no %s", q.kind)
	}
	if q.proto != "" && q.proto != "ip6" {
		refuse(q.at, "%s has no IPv6 addresses", q.proto)
	}
	a := netip.MustParseAddr(t.text)
	bits := uint32(128)
	if p.accept("/") {
		at := p.peek()
		if bits = p.number(); bits > 128 {
			refuse(at.at, "an IPv6 prefix has at most 128 bits")
		}
		if bits < 128 && q.kind != "net" {
			refuse(t.at, "a mask needs net before it")
		}
	}
	n := netip.PrefixFrom(a, int(bits))
	if n.Masked().Addr() != a {
		refuse(t.at, "%s has bits outside of the mask", t.text)
	}
	return &hosts{at: t.at, q: q, net: n}
}

func (p *parser) ether(q quals, t token) node {
	if q.proto != "ether" || q.kind != "host" && q.kind != "" {
		refuse(t.at, "an Ethernet address needs \"ether host\", \"ether src\" or \"ether dst\" before it")
	}
	var b []byte
	if strings.Contains(t.text, ".") {
		for s := range strings.SplitSeq(t.text, ".") {
			n, _ := strconv.ParseUint(s, 16, 16)
			b = binary.BigEndian.AppendUint16(b, uint16(n))
		}
	} else {
		for s := range strings.FieldsFuncSeq(t.text, func(r rune) bool { return r == ':' || r == '-' }) {
			n, _ := strconv.ParseUint(s, 16, 8)
			b = append(b, byte(n))
		}
	}
	a := [6]byte(b)
	return &hosts{at: t.at, q: q, ether: &a}
}

// named is a name after qualifiers.
func (p *parser) named(q quals, t token) node {
	switch q.kind {
	case "port":
		n, protos := q.service(t, t.text)
		return &ports{q, n, n, protos}
	case "portrange":
		from, to, ok := strings.Cut(t.text, "-")
		if !ok {
			n, protos := q.service(t, t.text)
			return &ports{q, n, n, protos}
		}
		a, one := q.service(t, from)
		b, two := q.service(t, to)
		if len(two) != len(one) {
			one = q.transports(t)
		}
		return &ports{q, min(a, b), max(a, b), one}
	case "proto":
		return q.protocol(t, q.protocolNamed(t))
	}
	refuse(t.at, "%q is no address; names are not looked up", t.text)
	return nil
}

// transports are the protocols that have ports, or the one that is asked for.
func (q quals) transports(t token) []uint32 {
	switch q.proto {
	case "":
		return []uint32{132, 6, 17}
	case "tcp", "udp", "sctp":
		n, _ := q.proto.number()
		return []uint32{n}
	}
	refuse(q.at, "%s has no ports", q.proto)
	return nil
}

// service finds a port by number or name. A name that only one transport
// knows stands for that one.
func (q quals) service(t token, s string) (uint16, []uint32) {
	protos := q.transports(t)
	if s != "" && strings.Trim(s, "0123456789") == "" {
		n, err := strconv.ParseUint(s, 10, 16)
		if err != nil {
			refuse(t.at, "%s is no port", s)
		}
		return uint16(n), protos
	}
	overTCP, errTCP := net.LookupPort("tcp", s)
	overUDP, errUDP := net.LookupPort("udp", s)
	switch {
	case errTCP != nil && errUDP != nil:
		refuse(t.at, "no port is called %q", s)
	case errTCP == nil && errUDP == nil && overTCP != overUDP:
		refuse(t.at, "%q is port %d of TCP and %d of UDP", s, overTCP, overUDP)
	case errTCP == nil && errUDP == nil:
		return uint16(overTCP), protos
	case errUDP != nil:
		return uint16(overTCP), q.only("tcp", t, s)
	}
	return uint16(overUDP), q.only("udp", t, s)
}

func (q quals) only(p proto, t token, s string) []uint32 {
	if q.proto != "" && q.proto != p {
		refuse(t.at, "port %q is one of %s", s, p)
	}
	n, _ := p.number()
	return []uint32{n}
}

// protocolNamed finds the number of a protocol that is named after proto.
func (q quals) protocolNamed(t token) uint32 {
	x := proto(t.text)
	if q.proto == "ether" {
		if n, ok := x.ethertype(); ok {
			return n
		}
	} else if n, ok := map[string]uint32{"gre": 47, "ipv6-icmp": 58, "ipv6": 41, "ipip": 94, "ospf": 89, "l2tp": 115}[t.text]; ok {
		return n
	} else if n, ok := x.number(); ok {
		return n
	}
	refuse(t.at, "no protocol %q is known here", t.text)
	return 0
}

func (q quals) protocol(t token, v uint32) node {
	switch {
	case q.proto == "ether" && v > 0xffff, q.proto != "ether" && v > 0xff:
		refuse(t.at, "%s is no number of a protocol here", t.text)
	case q.proto == "ether" && v <= 1500:
		refuse(t.at, "LLC protocols are not supported")
	case q.proto != "ether" && q.proto != "" && q.proto != "ip" && q.proto != "ip6":
		refuse(q.at, "%s carries no protocols by number", q.proto)
	}
	return &protocol{t.at, q.proto, v}
}
