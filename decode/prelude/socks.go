package prelude

import "bytes"

// socks4 follows SOCKS 4 and 4a.
type socks4 struct{ target string }

func openSOCKS4() speaker { return &socks4{} }

// frame: version, command, port, address, user id and, when the address is
// 0.0.0.x, a name.
func (s *socks4) frame(_ *Dialog, from Side, b []byte) int64 {
	if from == Server {
		return 8
	}
	if len(b) < 9 {
		return 0
	}
	n := bytes.IndexByte(b[8:], 0)
	if n < 0 {
		return 0
	}
	if !socks4a(b) {
		return int64(8 + n + 1)
	}
	name := bytes.IndexByte(b[8+n+1:], 0)
	if name < 0 {
		return 0
	}
	return int64(8 + n + 1 + name + 1)
}

func socks4a(b []byte) bool { return b[4] == 0 && b[5] == 0 && b[6] == 0 && b[7] != 0 }

func (s *socks4) message(d *Dialog, m message) {
	b := m.Bytes
	if m.From == Client {
		s.target = endpoint(b[4:8], b[2:4])
		if socks4a(b) {
			_, name, _ := bytes.Cut(bytes.TrimSuffix(b[8:], []byte{0}), []byte{0})
			s.target = hostPort(name, b[2:4])
		}
		d.connect(m, "socks4", s.target, s.target, 0)
		return
	}
	code := int(b[1])
	switch {
	case b[0] != 0:
		d.finish()
	case code == 0x5a:
		d.step(m, "accepted", "granted", code)
		d.tunnel("socks4", s.target)
	default:
		d.refuse(m, "rejected", code)
	}
}

// socks5 follows SOCKS 5 (RFC 1928, RFC 1929).
type socks5 struct {
	stage  [2]socksStage
	method byte
	target string
}

// socksStage is what one side says next.
type socksStage uint8

const (
	socksMethods socksStage = iota
	socksPassword
	socksRequest
)

func openSOCKS5() speaker { return &socks5{} }

func (s *socks5) frame(d *Dialog, from Side, b []byte) int64 {
	switch stage := s.stage[from]; {
	case from == Server && stage != socksRequest:
		return 2
	case len(b) < 2:
		return 0
	case stage == socksMethods:
		return 2 + int64(b[1])
	case from == Client && b[0] == 1:
		return passwordFrame(b)
	case b[0] != 5:
		return -1
	}
	return socksAddressFrame(b)
}

func passwordFrame(b []byte) int64 {
	user := 2 + int(b[1])
	if len(b) <= user {
		return 0
	}
	return int64(user + 1 + int(b[user]))
}

// socksAddressFrame is RFC 1928, Sections 4 and 6.
func socksAddressFrame(b []byte) int64 {
	if len(b) < 5 {
		return 0
	}
	switch b[3] {
	case 1:
		return 4 + 4 + 2
	case 3:
		return 4 + 1 + int64(b[4]) + 2
	case 4:
		return 4 + 16 + 2
	}
	return -1
}

func socksAddress(b []byte) string {
	addr, port := b[4:len(b)-2], b[len(b)-2:]
	if b[3] == 3 {
		return hostPort(addr[1:], port)
	}
	return endpoint(addr, port)
}

func (s *socks5) message(d *Dialog, m message) {
	if m.From == Client {
		s.client(d, m)
		return
	}
	b := m.Bytes
	switch s.stage[Server] {
	case socksMethods:
		s.chosen(d, m)
	case socksPassword:
		s.stage[Server] = socksRequest
		if b[1] != 0 {
			d.refuse(m, "user name and password refused", int(b[1]))
		}
	case socksRequest:
		if b[1] != 0 {
			d.refuse(m, socksReply(b[1]), int(b[1]))
			return
		}
		d.step(m, "accepted", "succeeded", 0)
		d.tunnel("socks5", s.target)
	}
}

func (s *socks5) client(d *Dialog, m message) {
	switch {
	case s.stage[Client] == socksMethods:
		s.stage[Client] = socksRequest
		d.step(m, "hello", "methods", 0)
	case m.Bytes[0] == 1: // user name and password
	default:
		s.target = socksAddress(m.Bytes)
		d.connect(m, "socks5", s.target, s.target, int(m.Bytes[1]))
	}
}

// chosen is the server's choice of a method (RFC 1928, Section 3).
func (s *socks5) chosen(d *Dialog, m message) {
	s.stage[Server] = socksRequest
	switch s.method = m.Bytes[1]; {
	case m.Bytes[0] != 5:
		d.finish()
	case s.method == 0xff:
		d.refuse(m, "no acceptable method", 0xff)
	case s.method == 2:
		s.stage[Server] = socksPassword
	case s.method != 0: // GSSAPI and private methods wrap what follows
		d.finish()
	}
}

// socksReply is RFC 1928, Section 6.
func socksReply(code byte) string {
	switch code {
	case 1:
		return "general failure"
	case 2:
		return "connection not allowed by ruleset"
	case 3:
		return "network unreachable"
	case 4:
		return "host unreachable"
	case 5:
		return "connection refused"
	case 6:
		return "TTL expired"
	case 7:
		return "command not supported"
	case 8:
		return "address type not supported"
	}
	return "refused"
}

// matchSOCKS4 wants CONNECT or BIND, a port, and a user id that can be printed.
func matchSOCKS4(b []byte) verdict {
	if v := pattern(4, -1, -1, -1, -1, -1, -1, -1)(b); v != yes {
		return v
	}
	if b[1] != 1 && b[1] != 2 || b[2] == 0 && b[3] == 0 {
		return no
	}
	i := bytes.IndexByte(b[8:], 0)
	switch {
	case i < 0 && len(b) < 80 && printable(b[8:]):
		return more
	case i < 0 || !printable(b[8:8+i]):
		return no
	}
	return yes
}

// matchSOCKS5 wants a short list of distinct, assigned methods.
func matchSOCKS5(b []byte) verdict {
	switch {
	case len(b) == 0 || len(b) == 1 && b[0] == 5:
		return more
	case b[0] != 5 || b[1] == 0 || b[1] > 10:
		return no
	}
	for i := range int(b[1]) {
		if 2+i >= len(b) {
			return more
		}
		if c := b[2+i]; c > 9 && c < 0x80 || bytes.IndexByte(b[2:2+i], c) >= 0 {
			return no
		}
	}
	return yes
}
