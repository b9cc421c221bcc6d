package analyze

import (
	"time"

	"tlswhy/decode"
)

// Case is a handshake and its surroundings: what a rule looks at. Rules read
// it and never change it.
type Case struct {
	*decode.Handshake
	Progress  progress
	Break     Break
	Leave     int // event with which a completed handshake's connection began to end; -1
	Outcome   Outcome
	Stage     Stage
	Expected  bool // TLS was expected: the port says so, or the server spoke it elsewhere
	Around    *Surroundings
	Findings  []*Finding
	sights    []*sight // the same connection in other captures
	elsewhere *Case    // another connection of the same ends in a capture that should have this one and has not
	input     *Capture // nil when there is only one

	id         int
	order      int // in Surroundings.all
	hellosRead hellos
	timeout    time.Duration
	chains     [2]*chain // by sender, checked once
	offered    bool      // offerRead is set: the hello is read once
	offerRead  *offer
	browser    *bool // byBrowser, once asked
}

// Break is the first abnormal event: the cause, of which later ones are
// echoes.
type Break struct {
	Kind  BreakKind
	Event int         // index into Events; -1 for silence without an end
	From  decode.Side // who broke it, as the packets claim; for BySilence who was silent
}

// BreakKind is how a handshake broke.
type BreakKind string

const (
	NoBreak      BreakKind = ""
	ByAlert      BreakKind = "alert"   // fatal alert in the clear or decrypted; QUIC CONNECTION_CLOSE
	ByHidden     BreakKind = "hidden"  // encrypted or inferred alert
	ByReset      BreakKind = "reset"   // RST
	ByClose      BreakKind = "close"   // FIN
	BySilence    BreakKind = "silence" // somebody owed an answer
	ByPlain      BreakKind = "plain"   // bytes that are not TLS
	ByBadMessage BreakKind = "message" // something that is no record
	ByICMP       BreakKind = "icmp"    // the network says that it cannot deliver
	ByPrelude    BreakKind = "prelude" // the upgrade or proxy step failed
)

// BreakEvent returns the event of the break, or nil for a silence without an
// end.
func (c *Case) BreakEvent() *decode.Event {
	if c.Break.Event < 0 || c.Break.Event >= len(c.Events) {
		return nil
	}
	return &c.Events[c.Break.Event]
}

// BreakAlert returns the alert that broke the handshake; ok is false when it
// was none that can be read.
func (c *Case) BreakAlert() (a decode.Alert, ok bool) {
	if e := c.BreakEvent(); e != nil && c.Break.Kind == ByAlert {
		a, ok = e.Message.(decode.Alert)
	}
	return a, ok
}

// SNI returns the server name that the client asked for; empty without.
func (c *Case) SNI() string {
	if ch, _ := c.ClientHello(); ch != nil {
		return ch.ServerName
	}
	return ""
}

// Proof is evidence that cites an event.
func Proof(e *decode.Event, t Text) Evidence {
	return Evidence{Capture: e.Capture, Frame: e.LastFrame, Text: t}
}

// ProveBreak cites the event of the break, or the last packet of the silence.
func (c *Case) ProveBreak(t Text) Evidence {
	if e := c.BreakEvent(); e != nil {
		return Proof(e, t)
	}
	return Evidence{Capture: c.Capture, Frame: c.LastFrame, Text: t}
}

// judge looks at the handshake alone: how it broke and how it ended.
func (c *Case) judge() {
	c.Progress = progressOf(c.Handshake)
	c.judgeBreak()
	c.judgeSilence()
	c.judgeOutcome()
}
