package quic

// LooksLikeQUIC reports whether a datagram of a flow about which nothing is
// known begins with a QUIC packet that has a long header. It is meant to tell
// QUIC from everything else that UDP carries: STUN, DTLS, RTP, DNS and the like
// never pass, random bytes about once in 2³⁰. A short header says nothing by
// itself and is never accepted.
func LooksLikeQUIC(b []byte) bool {
	if len(b) < 14 {
		return false
	}
	if googlePublicHeader(b) {
		return true
	}
	if b[0]&0x80 == 0 {
		return false
	}
	p, err := parseLong(b)
	if err != nil {
		return false
	}
	switch {
	case p.Type == VersionNegotiationPacket:
		return plausibleNegotiation(p)
	case p.Version.oldLayout():
		return b[0]&0x40 != 0 && b[5] != 0
	case b[0]&0x40 == 0 && len(b) < minInitialDatagram:
		return false // RFC 9287 allows it; RTP is like that, and short
	case p.Version.Known():
		return p.Type == RetryPacket || p.Type == GooglePacket || len(p.Bytes) >= p.number+4+tagLength
	case p.Version.Reserved():
		// A client that forces negotiation sends a whole datagram.
		return len(b) >= minInitialDatagram && len(p.DCID) >= 8
	}
	return false
}

// minInitialDatagram is RFC 9000, Section 14.1.
const minInitialDatagram = 1200

// plausibleNegotiation asks for one version that somebody speaks, and for
// nothing but known and reserved versions beside a few of unknown make.
func plausibleNegotiation(p Packet) bool {
	known := 0
	for _, v := range p.Versions {
		if v.Known() {
			known++
		}
	}
	return known > 0 && len(p.Versions) <= 64
}
