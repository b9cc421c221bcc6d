package filter

// lowering makes tests on bytes of a tree, in the order of the text: vlan
// moves everything that comes after it.
type lowering struct {
	view  View
	typed value  // where the EtherType stands; nil where there is none
	net   uint32 // offset of the network header
	tags  int    // VLAN tags passed so far
}

func (l *lowering) begin() {
	if l.view.Cooked {
		l.typed = ancillary(adProtocol)
		return
	}
	at := func(offset, network uint32) { l.typed, l.net = &load{size: 2, offset: offset}, network }
	switch l.view.Link {
	case Ethernet:
		at(12, 14)
	case LinuxSLL:
		at(14, 16)
	case LinuxSLL2:
		at(0, 20)
	case PPP, PPPHDLC, CHDLC:
		at(2, 4)
	case Null, Loop:
		l.typed, l.net = &load{size: 4}, 4
	case Raw, rawBSD, rawNetBSD, IPv4, IPv6:
	default:
		refuse(0, "filters on link type %d are not supported", l.view.Link)
	}
}

// carries says that the network protocol is the one with this EtherType.
func (l *lowering) carries(at int, ethertype uint32) test {
	switch l.view.Link {
	case Raw, rawBSD, rawNetBSD, IPv4, IPv6:
		return l.version(ethertype)
	case PPP, PPPHDLC:
		number, ok := map[uint32]uint32{etherIP: 0x21, etherIP6: 0x57}[ethertype]
		if !ok {
			return always(false)
		}
		return equal(l.typed, number)
	case Null, Loop:
		return l.family(ethertype)
	}
	return equal(l.typed, ethertype)
}

// version looks at the first bits of the IP header, where nothing stands
// before it.
func (l *lowering) version(ethertype uint32) test {
	link := l.view.Link
	switch {
	case ethertype == etherIP && link == IPv4, ethertype == etherIP6 && link == IPv6:
		return always(true)
	case link == IPv4 || link == IPv6 || ethertype != etherIP && ethertype != etherIP6:
		return always(false)
	case ethertype == etherIP:
		return masked(&load{size: 1}, 0xf0, 0x40)
	}
	return masked(&load{size: 1}, 0xf0, 0x60)
}

// family compares the address family of a BSD loopback, in either byte order:
// AF_INET6 is another number on every system.
func (l *lowering) family(ethertype uint32) test {
	var t test
	for _, n := range map[uint32][]uint32{etherIP: {2}, etherIP6: {10, 24, 28, 30}}[ethertype] {
		t = anyOf(t, anyOf(equal(l.typed, n), equal(l.typed, n<<24)))
	}
	if t == nil {
		return always(false)
	}
	return t
}

// node makes the test of a node.
func (l *lowering) node(n node) test {
	switch n := n.(type) {
	case *and:
		a := l.node(n.a)
		return allOf(a, l.node(n.b))
	case *or:
		a := l.node(n.a)
		return anyOf(a, l.node(n.b))
	case *not:
		return &inverse{l.node(n.x)}
	case *abbreviation:
		return l.abbreviation(n.at, n.proto)
	case *hosts:
		return l.hosts(n)
	case *ports:
		return l.ports(n)
	case *protocol:
		return l.protocol(n)
	case *relation:
		return l.relation(n)
	case *vlan:
		return l.vlan(n)
	case *cast:
		return l.cast(n)
	case *direction:
		return l.direction(n)
	}
	panic("filter: unknown node")
}

// abbreviation is a protocol alone.
func (l *lowering) abbreviation(at int, p proto) test {
	if n, ok := p.ethertype(); ok {
		return l.carries(at, n)
	}
	n, _ := p.number()
	switch p {
	case "icmp", "igmp", "igrp", "vrrp", "carp":
		return l.above4(at, n)
	case "icmp6":
		return l.above6(at, n)
	}
	return anyOf(l.above4(at, n), l.above6(at, n))
}

// above4 and above6 say that IP carries a protocol; IPv6 may have one fragment
// header before it, as libpcap has it.
func (l *lowering) above4(at int, n uint32) test {
	return allOf(l.carries(at, etherIP), equal(l.byte(9), n))
}

func (l *lowering) above6(at int, n uint32) test {
	next := l.byte(6)
	return allOf(l.carries(at, etherIP6), anyOf(equal(next, n), allOf(equal(next, 44), equal(l.byte(40), n))))
}

// byte is one of the network header.
func (l *lowering) byte(offset uint32) value { return &load{size: 1, offset: l.net + offset} }

func (l *lowering) protocol(n *protocol) test {
	switch n.proto {
	case "ether":
		return l.carries(n.at, n.value)
	case "ip":
		return l.above4(n.at, n.value)
	case "ip6":
		return l.above6(n.at, n.value)
	}
	return anyOf(l.above4(n.at, n.value), l.above6(n.at, n.value))
}

// hosts compares addresses.
func (l *lowering) hosts(n *hosts) test {
	switch {
	case n.ether != nil:
		l.needsEthernet(n.at)
		return n.q.ends(func(offset uint32) test { return bytesEqual(offset, n.ether[:], nil) }, 6, 0)
	case n.net.IsValid():
		b := n.net.Addr().As16()
		mask := make([]byte, 16)
		for i := range n.net.Bits() {
			mask[i/8] |= 0x80 >> (i % 8)
		}
		return allOf(l.carries(n.at, etherIP6), n.q.ends(func(offset uint32) test { return bytesEqual(l.net+offset, b[:], mask) }, 8, 24))
	}
	at := func(ethertype, source, destination uint32) test {
		return allOf(l.carries(n.at, ethertype), n.q.ends(func(offset uint32) test {
			return masked(&load{size: 4, offset: l.net + offset}, n.mask, n.addr)
		}, source, destination))
	}
	switch n.q.proto {
	case "ip":
		return at(etherIP, 12, 16)
	case "arp":
		return at(etherARP, 14, 24)
	case "rarp":
		return at(etherRARP, 14, 24)
	}
	return anyOf(at(etherIP, 12, 16), anyOf(at(etherARP, 14, 24), at(etherRARP, 14, 24)))
}

// ends applies a test to source, destination or both.
func (q quals) ends(t func(offset uint32) test, source, destination uint32) test {
	switch q.dir {
	case src:
		return t(source)
	case dst:
		return t(destination)
	case both:
		return allOf(t(source), t(destination))
	}
	return anyOf(t(source), t(destination))
}

func (l *lowering) needsEthernet(at int) {
	if l.view.Link != Ethernet || l.view.Cooked {
		refuse(at, "Ethernet addresses are only on Ethernet")
	}
}

// ports compares ports: behind the header of IPv4, when the packet is no later
// fragment, or 40 bytes behind the start of IPv6.
func (l *lowering) ports(n *ports) test {
	between := func(v value) test {
		if n.from == n.to {
			return equal(v, uint32(n.from))
		}
		return allOf(&compare{ge, v, constant(n.from)}, &inverse{&compare{gt, v, constant(n.to)}})
	}
	in4 := n.q.ends(func(offset uint32) test {
		return between(&load{size: 2, offset: l.net + offset, above: true, header: l.net})
	}, 0, 2)
	in6 := n.q.ends(func(offset uint32) test { return between(&load{size: 2, offset: l.net + 40 + offset}) }, 0, 2)
	var four, six test
	for _, p := range n.protos {
		four = anyOf(four, allOf(equal(l.byte(9), p), allOf(l.unfragmented(), in4)))
		six = anyOf(six, allOf(equal(l.byte(6), p), in6))
	}
	return anyOf(allOf(l.carries(0, etherIP), four), allOf(l.carries(0, etherIP6), six))
}

// unfragmented says that an IPv4 packet is no fragment but the first.
func (l *lowering) unfragmented() test {
	return masked(&load{size: 2, offset: l.net + 6}, 0x1fff, 0)
}

// vlan says that there is a tag, and goes behind it. In the kernel the
// outermost one is aside.
func (l *lowering) vlan(n *vlan) test {
	if l.typed == nil || l.view.Link == Null || l.view.Link == Loop || l.view.Link == PPP || l.view.Link == PPPHDLC {
		refuse(n.at, "there are no VLANs on link type %d", l.view.Link)
	}
	l.tags++
	if l.view.Kernel && l.tags == 1 {
		return withID(&inverse{equal(ancillary(adTagPresent), 0)}, ancillary(adTag), n.id)
	}
	t := anyOf(equal(l.typed, ether8021), anyOf(equal(l.typed, etherQinQ), equal(l.typed, ether9100)))
	tag := &load{size: 2, offset: l.net}
	l.typed, l.net = &load{size: 2, offset: l.net + 2}, l.net+4
	return withID(t, tag, n.id)
}

func withID(t test, tag value, id int) test {
	if id < 0 {
		return t
	}
	return allOf(t, masked(tag, 0xfff, uint32(id)))
}

// cast says that a packet goes to many.
func (l *lowering) cast(n *cast) test {
	switch {
	case n.proto == "" || n.proto == "ether":
		l.needsEthernet(n.at)
		if n.broad {
			return bytesEqual(0, []byte{255, 255, 255, 255, 255, 255}, nil)
		}
		return &inverse{masked(&load{size: 1}, 1, 0)}
	case n.broad:
		refuse(n.at, "%s broadcast needs the network's mask, which is not known", n.proto)
	case n.proto == "ip":
		return allOf(l.carries(n.at, etherIP), &compare{ge, l.byte(16), constant(224)})
	case n.proto == "ip6":
		return allOf(l.carries(n.at, etherIP6), equal(l.byte(24), 255))
	}
	refuse(n.at, "%s has no multicast", n.proto)
	return nil
}

// direction looks at the type of the packet, which a cooked header has.
func (l *lowering) direction(n *direction) test {
	var kind value
	switch {
	case l.view.Kernel:
		kind = ancillary(adPacketType)
	case l.view.Link == LinuxSLL:
		kind = &load{size: 2}
	case l.view.Link == LinuxSLL2:
		kind = &load{size: 1, offset: 10}
	default:
		refuse(n.at, "the packets of this file do not say in which direction they went")
	}
	const outgoing = 4
	if n.out {
		return equal(kind, outgoing)
	}
	return &inverse{equal(kind, outgoing)}
}
