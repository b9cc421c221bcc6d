package prelude

import "bytes"

// speaker follows one protocol on one connection. Sides are roles here.
type speaker interface {
	// frame returns the length of the message that b begins with, 0 when b
	// is too short to tell, and -1 when b is not this protocol. It must give
	// the same answer for every longer b.
	frame(d *Dialog, from Side, b []byte) int64
	// message takes one complete message.
	message(d *Dialog, m message)
}

// step tells of a message.
func (d *Dialog) step(m message, what, text string, code int) {
	if d.told >= maxSteps {
		return
	}
	d.told++
	d.steps = append(d.steps, Step{
		From: m.From ^ d.flip, Offset: m.Offset, Length: m.Length,
		Protocol: d.name, What: what, Text: clip(text), Code: code,
	})
}

func clip(s string) string { return s[:min(len(s), MaxText)] }

// line is the text of a line without its end.
func line(b []byte) string { return clip(string(bytes.TrimRight(b, "\r\n"))) }

func (d *Dialog) set(s State) {
	if d.state != Stripped || s == Accepted {
		d.state = s
	}
}

// list tells of a complete list of capabilities.
func (d *Dialog) list(m message, has bool, text string, code int) {
	d.listed, d.goesOn = true, false
	if has {
		d.set(Offered)
		d.step(m, "offered", text, code)
		return
	}
	d.set(NotOffered)
	d.step(m, "not-offered", text, code)
}

// strip tells of an offer or a request that was overwritten on the way.
func (d *Dialog) strip(m message, text string, code int) {
	d.set(Stripped)
	d.step(m, "stripped", text, code)
}

// ask tells of a client that asks for the upgrade.
func (d *Dialog) ask(m message, text string) {
	d.upgrade = d.name
	d.set(Asked)
	d.step(m, "starttls", text, 0)
}

// accept tells of a server that agrees: TLS may start on both sides.
func (d *Dialog) accept(m message, text string, code int) {
	d.upgrade = d.name
	d.set(Accepted)
	d.ready = [2]bool{!d.unwraps, !d.unwraps}
	d.goesOn = true
	d.step(m, "accepted", text, code)
}

func (d *Dialog) refuse(m message, text string, code int) {
	d.set(Refused)
	d.step(m, "refused", text, code)
}

// require tells of a server that insists on the upgrade.
func (d *Dialog) require(m message, text string, code int) {
	d.required = true
	d.upgrade = d.name
	d.step(m, "required", text, code)
}

// login tells of a client that goes on in the clear.
func (d *Dialog) login(m message, text string) {
	if !d.inClear {
		d.inClear = true
		d.step(m, "login", text, 0)
	}
}

// quit tells of a client that says goodbye.
func (d *Dialog) quit(m message) {
	d.goodbye = true
	d.step(m, "quit", line(m.Bytes), 0)
}

// finish stops following: what comes now is consumed in silence.
func (d *Dialog) finish() { d.done = true }

// connect tells of a proxy that is asked for a connection.
func (d *Dialog) connect(m message, kind, target, text string, code int) {
	d.kind, d.target = kind, target
	d.set(Asked)
	d.step(m, "connect", text, code)
}

// tunnel tells of a proxy that has connected, or of its header: everything
// starts anew behind it.
func (d *Dialog) tunnel(kind, target string) {
	d.kind, d.target = kind, target
	d.set(Accepted)
	d.talk, d.grammar, d.name = nil, nil, ""
	d.ready = [2]bool{true, true}
	for i := range d.flows {
		f := &d.flows[i]
		f.deaf, f.long, f.total = false, false, 0
	}
	d.tunnels++
	if d.tunnels > maxTunnels {
		d.finish()
	}
}

// become changes to another protocol that the same words began.
func (d *Dialog) become(g *grammar, s speaker) {
	d.grammar, d.name, d.talk = g, g.name, s
}

// body says that n bytes of a role follow that are no message.
func (d *Dialog) body(role Side, n int64) { d.flows[role^d.flip].pass = n }

// unwrapped adds TLS bytes of a framing.
func (d *Dialog) unwrapped(from Side, offset int64, b []byte) {
	d.chunks[from] = append(d.chunks[from], Chunk{offset, b})
}
