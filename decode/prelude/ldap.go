package prelude

import "bytes"

// ldap follows LDAP messages (RFC 4511, Section 4).
type ldap struct {
	startTLS []byte // message id of the client's StartTLS; nil without
	bind     []byte // of its last bind
	search   []byte // of its last search
}

// startTLSOID is RFC 4511, Section 4.14.1.
const startTLSOID = "1.3.6.1.4.1.1466.20037"

func openLDAP() speaker { return &ldap{} }

// ldapFrame is the length of a BER SEQUENCE.
func ldapFrame(b []byte) int64 {
	if len(b) > 0 && b[0] != 0x30 {
		return -1
	}
	header, length := berLength(b)
	if header <= 0 {
		return int64(header)
	}
	return int64(header) + length
}

// berLength reads the length octets after a tag: header is their number and
// the tag's, 0 when b is too short, -1 when the length is not definite or
// too large.
func berLength(b []byte) (header int, length int64) {
	switch {
	case len(b) < 2:
		return 0, 0
	case b[1] < 0x80:
		return 2, int64(b[1])
	case b[1] == 0x80 || b[1] > 0x84:
		return -1, 0
	}
	n := int(b[1] & 0x7f)
	if len(b) < 2+n {
		return 0, 0
	}
	for _, c := range b[2 : 2+n] {
		length = length<<8 | int64(c)
	}
	return 2 + n, length
}

// element cuts the first BER element off b; the content is what is there of it.
func element(b []byte) (tag byte, content, rest []byte) {
	header, length := berLength(b)
	if header <= 0 {
		return 0, nil, nil
	}
	end := min(int64(header)+length, int64(len(b)))
	return b[0], b[header:end], b[end:]
}

func (s *ldap) frame(_ *Dialog, _ Side, b []byte) int64 { return ldapFrame(b) }

func (s *ldap) message(d *Dialog, m message) {
	_, body, _ := element(m.Bytes)
	tag, id, rest := element(body)
	if tag != 0x02 {
		return
	}
	op, content, _ := element(rest)
	if m.From == Client {
		s.client(d, m, id, op, content)
	} else {
		s.server(d, m, id, op, content)
	}
}

func (s *ldap) client(d *Dialog, m message, id []byte, op byte, content []byte) {
	switch op {
	case 0x77: // ExtendedRequest
		tag, name, _ := element(content)
		if tag == 0x80 && string(name) == startTLSOID {
			s.startTLS = bytes.Clone(id)
			d.ask(m, "StartTLS "+startTLSOID)
		}
	case 0x60: // BindRequest
		s.bind = bytes.Clone(id)
		d.login(m, "BindRequest")
	case 0x63: // SearchRequest: the root's entry says what the server can do
		_, base, _ := element(content)
		if len(base) == 0 {
			s.search = bytes.Clone(id)
			return
		}
		d.login(m, "SearchRequest")
	case 0x66, 0x68, 0x4a, 0x6c, 0x6e: // modify, add, delete, modify DN, compare
		d.login(m, "request")
	case 0x42: // UnbindRequest
		d.goodbye = true
		d.step(m, "quit", "UnbindRequest", 0)
	}
}

func (s *ldap) server(d *Dialog, m message, id []byte, op byte, content []byte) {
	code, text := ldapResult(content)
	switch op {
	case 0x78: // ExtendedResponse
		switch {
		case s.startTLS == nil || !bytes.Equal(id, s.startTLS):
			if len(id) == 1 && id[0] == 0 { // Section 4.4.1: notice of disconnection
				d.step(m, "error", text, code)
			}
		case code == 0:
			d.accept(m, text, code)
		default:
			d.refuse(m, text, code)
		}
	case 0x61: // BindResponse
		if code == 8 || code == 13 { // strongerAuthRequired, confidentialityRequired
			d.require(m, text, code)
		} else if code == 0 && bytes.Equal(id, s.bind) && d.state != Asked {
			s.bind = nil
		}
	case 0x64: // SearchResultEntry
		if s.search == nil || !bytes.Equal(id, s.search) || !bytes.Contains(content, []byte("supportedExtension")) {
			return
		}
		has := bytes.Contains(content, []byte(startTLSOID))
		if has || m.Length <= maxMessage {
			d.list(m, has, "supportedExtension", 0)
		}
	case 0x65: // SearchResultDone
		if code == 13 {
			d.require(m, text, code)
		}
	}
}

// ldapResult is RFC 4511, Section 4.1.9.
func ldapResult(content []byte) (code int, text string) {
	tag, result, rest := element(content)
	if tag != 0x0a {
		return 0, ""
	}
	for _, c := range result[:min(len(result), 3)] {
		code = code<<8 | int(c)
	}
	_, _, rest = element(rest)
	_, diagnostic, _ := element(rest)
	if len(diagnostic) == 0 {
		return code, ldapResultName(code)
	}
	return code, ldapResultName(code) + ": " + clip(string(diagnostic))
}

// ldapResultName is RFC 4511, Appendix A, as far as StartTLS meets it.
func ldapResultName(code int) string {
	switch code {
	case 0:
		return "success"
	case 1:
		return "operationsError"
	case 2:
		return "protocolError"
	case 7:
		return "authMethodNotSupported"
	case 8:
		return "strongerAuthRequired"
	case 10:
		return "referral"
	case 13:
		return "confidentialityRequired"
	case 49:
		return "invalidCredentials"
	case 50:
		return "insufficientAccessRights"
	case 51:
		return "busy"
	case 52:
		return "unavailable"
	case 53:
		return "unwillingToPerform"
	case 80:
		return "other"
	}
	return "result"
}

// matchLDAP wants an envelope, a message id and an operation.
func matchLDAP(ops ...byte) func([]byte) verdict {
	return func(b []byte) verdict {
		if len(b) == 0 {
			return more
		}
		if b[0] != 0x30 {
			return no
		}
		header, length := berLength(b)
		switch {
		case header < 0 || header > 0 && (length < 5 || length > 1<<24):
			return no
		case header == 0 || len(b) < header+2:
			return more
		case b[header] != 0x02 || b[header+1] < 1 || b[header+1] > 4:
			return no
		}
		at := header + 2 + int(b[header+1])
		if at >= len(b) {
			return more
		}
		if bytes.IndexByte(ops, b[at]) < 0 {
			return no
		}
		return yes
	}
}
