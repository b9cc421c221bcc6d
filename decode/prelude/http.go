package prelude

import (
	"bytes"
	"strconv"
	"strings"
)

// http follows HTTP/1 (RFC 9112) as far as it leads to TLS: CONNECT
// (RFC 9110, Section 9.3.6) and Upgrade: TLS (RFC 2817).
type http struct {
	heads   [2]head // by role
	method  string  // of the request that waits for its response
	target  string  // of a CONNECT
	upgrade bool    // the request asks for TLS
	sizes   bool    // the server tells its body in chunks, the next line is a size
}

// head is a start line and the fields after it.
type head struct {
	message        // offset and length so far; Length 0 between heads
	first   string // start line
	length  int64  // Content-Length, -1 without
	chunked bool
	tls     bool // Upgrade: TLS/…
}

func openHTTP() speaker { return &http{} }

func (s *http) frame(_ *Dialog, _ Side, b []byte) int64 { return lineFrame(b) }

func (s *http) message(d *Dialog, m message) {
	if m.From == Server && s.sizes {
		s.chunk(d, m)
		return
	}
	h := &s.heads[m.From]
	b := bytes.TrimRight(m.Bytes, "\r\n")
	switch {
	case h.Length == 0 && len(b) == 0:
		return
	case h.Length == 0:
		*h = head{message: m, first: line(b), length: -1}
	default:
		h.Length += m.Length
		h.field(b)
	}
	if len(b) > 0 && !s.odd(h) {
		return
	}
	if m.From == Client {
		s.request(d, h)
	} else {
		s.response(d, h)
	}
	h.Length = 0
}

// odd reports whether the start line is none, so that no fields follow.
func (s *http) odd(h *head) bool { return !strings.Contains(h.first, "HTTP/") }

func (h *head) field(b []byte) {
	name, value, _ := bytes.Cut(b, []byte(":"))
	value = bytes.TrimSpace(value)
	switch strings.ToLower(string(name[:min(len(name), 32)])) {
	case "content-length":
		if n, err := strconv.ParseInt(string(value), 10, 64); err == nil && n >= 0 {
			h.length = n
		}
	case "transfer-encoding":
		h.chunked = mentions(value, "CHUNKED")
	case "upgrade":
		h.tls = h.tls || mentions(value, "TLS/")
	}
}

func (s *http) request(d *Dialog, h *head) {
	method, rest, _ := strings.Cut(h.first, " ")
	target, _, _ := strings.Cut(rest, " ")
	s.method = strings.ToUpper(method)
	s.upgrade = h.tls
	switch {
	case s.method == "CONNECT":
		d.name, s.target = "http-connect", target
		d.connect(h.message, "http-connect", target, h.first, 0)
	case h.tls:
		d.name = "http-upgrade"
		d.ask(h.message, h.first)
	default:
		d.step(h.message, "request", h.first, 0)
	}
	if h.length > 0 && s.method != "CONNECT" {
		d.body(Client, h.length)
	}
}

func (s *http) response(d *Dialog, h *head) {
	_, rest, _ := strings.Cut(h.first, " ")
	code := replyCode([]byte(rest))
	connect := s.method == "CONNECT"
	switch {
	case s.odd(h):
		d.step(h.message, "banner", h.first, 0)
		d.finish()
		return
	case code == 101 && s.upgrade && h.tls:
		d.accept(h.message, h.first, code)
		return
	case code >= 100 && code < 200:
		return
	case connect && code >= 200 && code < 300:
		d.step(h.message, "accepted", h.first, code)
		d.tunnel("http-connect", s.target)
		return
	case connect:
		d.refuse(h.message, h.first, code)
	case code == 426 && h.tls:
		d.require(h.message, h.first, code)
	case s.upgrade && (s.method == "OPTIONS" || code >= 400):
		d.refuse(h.message, h.first, code)
	default: // a server may answer as if it had not been asked (RFC 2817, Section 3.1)
		if s.upgrade {
			d.upgrade, d.inClear = "", true
			d.set(NotOffered)
		}
		d.step(h.message, "response", h.first, code)
		d.finish()
		return
	}
	s.rest(d, h, code)
}

// rest skips the body of a response, so that the next one is found (RFC 9112, Section 6.3).
func (s *http) rest(d *Dialog, h *head, code int) {
	switch {
	case s.method == "HEAD" || code == 204 || code == 304:
	case h.chunked:
		s.sizes = true
	case h.length >= 0:
		d.body(Server, h.length)
	default:
		d.flows[Server^d.flip].deaf = true
	}
}

// chunk is RFC 9112, Section 7.1: a size, or after the last one the trailer.
func (s *http) chunk(d *Dialog, m message) {
	b := bytes.TrimRight(m.Bytes, "\r\n")
	size, _, _ := bytes.Cut(b, []byte(";"))
	n, err := strconv.ParseUint(string(bytes.TrimSpace(size)), 16, 32)
	switch {
	case err != nil && len(b) > 0:
		d.flows[Server^d.flip].deaf = true
	case err == nil && n > 0:
		d.body(Server, int64(n)+2)
	case len(b) == 0:
		s.sizes = false
	}
}

// requestTarget reports whether a request line is HTTP's and not that of a
// protocol that borrowed its form.
func requestTarget(b []byte) bool {
	_, rest, _ := bytes.Cut(b, []byte(" "))
	target, version, ok := bytes.Cut(rest, []byte(" "))
	return len(target) > 0 && printable(target) && (!ok || bytes.HasPrefix(version, []byte("HTTP/")))
}
