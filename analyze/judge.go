package analyze

import (
	"time"

	"tlswhy/decode"
	"tlswhy/decode/wire"
)

// patience is how long a side must have waited before its leaving counts as
// giving up on the other's silence.
const patience = time.Second

// progress is where the steps of a handshake stand in its events; -1 is never.
type progress struct {
	open, accept                                    int
	clientHello, serverHello, helloRetry            int
	certificate, certificateRequest, keyExchange    int
	helloDone, clientCertificate, clientKeyExchange int
	clientFinished, serverFinished                  int
	done                                            int // both Finished
	appData                                         [2]int
	flight                                          int // last event of the server's first flight
}

func progressOf(h *decode.Handshake) progress {
	p := progress{-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, [2]int{-1, -1}, -1}
	first := func(at *int, i int) {
		if *at < 0 {
			*at = i
		}
	}
	handshook := false // the client had the keys that only a ServerHello gives
	for i := range h.Events {
		e := &h.Events[i]
		switch m := e.Message.(type) {
		case decode.Open:
			first(&p.open, i)
		case decode.Accept:
			first(&p.accept, i)
		case decode.ClientHello:
			if !e.Cut || h.Lossy || h.Cut { // else the client sent only a part of it
				first(&p.clientHello, i)
			}
		case decode.ServerHello:
			if m.HelloRetryRequest {
				first(&p.helloRetry, i)
			} else {
				first(&p.serverHello, i)
			}
		case decode.Certificate:
			if e.From == decode.Server {
				first(&p.certificate, i)
			} else {
				first(&p.clientCertificate, i)
			}
		case decode.CertificateRequest:
			first(&p.certificateRequest, i)
		case decode.ServerKeyExchange:
			first(&p.keyExchange, i)
		case decode.ServerHelloDone:
			first(&p.helloDone, i)
		case decode.ClientKeyExchange:
			first(&p.clientKeyExchange, i)
		case decode.Finished:
			if e.From == decode.Client {
				first(&p.clientFinished, i)
			} else {
				first(&p.serverFinished, i)
			}
		case decode.AppData:
			first(&p.appData[e.From&1], i)
		case decode.Datagram:
			handshook = handshook || m.Type == "Handshake" && e.From == decode.Client
			if m.Type == "1-RTT" && (p.serverHello >= 0 || handshook) {
				p.oneRTT(e.From, i)
			}
		}
	}
	p.finish(h)
	return p
}

// oneRTT takes a 1-RTT packet of QUIC: with its first one the client shows
// that both Finished were sent (RFC 9001, Section 5.7).
func (p *progress) oneRTT(from decode.Side, i int) {
	if from == decode.Client && p.clientFinished < 0 {
		p.clientFinished = i
	}
	if p.clientFinished >= 0 {
		if p.serverFinished < 0 {
			p.serverFinished = i
		}
		if p.appData[from&1] < 0 {
			p.appData[from&1] = i
		}
	}
}

// finish finds the event after which both sides had sent their Finished.
func (p *progress) finish(h *decode.Handshake) {
	switch {
	case !h.ClientFinished || !h.ServerFinished:
	case !h.TLS13():
		p.done = max(p.clientFinished, p.serverFinished)
	case p.clientFinished >= 0:
		p.done = p.clientFinished
	default: // the client's flight came in one record: the server's next one shows that it was good
		p.done = afterFlight(h, p.serverHello)
	}
	for i := p.serverHello; i >= 0 && i < len(h.Events); i++ {
		e := &h.Events[i]
		if e.From == decode.Server && e.Length > 0 && !transport(e.Message) && (p.done < 0 || i < p.done) {
			p.flight = i
		}
	}
}

// afterFlight returns the first protected record of the server that follows
// one of the client after the ServerHello.
func afterFlight(h *decode.Handshake, from int) int {
	client := false
	for i := max(from, 0); i < len(h.Events); i++ {
		if _, ok := h.Events[i].Message.(decode.Encrypted); !ok {
			continue
		}
		if h.Events[i].From == decode.Client {
			client = true
		} else if client {
			return i
		}
	}
	return -1
}

// transport says whether a message is one of TCP's or the network's.
func transport(m decode.Message) bool {
	switch m.(type) {
	case decode.Open, decode.Accept, decode.Establish, decode.Reset, decode.Close, decode.Retransmission, decode.Gap, decode.ICMPError, decode.AckOnly, decode.Fragment:
		return true
	}
	return false
}

// judgeBreak finds the first abnormal event. What ended a completed handshake
// in the usual way is no break.
func (c *Case) judgeBreak() {
	p := &c.Progress
	c.Break = Break{Event: -1}
	c.Leave = -1
	for i := range c.Events {
		e := &c.Events[i]
		done := p.done >= 0 && i > p.done || c.leftEarly(i)
		kind := NoBreak
		switch m := e.Message.(type) {
		case decode.Alert:
			kind = c.alertBreak(i, &m, done)
		case decode.Reset:
			kind = ByReset
		case decode.Close:
			kind = ByClose
		case decode.Plain:
			kind = c.plainBreak(i, done)
		case decode.BadRecord:
			if kind = ByBadMessage; done {
				kind = NoBreak // back to what was spoken before TLS, as LDAP's unbind and FTP's CCC are
			}
		case decode.QUICClose:
			kind = quicClose(&m, done)
		case decode.QUICVersionNegotiation:
			if c.versionsRefused(i) {
				kind = ByAlert
			}
		case decode.Prelude:
			kind = c.preludeBreak(&m)
		}
		if kind == NoBreak {
			continue
		}
		if done && c.Leave >= 0 && c.Events[c.Leave].From != e.From && kind == ByAlert {
			continue // an answer to the other side's leaving
		}
		if done && (kind == ByReset || kind == ByClose || kind == ByHidden && c.leaves(i)) {
			if c.Leave < 0 {
				c.Leave = i
			}
			continue
		}
		c.Break = Break{Kind: kind, Event: i, From: e.From}
		return
	}
}

// leftEarly says whether the client left once its own Finished was out, with
// the server's one still to come: it had all that it wanted, or decided late.
func (c *Case) leftEarly(i int) bool {
	p := &c.Progress
	return !c.TLS13() && c.Events[i].From == decode.Client && p.clientFinished >= 0 && p.clientFinished < i && p.serverFinished > i
}

// preludeBreak says whether a step before TLS failed: nothing of TLS followed.
func (c *Case) preludeBreak(m *decode.Prelude) BreakKind {
	if c.TLS || !c.Wanted {
		return NoBreak
	}
	switch m.What {
	case "refused", "stripped", "not-offered":
		return ByPrelude
	}
	return NoBreak
}

// alertBreak says what an alert does to the handshake (RFC 8446, Section 6).
func (c *Case) alertBreak(i int, m *decode.Alert, done bool) BreakKind {
	e := &c.Events[i]
	if m.Encrypted && !e.Decrypted {
		return c.hiddenBreak(i, m, done)
	}
	switch m.Description {
	case 0, 90: // close_notify, user_canceled
		if done {
			if c.Leave < 0 {
				c.Leave = i
			}
			return NoBreak
		}
		return ByAlert
	case 100: // no_renegotiation
		return NoBreak
	case 112: // unrecognized_name is often a warning (RFC 6066, Section 3)
		if m.Level == 1 {
			return NoBreak
		}
	}
	return ByAlert
}

// hiddenBreak judges a protected alert by its place: before the sender's
// Finished it is a refusal, after both it may be a close_notify.
func (c *Case) hiddenBreak(i int, m *decode.Alert, done bool) BreakKind {
	e := &c.Events[i]
	if c.Late && c.Progress.clientHello < 0 && c.Progress.serverHello < 0 { // the end of something that was not captured
		return NoBreak
	}
	if !done {
		if m.Inferred && e.From == decode.Server && c.followedBy(i, decode.Server) {
			return NoBreak // of an alert's size only
		}
		return ByHidden
	}
	if c.TLS13() && e.From == decode.Server && !c.serverSpoke(i) {
		if empty, _ := c.emptyClientCertificate(); empty != nil || !c.clientLeft(i) {
			return ByHidden // the late refusal of TLS 1.3
		}
	}
	if c.Leave < 0 {
		c.Leave = i
	}
	return NoBreak
}

// leaves says whether a hidden alert after both Finished is only an ending.
func (c *Case) leaves(i int) bool {
	return !(c.TLS13() && c.Events[i].From == decode.Server)
}

// followedBy says whether protected records of a side follow event i.
func (c *Case) followedBy(i int, side decode.Side) bool {
	for _, e := range c.Events[i+1:] {
		switch e.Message.(type) {
		case decode.Encrypted, decode.Finished, decode.AppData:
			if e.From == side {
				return true
			}
		}
	}
	return false
}

// serverSpoke says whether the server sent anything protected between both
// Finished and event i.
func (c *Case) serverSpoke(i int) bool {
	for j := c.Progress.done + 1; j < i; j++ {
		switch m := c.Events[j].Message.(type) {
		case decode.Encrypted, decode.AppData, decode.NewSessionTicket, decode.Finished:
			if c.Events[j].From == decode.Server {
				return true
			}
		case decode.Alert:
			if c.Events[j].From == decode.Server && m.Inferred {
				return true
			}
		}
	}
	return false
}

// clientLeft says whether the client had said goodbye before event i.
func (c *Case) clientLeft(i int) bool {
	for j := c.Progress.done + 1; j < i; j++ {
		if c.Events[j].From != decode.Client {
			continue
		}
		switch c.Events[j].Message.(type) {
		case decode.Alert, decode.Close, decode.Reset:
			return true
		}
	}
	return false
}

// plainBreak says whether bytes that are not TLS broke the handshake.
func (c *Case) plainBreak(i int, done bool) BreakKind {
	if i < c.Progress.clientHello { // TLS began after it
		return NoBreak
	}
	if sh, _ := c.ServerHello(); done || sh != nil && sh.Version == wire.SSL20 { // the records of SSL 2.0 are no others
		return NoBreak
	}
	if c.TLS || c.Wanted || c.Expected {
		return ByPlain
	}
	return NoBreak
}

// judgeSilence turns a leaving after a long wait into the silence of the other
// side, and finds the silence of a connection that did not end.
func (c *Case) judgeSilence() {
	b := &c.Break
	switch b.Kind {
	case ByClose, ByReset:
		if c.waited(b.Event, b.From) >= patience && c.owes() == b.From.Other() {
			*b = Break{Kind: BySilence, Event: b.Event, From: b.From.Other()}
		}
	case NoBreak:
		if c.Progress.done >= 0 || c.Late || c.OneSided {
			return
		}
		if i := c.hiddenQUICClose(); i >= 0 {
			*b = Break{Kind: ByHidden, Event: i, From: decode.Client}
			return
		}
		side := c.owes()
		if c.Transport != decode.TCP {
			side = c.owesDatagram()
		}
		if c.gaveUp(side.Other()) {
			*b = Break{Kind: BySilence, Event: -1, From: side}
		}
	}
	if b.Kind == BySilence || b.Kind == NoBreak {
		c.judgeICMP()
	}
}

// judgeICMP lets an ICMP error explain a silence.
func (c *Case) judgeICMP() {
	if c.Progress.done >= 0 {
		return
	}
	for i := range c.Events {
		m, ok := c.Events[i].Message.(decode.ICMPError)
		if !ok || fragNeeded(&m) {
			continue
		}
		if !c.laterFrom(i, m.Of.Other()) {
			c.Break = Break{Kind: ByICMP, Event: i, From: decode.Network}
			if c.portClosed(&m) {
				c.Break = Break{Kind: ByClose, Event: i, From: decode.Client}
			}
			return
		}
	}
}

// portClosed says whether an ICMP error is the answer of a client's host whose
// program has left a conversation of datagrams: what a FIN is in TCP.
func (c *Case) portClosed(m *decode.ICMPError) bool {
	port := !m.IPv6 && m.Type == 3 && m.Code == 3 || m.IPv6 && m.Type == 1 && m.Code == 4
	return port && c.Transport != decode.TCP && m.Of == decode.Server && m.Reporter == c.Client.Addr() && c.Progress.serverHello >= 0
}

func fragNeeded(m *decode.ICMPError) bool {
	return !m.IPv6 && m.Type == 3 && m.Code == 4 || m.IPv6 && m.Type == 2
}

// laterFrom says whether a side was heard after event i.
func (c *Case) laterFrom(i int, side decode.Side) bool {
	for _, e := range c.Events[i+1:] {
		if e.From == side {
			return true
		}
	}
	return false
}

// waited returns how long a side had heard nothing new when event i came.
func (c *Case) waited(i int, side decode.Side) time.Duration {
	last := c.Start
	for j := 0; j < i; j++ {
		e := &c.Events[j]
		if c.Transport != decode.TCP && e.From == side { // probes and repetitions
			continue
		}
		if _, again := e.Message.(decode.Retransmission); again && e.From == side {
			continue
		}
		if e.Time.After(last) {
			last = e.Time
		}
	}
	return c.Events[i].Time.Sub(last)
}

// gaveUp says whether a side waited in vain: its bytes went out three times
// more, or the capture goes on for longer than the timeout.
func (c *Case) gaveUp(waiting decode.Side) bool {
	if c.Flow[waiting].Repeats >= 3 {
		return true
	}
	if f := &c.Flow[waiting]; c.Transport == decode.DTLS && f.Repeats == 2 && f.Last.Sub(f.First) >= 3*patience {
		return true // two timeouts ran out, the second twice as long as the first (RFC 6347, Section 4.2.4.1)
	}
	if c.Transport != decode.TCP && c.Flow[waiting].Repeats == 0 { // it would have sent again: the capture lacks packets
		return false
	}
	silence := c.CaptureEnd.Sub(c.End)
	if c.Progress.open >= 0 && c.Progress.accept < 0 && c.Flow[waiting].Bytes == 0 && c.Flow[waiting].Repeats == 0 && silence >= retransmission {
		return false // its SYN would have come again, if it still wanted the connection
	}
	if c.Transport == decode.TCP && silence >= retransmission && (c.unanswered(decode.Client) || c.unanswered(decode.Server)) {
		return false
	}
	return silence >= c.timeout
}

// retransmission is after how long a sender that hears nothing has surely sent
// again (RFC 6298, Section 2).
const retransmission = 3 * time.Second

// unanswered says whether bytes of a side were neither acknowledged nor sent
// again: after a while that tells that the capture lacks packets.
func (c *Case) unanswered(side decode.Side) bool {
	f := &c.Flow[side]
	return f.Bytes > f.Acked && f.Repeats == 0
}

// owes returns the side that had to speak when a handshake went quiet.
func (c *Case) owes() decode.Side {
	p := &c.Progress
	switch {
	case p.accept < 0 && p.open >= 0 && p.clientHello < 0:
		return decode.Server
	case p.clientHello < 0 && p.serverHello < 0:
		if c.Flow[decode.Client].Bytes > 0 && c.Flow[decode.Client].Bytes > c.Flow[decode.Client].Acked {
			return decode.Server
		}
		return decode.Client
	case p.serverHello < 0:
		if p.helloRetry >= 0 && len(decode.Each[decode.ClientHello](c.Handshake, decode.Client)) < 2 {
			return decode.Client
		}
		return decode.Server
	case c.TLS13():
		if c.serverFlightWhole() {
			return decode.Client
		}
		return decode.Server
	case p.helloDone < 0 && p.serverFinished < 0:
		return decode.Server
	case p.clientFinished < 0:
		return decode.Client
	}
	return decode.Server
}

// serverFlightWhole says whether a TLS 1.3 server's flight came to an end: a
// record of a Finished's size, or several records.
func (c *Case) serverFlightWhole() bool {
	if c.Progress.serverFinished >= 0 {
		return true
	}
	n := 0
	for _, e := range c.Events {
		if m, ok := e.Message.(decode.Encrypted); ok && e.From == decode.Server && m.ContentType == 23 && !e.Cut {
			n += m.Bytes
		}
	}
	return n > 400 && c.Flow[decode.Server].Bytes <= c.Flow[decode.Server].Acked
}
