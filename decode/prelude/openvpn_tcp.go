package prelude

import "encoding/binary"

// openVPNTCP takes OpenVPN's packets off a TCP stream, where each has its
// length before it.
type openVPNTCP struct {
	vpn OpenVPN
}

func openOpenVPN() speaker { return &openVPNTCP{} }

func (s *openVPNTCP) frame(_ *Dialog, _ Side, b []byte) int64 {
	if len(b) < 2 {
		return 0
	}
	return 2 + int64(binary.BigEndian.Uint16(b))
}

func (s *openVPNTCP) message(d *Dialog, m message) {
	from := m.From ^ d.flip
	p := s.vpn.Feed(m.From, m.Bytes[2:])
	d.unwraps = true
	if p.Reset {
		d.step(m, "reset", p.Name, int(p.Opcode))
	}
	if p.Hidden {
		d.step(m, "banner", "control channel encrypted (tls-crypt)", int(p.Opcode))
		d.finish()
	}
	for _, c := range p.TLS {
		d.unwrapped(from, m.Offset, c)
	}
}

// matchOpenVPN wants a client's hard reset with its key id 0, an empty list
// of acknowledgements and the packet id 0 (or, encrypted, the sizes of that).
func matchOpenVPN(b []byte) verdict {
	if len(b) < 3 {
		return more
	}
	n := int(binary.BigEndian.Uint16(b))
	op := b[2]
	switch {
	case op != opHardResetClientV2<<3 && op != opHardResetClientV3<<3 && op != opHardResetClientV1<<3:
		return no
	case n < 14 || n > 1400:
		return no
	case len(b) < 2+n && len(b) < maxGuess:
		return more
	case LooksLikeOpenVPN(b[2:min(len(b), 2+n)]):
		return yes
	}
	return no
}
