package filter

import "net/netip"

// node is one of the types below.
type node interface{}

type (
	and struct{ a, b node }
	or  struct{ a, b node }
	not struct{ x node }

	// abbreviation is a protocol alone: "tcp".
	abbreviation struct {
		at    int
		proto proto
	}
	// hosts is an address or a network.
	hosts struct {
		at    int
		q     quals
		net   netip.Prefix // IPv6; else not valid
		addr  uint32
		mask  uint32
		ether *[6]byte
	}
	// ports is a port or a range of them.
	ports struct {
		q        quals
		from, to uint16
		protos   []uint32 // numbers of the transports
	}
	// protocol is the number of the protocol above: "ip proto 6".
	protocol struct {
		at    int
		proto proto
		value uint32
	}
	// relation compares two values: "tcp[13] & 4 != 0".
	relation struct {
		op   string
		a, b arith
	}
	// vlan moves what comes after it behind a tag.
	vlan struct {
		at int
		id int // -1: any
	}
	// cast is "broadcast" or "multicast".
	cast struct {
		at    int
		proto proto
		broad bool
	}
	// direction is "inbound" or "outbound".
	direction struct {
		at  int
		out bool
	}
)

// arith is one of the types below.
type arith interface{}

type (
	literal uint32
	length  struct{}
	field   struct {
		at    int
		proto proto
		index arith
		size  int
	}
	negative struct{ x arith }
	sum      struct {
		at   int
		op   string
		a, b arith
	}
)

// quals are the qualifiers of an address, port or number.
type quals struct {
	set   bool
	at    int // of the first of them
	proto proto
	dir   dir
	kind  string // "host", "net", "port", "portrange", "proto"; "" when not given
}

type dir uint8

const (
	unsaid dir = iota
	src
	dst
	both   // src and dst
	either // src or dst, which unsaid means too
)

// proto is a protocol by its keyword; "" is none.
type proto string

// numbers are the IP protocol numbers of the keywords (IANA).
func (p proto) number() (n uint32, ok bool) {
	n, ok = map[proto]uint32{"icmp": 1, "igmp": 2, "tcp": 6, "igrp": 9, "udp": 17, "esp": 50, "ah": 51, "icmp6": 58, "pim": 103,
		"vrrp": 112, "carp": 112, "sctp": 132}[p]
	return n, ok
}

// ethertype is the EtherType of a network protocol (IANA).
func (p proto) ethertype() (n uint32, ok bool) {
	n, ok = map[proto]uint32{"ip": etherIP, "arp": etherARP, "rarp": etherRARP, "ip6": etherIP6}[p]
	return n, ok
}

const (
	etherIP   = 0x0800
	etherARP  = 0x0806
	etherRARP = 0x8035
	etherIP6  = 0x86dd
	ether8021 = 0x8100
	etherQinQ = 0x88a8
	ether9100 = 0x9100
)
