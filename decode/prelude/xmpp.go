package prelude

import "bytes"

// xmpp follows XMPP streams of clients and of servers (RFC 6120, Section 5).
// A message is everything up to the end of a tag.
type xmpp struct {
	features listing
	inside   bool // stream features are being told
	proceed  bool // <proceed> without its end tag
}

func openXMPP() speaker { return &xmpp{} }

func (s *xmpp) frame(_ *Dialog, _ Side, b []byte) int64 { return int64(bytes.IndexByte(b, '>') + 1) }

func (s *xmpp) message(d *Dialog, m message) {
	b := bytes.TrimSpace(m.Bytes)
	name, closed := tagName(b)
	if m.From == Server {
		s.server(d, m, b, name, closed)
		return
	}
	switch name {
	case "stream:stream":
		d.step(m, "hello", line(b), 0)
	case "starttls":
		d.ask(m, line(b))
	case "auth", "iq", "message", "presence", "db:result":
		d.login(m, name)
	case "/stream:stream":
		d.quit(m)
	}
}

// tagName is the name of the tag that ends b, with a slash before it for an
// end tag, and whether the element is empty.
func tagName(b []byte) (name string, empty bool) {
	i := bytes.LastIndexByte(b, '<')
	if i < 0 {
		return "", false
	}
	tag := bytes.TrimSuffix(b[i+1:], []byte(">"))
	empty = bytes.HasSuffix(tag, []byte("/"))
	tag = bytes.TrimSuffix(tag, []byte("/"))
	if i := bytes.IndexAny(tag, " \t\r\n"); i >= 0 {
		tag = tag[:i]
	}
	return string(tag[:min(len(tag), 64)]), empty
}

func (s *xmpp) server(d *Dialog, m message, b []byte, name string, empty bool) {
	if s.inside {
		s.feature(d, m, b, name)
		return
	}
	text := line(b)
	switch name {
	case "stream:stream":
		d.step(m, "greeting", text, 0)
	case "stream:features", "features":
		s.features.row(m, nil, false)
		s.inside = !empty
		if empty {
			s.tell(d)
		}
	case "proceed":
		s.proceed = !empty
		if empty {
			d.accept(m, text, 0)
		}
	case "/proceed":
		if s.proceed {
			d.accept(m, text, 0)
		}
	case "failure", "/failure":
		if d.state == Asked {
			d.refuse(m, text, 0)
		} else if d.inClear && name == "failure" {
			d.step(m, "error", text, 0)
		}
	case "stream:error", "/stream:error":
		d.step(m, "error", text, 0)
	case "success":
		d.finish()
	}
}

func (s *xmpp) feature(d *Dialog, m message, b []byte, name string) {
	s.features.row(m, nil, name == "starttls")
	if name == "/stream:features" || name == "/features" {
		s.inside = false
		s.tell(d)
	}
}

func (s *xmpp) tell(d *Dialog) {
	s.features.tell(d, 0)
	s.features.Length = 0
}
