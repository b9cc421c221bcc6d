package analyze

import "tlswhy/decode"

// Case is a handshake and its surroundings: what a rule looks at.
type Case struct {
	*decode.Handshake
	Outcome Outcome
	Stage   Stage
	Break   Break
}

// Break is the first abnormal event: the cause, of which later ones are
// echoes.
type Break struct {
	Kind  BreakKind
	Event int         // index into Events; -1 for silence
	From  decode.Side // who broke it, as the packets claim
}

// BreakKind is how a handshake broke.
type BreakKind string

const (
	NoBreak      BreakKind = ""
	ByAlert      BreakKind = "alert"   // fatal alert in the clear or decrypted
	ByHidden     BreakKind = "hidden"  // encrypted or inferred alert
	ByReset      BreakKind = "reset"   // RST
	ByClose      BreakKind = "close"   // FIN
	BySilence    BreakKind = "silence" // somebody owed an answer
	ByPlain      BreakKind = "plain"   // bytes that are not TLS
	ByBadMessage BreakKind = "message" // malformed or impossible message
	ByICMP       BreakKind = "icmp"
	ByPrelude    BreakKind = "prelude" // the upgrade or proxy step failed
)
