package extract

import (
	"bytes"
	"encoding/binary"
	"net/netip"
)

// numbers gives each value of a kind a number, from 1, by first appearance.
type numbers map[string]int

func (n numbers) of(kind string, value []byte) int {
	key := kind + "\x00" + string(value)
	if n[key] == 0 {
		n[kind]++ // keys hold a zero byte, kinds do not
		n[key] = n[kind]
	}
	return n[key]
}

// tree numbers the parts of addresses, width bytes each: addresses that have
// their first parts in common have them in common afterwards. A part of zeros
// stays.
type tree struct {
	width int
	given map[string]int // prefix as it was → number of its last part
	next  map[string]int // prefix as it was → numbers given below it
}

func newTree(width int) tree {
	return tree{width, map[string]int{}, map[string]int{}}
}

// replace changes an address in place. first gives the first part's value for
// its number; when that part stays it is nil.
func (t *tree) replace(a []byte, first func(n int) int) {
	was := string(a)
	for at := 0; at < len(was); at += t.width {
		part := a[at : at+t.width]
		if at > 0 && isZero(part) || at == 0 && first == nil {
			continue
		}
		prefix, parent := was[:at+t.width], was[:at]
		n := t.given[prefix]
		if n == 0 {
			t.next[parent]++
			n = t.next[parent]
			t.given[prefix] = n
		}
		if at == 0 {
			n = first(n)
		}
		for i := t.width - 1; i >= 0; i-- {
			part[i] = byte(n)
			n >>= 8
		}
	}
}

func isZero(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }

// hardware replaces a MAC address by a locally administered one (IEEE 802,
// Section 8); groups stay groups.
func (d *Redaction) hardware(b []byte) {
	if isZero(b) || len(bytes.Trim(b, "\xff")) == 0 {
		return
	}
	first := 0x020000 | int(b[0]&1)<<16
	d.mac.replace(b, func(n int) int { return first | n&0xffff })
}

// address4 replaces an IPv4 address. Loopback and groups stay what they are.
func (d *Redaction) address4(b []byte) {
	if isZero(b) || len(bytes.Trim(b, "\xff")) == 0 {
		return
	}
	if b[0] == 0 || b[0] == 127 || b[0] >= 224 {
		d.ip4.replace(b, nil)
		return
	}
	d.ip4.replace(b, func(n int) int {
		if n >= 127 {
			n++
		}
		return n
	})
}

// address6 replaces an IPv6 address. Loopback, link-local addresses and groups
// stay what they are (RFC 4291, Section 2.4); so do those that hold an IPv4
// address, which is replaced.
func (d *Redaction) address6(b []byte) {
	const local, global = 0xfe80, 0x2000 // link-local addresses and groups begin, others are made to begin
	switch was := binary.BigEndian.Uint16(b); {
	case isZero(b[:15]) && b[15] <= 1:
		return
	case isZero(b[:10]) && b[10] == 0xff && b[11] == 0xff:
		d.address4(b[12:])
	case was == 0 || was >= local:
		d.ip6.replace(b, nil)
	default:
		d.ip6.replace(b, func(n int) int { return (global+n-1)%local + (global+n-1)/local })
	}
}

// Addr is what an address is replaced by.
func (d *Redaction) Addr(a netip.Addr) netip.Addr {
	if !a.IsValid() {
		return a
	}
	b := a.AsSlice()
	if len(b) == 4 {
		d.address4(b)
	} else {
		d.address6(b)
	}
	to, _ := netip.AddrFromSlice(b)
	return to
}
