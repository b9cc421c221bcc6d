package packet

// eapol: IEEE 802.1X, Section 11.3. Only frames of type EAP-Packet carry EAP;
// the payload is the EAP packet. The addresses are MAC addresses: see
// Addr.MAC. Where the link header has only one, Dst is zero.
func (p *Parser) eapol(s *Segment, b []byte, w int) Result {
	const eapPacket = 0
	if len(b) < 4 {
		return Malformed
	}
	if b[1] != eapPacket || p.macs == nil {
		return NotIP
	}
	n := be16(b[2:])
	if n > w-4 {
		return Malformed
	}
	s.Proto, s.IPv6 = EAPOL, true
	s.Dst, s.Src = addrMAC(p.macs[:6]), addrMAC(p.macs[6:])
	s.Payload, s.Length = clip(b[4:], n), n
	return OK
}
