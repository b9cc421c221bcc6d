package analyze

import (
	"time"

	"tlswhy/decode"
	"tlswhy/decode/wire"
)

func endingRules() []*Rule {
	return []*Rule{&serverSilent, &serverStalled, &resetBeforeHello, &resetAfterHello, &closeAfterHello, &serverLeft,
		&clientCancelled, &clientLeft, &clientSilent, &connectionProbe}
}

var serverSilent = Rule{
	ID: "server-silent", Family: "ending", Title: "Server acknowledges the ClientHello and never answers", Fault: ByServer, Rank: 40,
	Causes: []string{"server-slow-no-reply", "clienthello-size-hang"},
	Explain: `The server's TCP acknowledged the whole ClientHello, so it arrived, but no byte of an answer came before the client gave up or the capture ended. The process behind the port is overloaded, blocked, stuck in its accept queue, or a proxy waits for a backend.

Some old load balancers hang on hellos of 256 to 511 bytes.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("server-silent/fix-server")},
		{Who: ByClient, Text: T("server-silent/fix-client")},
	},
	Logs: []string{"net/http: TLS handshake timeout", "The handshake operation timed out", "handshake timed out", "i/o timeout"},
	Texts: map[string]string{
		"summary":    "the server acknowledged the ClientHello and sent nothing in {0}",
		"hello":      "the ClientHello, wholly acknowledged",
		"fix-server": "look at the server process: load, blocked workers, entropy, a backend that does not answer",
		"fix-client": "use a longer handshake timeout if the server is merely slow",
		"decide":     "a capture at the server: does the hello arrive at the process, does an answer leave?",
		"c-size":     "the hello has between 256 and 511 bytes, at which some old load balancers hang",
	},
	Check: func(c *Case) *Finding {
		if c.Outcome != Failed || c.Break.Kind != BySilence || c.Break.From != decode.Server || c.Progress.clientHello < 0 || c.Progress.serverHello >= 0 {
			return nil
		}
		client := &c.Flow[decode.Client]
		if c.Transport != decode.TCP || client.Acked < client.Bytes || c.Flow[decode.Server].Bytes > 0 {
			return nil
		}
		o := c.offer()
		f := &Finding{Confidence: Likely, Summary: T("server-silent/summary", Duration(c.silence())), Decide: T("server-silent/decide"),
			Evidence: []Evidence{Proof(o.event, T("server-silent/hello")), c.ProveBreak(c.breakText())}}
		if n := o.hello.Length + 4; n >= 256 && n <= 511 {
			f.Causes = append(f.Causes, Cause{ID: "server-slow-no-reply", Text: f.Summary}, Cause{ID: "clienthello-size-hang", Text: T("server-silent/c-size")})
		}
		return f
	},
}

// silence is how long nothing new had been heard when the handshake ended, or
// the capture did.
func (c *Case) silence() time.Duration {
	if c.Break.Event >= 0 {
		return c.waited(c.Break.Event, c.Break.From.Other())
	}
	last := c.Start
	for i := range c.Events {
		if _, again := c.Events[i].Message.(decode.Retransmission); !again && c.Events[i].Time.After(last) {
			last = c.Events[i].Time
		}
	}
	return max(c.CaptureEnd.Sub(last), c.End.Sub(last))
}

var serverStalled = Rule{
	ID: "server-stalled", Family: "ending", Title: "Server stops in the middle of its flight", Fault: ByServer, Rank: 41,
	Causes:  []string{"server-slow-no-reply"},
	Explain: `The server began to answer and stopped before its flight was complete, without closing. What it had sent arrived, so it is not the path: the process is stuck, or something it needs (a signing service, a backend) does not answer.`,
	Fixes:   []Fix{{Who: ByServer, Text: T("server-stalled/fix-server")}},
	Logs:    []string{"handshake timed out", "TLS handshake timeout"},
	Texts: map[string]string{
		"summary":    "the server stopped in the middle of its answer and sent nothing more in {0}",
		"last":       "the last that came from the server",
		"fix-server": "look at the server process: what it waits for between its messages (signing service, HSM, backend)",
		"decide":     "a capture at the server: if the rest leaves there, the path loses it",
	},
	Check: func(c *Case) *Finding {
		if c.Outcome != Failed || c.Break.Kind != BySilence || c.Break.From != decode.Server || c.Flow[decode.Server].Bytes == 0 || c.Transport != decode.TCP || c.Progress.clientHello < 0 {
			return nil
		}
		return &Finding{Confidence: Likely, Summary: T("server-stalled/summary", Duration(c.silence())), Decide: T("server-stalled/decide"),
			Evidence: []Evidence{c.lastFrom(decode.Server, T("server-stalled/last")), c.ProveBreak(c.breakText())}}
	},
}

// lastFrom cites the last event of a side before the break.
func (c *Case) lastFrom(side decode.Side, t Text) Evidence {
	found := -1
	for i := range c.Events {
		if c.Break.Event >= 0 && i >= c.Break.Event {
			break
		}
		if c.Events[i].From == side {
			found = i
		}
	}
	if found < 0 {
		return c.ProveBreak(t)
	}
	return Proof(&c.Events[found], t)
}

// serverBroke says whether the server ended the connection itself, by RST or
// FIN, before the handshake was complete.
func (c *Case) serverBroke(kind BreakKind) bool {
	return c.Outcome == Failed && c.Break.Kind == kind && c.Break.From == decode.Server
}

// answered says whether the server sent anything after the ClientHello and
// before the break; what it said before an upgrade or through a proxy is none.
func (c *Case) answered() bool {
	if c.Progress.clientHello < 0 {
		return c.Flow[decode.Server].Bytes > 0
	}
	for i := c.Progress.clientHello + 1; i < len(c.Events) && i != c.Break.Event; i++ {
		if e := &c.Events[i]; e.From == decode.Server && !transport(e.Message) {
			return true
		}
	}
	return c.UpgradeState == "" && c.Tunnel == "" && c.Flow[decode.Server].Bytes > 0
}

var resetBeforeHello = Rule{
	ID: "reset-before-client-hello", Family: "ending", Title: "Server resets or closes before any byte of TLS", Fault: ByServer, Rank: 42,
	Causes:  []string{"lb-connection-reject", "l4-proxy-upstream-down"},
	Explain: `The TCP connection was accepted and then ended by the server's side before a ClientHello was there, or while it was on its way. That is a refusal by address, rate or number of connections, or a TCP proxy whose backend is down; the TLS settings have no part in it.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("reset-before-client-hello/fix-server")},
	},
	Logs: []string{"Connection reset by peer", "SSL_ERROR_SYSCALL", "ECONNRESET"},
	Texts: map[string]string{
		"summary":    "the server accepted the connection and ended it before any byte of TLS",
		"fix-server": "look at access lists, rate and connection limits, and at the backend of the proxy or load balancer",
		"decide":     "the proxy's or load balancer's log at that time",
	},
	Check: func(c *Case) *Finding {
		if (!c.serverBroke(ByReset) && !c.serverBroke(ByClose)) || c.Flow[decode.Server].Bytes > 0 || c.Progress.accept < 0 || c.Break.Event < 0 {
			return nil
		}
		hello := c.Progress.clientHello
		if hello >= 0 && hello < c.Break.Event && !c.crossed() {
			return nil
		}
		if c.waited(c.Break.Event, decode.Server) >= patience || c.Flow[decode.Client].Bytes > 0 && hello < 0 {
			return nil
		}
		return &Finding{Confidence: Likely, Summary: T("reset-before-client-hello/summary"), Decide: T("reset-before-client-hello/decide"),
			Evidence: []Evidence{c.ProveBreak(c.breakText())}}
	},
}

// crossed says whether the server's ending was on its way before it could
// have seen the ClientHello: it acknowledges none of it.
func (c *Case) crossed() bool {
	e := c.BreakEvent()
	if e == nil || e.Header == nil || e.Header.AckOffset > 0 {
		return false
	}
	hello := &c.Events[c.Progress.clientHello]
	rtt := c.RoundTrip()
	return rtt > 0 && e.Time.Sub(hello.Time) < rtt*3/4
}

var resetAfterHello = Rule{
	ID: "reset-after-client-hello", Family: "ending", Title: "Server itself resets after the ClientHello", Fault: ByServer, Rank: 43,
	Causes:  []string{"schannel-reset", "tls-fingerprint-block", "proxy-protocol-missing"},
	Explain: `The reset that follows the ClientHello fits the server's other packets (hop count, sequence, timing), so the server itself, or its host, sent it. Windows resets instead of sending an alert when nothing is in common; proxies that expect a PROXY header, listeners that are closed with unread data and bot defences do the same.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("reset-after-client-hello/fix-server")},
		{Who: ByClient, Text: T("reset-after-client-hello/fix-client")},
	},
	Logs:     []string{"Connection reset by peer", "SSL_ERROR_SYSCALL", "ECONNRESET", "ERR_CONNECTION_RESET", "PR_CONNECT_RESET_ERROR", "forcibly closed by the remote host"},
	Silences: []string{"server-left"},
	Texts: map[string]string{
		"summary":    "the server answers the ClientHello with a reset of its own",
		"hello":      "the ClientHello",
		"fits":       "the reset has TTL {0}, as the server's other packets have",
		"fix-server": "look at the server's log; on Windows at the Schannel events 36874 and 36888; behind a load balancer at the PROXY protocol setting",
		"fix-client": "try other versions and cipher suites, to see whether the server then answers",
		"decide":     "the server's log, or a capture at the server",
		"c-windows":  "the server looks like Windows (initial TTL 128), which resets when nothing is in common",
		"c-block":    "a defence that does not like this client's hello",
	},
	Check: func(c *Case) *Finding {
		if !c.serverBroke(ByReset) || c.Progress.clientHello < 0 || c.Progress.clientHello > c.Break.Event || c.Progress.serverHello >= 0 || c.answered() {
			return nil
		}
		e := c.BreakEvent()
		f := &Finding{Confidence: Likely, Summary: T("reset-after-client-hello/summary"), Decide: T("reset-after-client-hello/decide"),
			Evidence: []Evidence{c.ProveBreak(c.breakText()), Proof(c.offer().event, T("reset-after-client-hello/hello"))}}
		if e.Header != nil {
			if odd := c.strange(c.Break.Event); odd.weight == 0 && e.Header.TTL == c.Flow[decode.Server].Profile.TTL {
				f.Evidence[0].Text = T("reset-after-client-hello/fits", Count(int(e.Header.TTL)))
			} else if odd.weight > 0 { // too little to say that somebody else sent it
				f.Confidence, f.Decide = Possible, T("common/decide-both-ends")
				f.Causes = append(f.Causes, Cause{ID: "middlebox-reset", Text: odd.texts[0]})
				for _, t := range odd.texts {
					f.Evidence = append(f.Evidence, Proof(e, t))
				}
			}
			if e.Header.TTL > 64 && e.Header.TTL <= 128 {
				f.Causes = append(f.Causes, Cause{ID: "schannel-reset", Text: T("reset-after-client-hello/c-windows")})
			}
		}
		f.Causes = append(f.Causes, Cause{ID: "proxy-protocol-missing", Text: T("common/c-proxy-missing")},
			Cause{ID: "tls-fingerprint-block", Text: T("reset-after-client-hello/c-block")})
		return f
	},
}

var closeAfterHello = Rule{
	ID: "close-after-client-hello", Family: "ending", Title: "Server closes after the ClientHello without an alert", Fault: ByServer, Rank: 43,
	Causes: []string{"server-close-after-clienthello", "l4-proxy-upstream-down", "sni-router-no-route"},
	Explain: `The server read the ClientHello and closed the connection in an orderly way, without a byte of TLS. That is how proxies and load balancers behave that find no backend or no route for the name, and programs that crash or do not speak TLS on this port.

An alert of the client after the server's close (decode_error from OpenSSL, unexpected_message from GnuTLS, handshake_failure from Java) is an echo of the close and not the cause.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("close-after-client-hello/fix-server")},
		{Who: ByClient, Text: T("close-after-client-hello/fix-client")},
	},
	Logs: []string{"unexpected eof while reading", "SSL_ERROR_SYSCALL", "PR_END_OF_FILE_ERROR", "Remote host terminated the handshake",
		"Client network socket disconnected before secure TLS connection was established", "UNEXPECTED_EOF_WHILE_READING", "ERR_CONNECTION_CLOSED", "EOF"},
	Silences: []string{"server-left"},
	Texts: map[string]string{
		"summary":    "the server closes the connection in answer to the ClientHello for {0}, without an alert",
		"no-name":    "the server closes the connection in answer to the ClientHello, without an alert",
		"hello":      "the ClientHello",
		"fix-server": "look at the log of the server or proxy: no route or backend for this name, no certificate, a crash",
		"fix-client": "check name and port",
		"decide":     "the log of the server or proxy at that time; the same connection with another name",
		"c-backend":  "a proxy whose backend is down",
		"c-route":    "a proxy without a route for this name",
	},
	Check: func(c *Case) *Finding {
		if !c.serverBroke(ByClose) || c.Progress.clientHello < 0 || c.Progress.clientHello > c.Break.Event || c.Progress.serverHello >= 0 || c.answered() {
			return nil
		}
		f := &Finding{Confidence: Likely, Summary: T("close-after-client-hello/summary", Name(c.SNI())), Decide: T("close-after-client-hello/decide"),
			Evidence: []Evidence{c.ProveBreak(c.breakText()), Proof(c.offer().event, T("close-after-client-hello/hello"))},
			Causes: []Cause{{ID: "l4-proxy-upstream-down", Text: T("close-after-client-hello/c-backend")},
				{ID: "sni-router-no-route", Text: T("close-after-client-hello/c-route")}}}
		if c.SNI() == "" {
			f.Summary = T("close-after-client-hello/no-name")
		}
		if o := c.offer(); o.max() < wire.TLS12 {
			f.Causes = append([]Cause{{ID: "version-no-overlap", Text: T("common/offer-versions", Codes(o.versions))}}, f.Causes...)
		}
		return f
	},
}

var serverLeft = Rule{
	ID: "server-left", Family: "ending", Title: "Server resets or closes later in the handshake without an alert", Fault: ByServer, Rank: 30,
	Explain: `The server took part in the handshake and then ended the connection without an alert that would say why. Some stacks refuse a client certificate in that way (Node, Mbed TLS); a crash or a restart of the process looks the same.`,
	Fixes:   []Fix{{Who: ByServer, Text: T("server-left/fix-server")}},
	Logs:    []string{"unexpected eof while reading", "Connection reset by peer", "socket hang up"},
	Texts: map[string]string{
		"summary":    "the server ends the connection at the step {0}, without an alert",
		"last":       "the last that came from the server before",
		"fix-server": "look at the server's log at that time",
		"decide":     "the server's log, or a capture with a key log",
	},
	Check: func(c *Case) *Finding {
		if !c.serverBroke(ByClose) && !c.serverBroke(ByReset) {
			return nil
		}
		if c.Flow[decode.Server].Bytes == 0 || !c.TLS || c.Cut && c.Progress.clientHello < 0 {
			return nil
		}
		return &Finding{Confidence: Likely, Summary: T("server-left/summary", Word(string(c.Stage))), Decide: T("server-left/decide"),
			Evidence: []Evidence{c.ProveBreak(c.breakText()), c.lastFrom(decode.Server, T("server-left/last"))}}
	},
}

var clientCancelled = Rule{
	ID: "client-cancelled", Family: "ending", Title: "Client sends user_canceled or close_notify in mid-handshake", Fault: ByClient, Rank: 45,
	Causes:  []string{"client-gives-up"},
	Explain: `The client said goodbye in due form (close_notify, user_canceled) before the handshake was complete: its user or its program ended the attempt.`,
	Fixes:   []Fix{{Who: ByClient, Text: T("client-cancelled/fix-client")}},
	Refs:    []string{"RFC 8446, Section 6.1"},
	Logs:    []string{"user canceled", "close notify"},
	Texts: map[string]string{
		"summary":    "{0} ends the handshake with {1} before it is complete",
		"fix-client": "find out why the program gave up: a timeout, a user, another connection that was faster",
	},
	Check: func(c *Case) *Finding {
		a, ok := c.BreakAlert()
		if !ok || c.Outcome != Failed || a.Description != 0 && a.Description != 90 {
			return nil
		}
		f := &Finding{Confidence: Certain, Summary: T("client-cancelled/summary", SideArg(c.Break.From), CodeOf(a.Description)),
			Evidence: []Evidence{c.ProveBreak(c.breakText())}}
		if c.Break.From == decode.Server {
			f.Fault = ByServer
		}
		return f
	},
}

var clientLeft = Rule{
	ID: "client-left", Family: "ending", Title: "Client closes or resets before the handshake is finished", Fault: ByClient, Rank: 31,
	Causes:  []string{"client-gives-up", "client-config-error-before-hello", "client-auth-prompt-timeout"},
	Explain: `The client ended the connection itself, without an alert, before the handshake was complete. A program that was stopped, a timeout, a connection that lost the race against another one; some clients (Node) also leave without a word when they do not like the server's certificate.`,
	Fixes:   []Fix{{Who: ByClient, Text: T("client-left/fix-client")}},
	Logs:    []string{"peer closed connection in SSL handshake", "EOF", "TLS handshake error"},
	Texts: map[string]string{
		"summary":    "the client ends the connection at the step {0}, without an alert",
		"early":      "the client connects and leaves before any answer",
		"after":      "the client leaves after the server's first flight, {0} after it",
		"fix-client": "look at the client's log: a timeout, a cancelled request, a certificate that it refuses without an alert",
		"decide":     "the client's log; a capture with a key log",
	},
	Check: func(c *Case) *Finding {
		if c.Break.From != decode.Client || c.Break.Kind != ByClose && c.Break.Kind != ByReset {
			return nil
		}
		f := &Finding{Confidence: Likely, Summary: T("client-left/summary", Word(string(c.Stage))), Decide: T("client-left/decide"),
			Evidence: []Evidence{c.ProveBreak(c.breakText())}}
		if c.Outcome == Incomplete {
			f.Severity, f.Summary = Info, T("client-left/early")
			if c.Progress.clientHello < 0 {
				return nil
			}
		}
		return f
	},
}

var clientSilent = Rule{
	ID: "client-silent", Family: "ending", Title: "Client connects and sends no (whole) ClientHello", Fault: ByClient, Rank: 44,
	Causes:   []string{"idle-client-no-hello", "implicit-tls-port-with-starttls-client"},
	Explain:  `The connection stands, and the client sends no ClientHello, or only a part of one. The server waits and closes after its timer. It is a preconnected socket, a client that waits for a greeting (a STARTTLS client on a TLS port), or a client that hangs.`,
	Fixes:    []Fix{{Who: ByClient, Text: T("client-silent/fix-client")}},
	Logs:     []string{"Greeting never received", "client timed out", "handshake timeout"},
	Silences: []string{"client-left"},
	Texts: map[string]string{
		"summary":    "the client connects and sends no ClientHello in {0}",
		"partial":    "the client sends only a part of its ClientHello and nothing more in {0}",
		"waited":     "the client connects, waits {0} without sending a ClientHello, and leaves",
		"part":       "the part of the ClientHello",
		"c-greeting": "the client waits for a greeting: it expects STARTTLS, and port {0} is one where TLS begins at once",
		"fix-client": "check that the client starts TLS at once on this port (not STARTTLS), and that preconnected sockets are used or closed",
		"decide":     "a capture at the client: does a ClientHello leave there?",
	},
	Check: func(c *Case) *Finding {
		waited := c.waitedInVain()
		if c.Outcome != Failed || !waited && c.Break.Kind != BySilence || c.Break.From != decode.Client || c.wholeHello() || c.Progress.serverHello >= 0 || c.Transport != decode.TCP {
			return nil
		}
		f := &Finding{Confidence: Likely, Summary: T("client-silent/summary", Duration(c.silence())), Decide: T("client-silent/decide"),
			Evidence: []Evidence{c.ProveBreak(c.breakText())}}
		switch {
		case waited:
			f.Summary = T("client-silent/waited", Duration(c.silence()))
		case c.Flow[decode.Client].Bytes > 0:
			f.Summary = T("client-silent/partial", Duration(c.silence()))
			f.Evidence = append(f.Evidence, c.lastFrom(decode.Client, T("client-silent/part")))
		}
		if port := c.Server.Port(); greetingPort(port) && c.Flow[decode.Client].Bytes == 0 {
			f.Causes = []Cause{{ID: "implicit-tls-port-with-starttls-client", Text: T("client-silent/c-greeting", Count(int(port)))}}
		}
		return f
	},
}

// waitedInVain says whether neither side said a word until the client left,
// after longer than a probe takes.
func (c *Case) waitedInVain() bool {
	b := &c.Break
	return (b.Kind == ByClose || b.Kind == ByReset) && b.From == decode.Client && c.Progress.accept >= 0 && c.Progress.clientHello < 0 &&
		c.Flow[decode.Client].Bytes == 0 && c.Flow[decode.Server].Bytes == 0 && c.waited(b.Event, decode.Client) >= patience
}

// greetingPort says whether a port carries TLS at once for a protocol whose
// servers speak first where it does not.
func greetingPort(port uint16) bool {
	switch port {
	case 465, 563, 990, 993, 995, 6697:
		return true
	}
	return false
}

// wholeHello says whether a complete ClientHello was seen.
func (c *Case) wholeHello() bool {
	return c.Progress.clientHello >= 0 && !c.Events[c.Progress.clientHello].Cut
}

var connectionProbe = Rule{
	ID: "connection-probe", Family: "ending", Title: "Connect and close, no TLS intended", Fault: ByClient, Rank: 32,
	Causes:  []string{"tcp-health-probe", "scanner-bad-hello"},
	Explain: `The client connected and closed at once without sending anything: a health check or a port scan. Servers log it as a failed handshake; nothing is wrong.`,
	Fixes:   []Fix{{Who: ByClient, Text: T("connection-probe/fix")}},
	Logs:    []string{"TLS handshake error from", "broken header: \"\"", "EOF"},
	Texts: map[string]string{
		"summary": "the client connects and leaves without sending anything: a health check or a scan",
		"fix":     "let the health check speak TLS, if its entries in the log disturb",
	},
	Check: func(c *Case) *Finding {
		if c.Outcome != Incomplete || c.Break.From != decode.Client || c.Break.Kind != ByClose && c.Break.Kind != ByReset ||
			c.Flow[decode.Client].Bytes > 0 || c.Progress.accept < 0 {
			return nil
		}
		return &Finding{Severity: Info, Confidence: Likely, Summary: T("connection-probe/summary"), Evidence: []Evidence{c.ProveBreak(c.breakText())}}
	},
}
