package analyze

import (
	"slices"
	"time"

	"tlswhy/decode"
	"tlswhy/decode/wire"
)

// judgeOutcome says how the handshake ended, as the contract has it.
func (c *Case) judgeOutcome() {
	p := &c.Progress
	switch {
	case c.Break.Kind == NoBreak && p.done >= 0 && c.refusedAfter():
		c.Outcome = Failed
		c.Break = Break{Kind: c.leaveKind(), Event: c.Leave, From: c.Events[c.Leave].From}
	case c.Break.Kind == NoBreak && p.done >= 0 && c.controlEnded() != nil:
		c.Outcome = Failed
		c.Break = Break{Kind: c.leaveKind(), Event: c.Leave, From: decode.Server}
	case c.Break.Kind == NoBreak && p.done >= 0:
		c.Outcome = Completed
	case c.Break.Kind == NoBreak && c.flowing(), c.finishedSSLv2():
		c.Outcome = Completed
	case c.Break.Kind == NoBreak:
		c.Outcome = Incomplete
	case c.excused():
		c.Outcome = Incomplete
	default:
		c.Outcome = Failed
	}
	if c.Outcome != Completed {
		c.Stage = c.stage()
	}
}

// flowing says whether application data went both ways though the capture
// does not show both Finished.
func (c *Case) flowing() bool {
	return c.Progress.serverHello >= 0 && c.AppData[0] > 0 && c.AppData[1] > 0
}

// finishedSSLv2 says whether both sides went on after the hellos of SSL 2.0,
// whose further messages are not read: the client with its CLIENT-MASTER-KEY
// and CLIENT-FINISHED, the server with SERVER-VERIFY and SERVER-FINISHED
// (draft-hickman-netscape-ssl-00). An ERROR of a server is shorter.
func (c *Case) finishedSSLv2() bool {
	const header, authenticated = 2, 1 + 16 + 16
	ch, _ := c.ClientHello()
	sh, _ := c.ServerHello()
	if ch == nil || sh == nil || sh.Version != wire.SSL20 {
		return false
	}
	client := c.Flow[decode.Client].Bytes - int64(header+ch.Length)
	server := c.Flow[decode.Server].Bytes - int64(header+sh.Length)
	return client >= 2*authenticated && server >= 2*authenticated
}

// excused says whether what looks like a failure proves none: the capture
// does not show enough, or the client left of its own accord at once.
func (c *Case) excused() bool {
	b := &c.Break
	if _, foreign := c.stranger(); foreign && !c.Late {
		return false
	}
	leaving := b.Kind == ByClose || b.Kind == ByReset
	switch {
	case leaving && c.Late && c.Progress.clientHello < 0:
		return true
	case c.OneSided && (leaving || b.Kind == BySilence || b.Kind == ByHidden && c.clientSpokeLate()):
		return true
	case leaving && c.UpgradeState == "offered" && !c.TLS:
		return true
	case b.Kind == ByBadMessage && c.Lossy && !c.ended(b.Event): // bytes at a hole, and nobody minded them
		return true
	case leaving && c.Lossy && c.clientSpokeLate():
		return true
	case b.Kind == BySilence && c.Late && !c.TLS: // what was said before the capture began is not known
		return true
	case c.unused():
		return true
	case leaving && b.From == decode.Client && !c.answeredBefore(b.Event) && c.Events[b.Event].Time.Sub(c.Start) < patience:
		return c.Progress.accept >= 0 || c.Progress.open < 0
	}
	return false
}

// unused says whether a connection was opened, nobody said a word on it, and
// the server did not mind: browsers keep spare ones. Where clients may wait for
// a greeting that never comes it is no spare one.
func (c *Case) unused() bool {
	b := &c.Break
	if c.Transport != decode.TCP || c.Progress.accept < 0 || greetingPort(c.Server.Port()) || c.Flow[decode.Client].Bytes+c.Flow[decode.Server].Bytes > 0 || c.Flow[decode.Server].Repeats >= 3 {
		return false
	}
	return b.Event < 0 || b.From == decode.Client && b.Kind == ByClose
}

// answeredBefore says whether the server had sent anything when event i came.
func (c *Case) answeredBefore(i int) bool {
	for j := range i {
		if e := &c.Events[j]; e.From == decode.Server && !transport(e.Message) {
			return true
		}
	}
	return false
}

// ended says whether a side ended the connection after event i.
func (c *Case) ended(i int) bool {
	for _, e := range c.Events[i+1:] {
		switch e.Message.(type) {
		case decode.Alert, decode.Close, decode.Reset:
			return true
		}
	}
	return false
}

// clientSpokeLate says whether protected records of the client were seen, so
// that lost packets may hide the end of the handshake.
func (c *Case) clientSpokeLate() bool {
	for _, e := range c.Events {
		if m, ok := e.Message.(decode.Encrypted); ok && e.From == decode.Client && m.Bytes > 0 {
			return true
		}
	}
	return c.Progress.clientFinished >= 0 || c.AppData[0] > 0 || c.AppData[1] > 0
}

// lateVerdict is how long a client that checks the certificate only once the
// handshake is complete takes to leave.
const lateVerdict = 2 * time.Second

// refusedAfter says whether the client left directly after both Finished,
// without application data, because of the certificate that it was shown. Any
// client that leaves here without a reason of [Case.checksLate] was content:
// it had a look, or had nothing to say.
func (c *Case) refusedAfter() bool {
	if c.Leave < 0 || c.AppData[decode.Client] > 0 {
		return false
	}
	leave := &c.Events[c.Leave]
	if leave.From != decode.Client || c.talkedOn(decode.Client) || leave.Time.Sub(c.Events[c.Progress.done].Time) > lateVerdict {
		return false
	}
	problems := c.ChainProblems(decode.Server)
	return len(problems) > 0 && c.checksLate(slices.Contains(problems, "cert-name-mismatch"))
}

// checksLate says whether the client is one that checks the certificate only
// once the handshake is complete. In TLS 1.2 Node does, which leaves without
// an alert, and NSS, which sends one; programs on OpenSSL compare the name
// themselves, after the library is done, and on GnuTLS some check everything
// then: one that asked for TLS and now says nothing in it has.
func (c *Case) checksLate(nameMismatch bool) bool {
	guess := c.guessClient()
	if guess == nil {
		return false
	}
	switch hidden := c.leaveKind() == ByHidden; guess.Stack {
	case "node":
		return !hidden && !c.TLS13()
	case "nss":
		return hidden && !c.TLS13()
	case "gnutls":
		return c.UpgradeState == "accepted"
	case "openssl":
		ch, _ := c.ClientHello()
		return nameMismatch && (len(ch.ALPN) > 0 || c.UpgradeState != "")
	}
	return false
}

// farewell is the most bytes of a goodbye in the clear: LDAP's unbind has 7.
const farewell = 16

// talkedOn says whether a side went on in the clear after both Finished, as
// after FTP's CCC, with more than the goodbye of the protocol before TLS.
func (c *Case) talkedOn(side decode.Side) bool {
	for i := max(c.Progress.done, 0); i < len(c.Events); i++ {
		e := &c.Events[i]
		if _, ok := e.Message.(decode.BadRecord); ok && e.From == side && (c.Upgrade == "" || c.Flow[side].Bytes-e.Offset > farewell) {
			return true
		}
	}
	return false
}

// leaveKind is how the side left that refused after both Finished.
func (c *Case) leaveKind() BreakKind {
	switch c.Events[c.Leave].Message.(type) {
	case decode.Reset:
		return ByReset
	case decode.Close:
		return ByClose
	}
	return ByHidden
}

// stage names the step that did not succeed.
func (c *Case) stage() Stage {
	p := &c.Progress
	before := func(i int) bool { return i >= 0 && (c.Break.Event < 0 || i < c.Break.Event) }
	switch {
	case c.Transport == decode.TCP && p.accept < 0 && p.open >= 0 && p.clientHello < 0:
		return StageConnect
	case c.Transport == decode.QUIC && !before(p.clientHello) && !before(p.serverHello) && !c.Late: // its first part was sent
		return StageClientHello
	case !before(p.clientHello) && !before(p.serverHello):
		return StageBeforeHello
	case !before(p.serverHello):
		return StageClientHello
	case before(p.done):
		if before(p.appData[0]) && before(p.appData[1]) {
			return StageAppData
		}
		return StageFinished
	case before(p.clientFinished) || before(p.serverFinished) || before(p.clientKeyExchange):
		return StageFinished
	case before(p.keyExchange) && !before(p.helloDone):
		return StageKeyExchange
	case before(p.certificate), c.TLS13() && c.hiddenFlight():
		return StageCertificate
	}
	return StageServerHello
}

// hiddenFlight says whether the server sent protected records after its hello.
func (c *Case) hiddenFlight() bool {
	for _, e := range c.Events {
		if e.From != decode.Server {
			continue
		}
		switch m := e.Message.(type) {
		case decode.Encrypted:
			if m.Bytes > 0 {
				return true
			}
		case decode.Datagram:
			if m.Type == "Handshake" {
				return true
			}
		}
	}
	return c.Progress.serverFinished >= 0
}
