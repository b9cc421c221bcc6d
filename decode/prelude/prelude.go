// Package prelude follows what is spoken in the clear on a connection before
// TLS starts: upgrades such as STARTTLS, proxies and their headers, framings
// that carry TLS inside packets of their own. Protocols are recognised by
// what is said, never by the port.
//
// Start with New and Feed for TCP; EAP, RADIUS, OpenVPN and TURN are functions
// and types of their own because they do not need a TCP connection.
package prelude

// Side is one end of a connection as the caller knows it: the opener of the
// TCP connection is Client. When that is unknown the caller passes its best
// guess; a Dialog that hears a server's greeting from Client copes.
type Side uint8

// The two sides.
const (
	Client Side = iota
	Server
)

func (s Side) other() Side { return s ^ 1 }

// State is how far an upgrade to TLS has come.
type State uint8

// States of an upgrade. Stripped stays until the upgrade is accepted after
// all; every other state is replaced by what happens later.
const (
	None       State = iota // nothing was said about an upgrade
	Offered                 // the server offers it, the client has not asked
	NotOffered              // the server told all of its capabilities and the upgrade is not one of them
	Asked                   // the client asked and has no answer
	Accepted                // TLS may start
	Refused                 // the server, or the proxy, said no
	Stripped                // the offer or the request was overwritten on the way
)

func (s State) String() string {
	switch s {
	case Offered:
		return "offered"
	case NotOffered:
		return "not-offered"
	case Asked:
		return "asked"
	case Accepted:
		return "accepted"
	case Refused:
		return "refused"
	case Stripped:
		return "stripped"
	}
	return "none"
}

// Step is one line or message of a prelude that says something about the way
// to TLS. Which sides said it, where it stands and what it means:
//
//	greeting     first words of a server
//	hello        first words of a client (EHLO, a stream's opening)
//	capabilities a list that neither has nor lacks the upgrade for certain
//	offered      a list with the upgrade; Text is the line that offers it
//	not-offered  a complete list without it
//	stripped     a list or command where it is overwritten
//	required     the server will not go on without TLS
//	starttls     the client asks for the upgrade
//	accepted     the server agrees, or a proxy has connected
//	refused      the server, or a proxy, does not
//	error        the server says that something else went wrong
//	login        the client goes on in the clear; Text never has its secrets
//	quit         the client takes its leave
//	connect      a proxy is asked for a connection
//	header       a PROXY protocol header
//	request, response, banner, reset: first words of other protocols
//	plaintext    something that is not TLS though TLS was agreed on; told once
//	             for each side. From both sides it is a capture that somebody
//	             decrypted, or a peer that only said it would
type Step struct {
	From     Side   // as given to Feed
	Offset   int64  // of its first byte in the stream of From
	Length   int    // in bytes
	Protocol string // "smtp"
	What     string // from the list above
	Text     string // raw bytes, at most MaxText
	Code     int    // reply code, status or result code where the protocol has one
}

// Bounds. Everything that a peer can make longer is cut at these.
const (
	MaxText    = 512  // of Step.Text
	maxMessage = 4096 // bytes kept of one message; the rest of it is skipped
	maxGuess   = 512  // bytes kept while the protocol is unknown
	maxSteps   = 64   // steps of one connection: more say nothing new
	maxPending = 64   // commands that wait for their reply
	maxTunnels = 4    // proxies in a row
)

// Chunk is a run of TLS bytes that came inside the packets of a framing.
type Chunk struct {
	Offset int64  // in the stream that carried it
	Bytes  []byte // valid until the next Feed
}

// Dialog is the prelude of one connection. It keeps at most one unfinished
// message of each side and is not safe for concurrent use.
type Dialog struct {
	flows    [2]flow // by the caller's side
	flip     Side    // 1 when the opener turned out to be the server
	grammar  *grammar
	talk     speaker // nil until the protocol is known, and for those that have no upgrade
	name     string
	upgrade  string
	state    State
	done     bool // nothing more to learn
	ready    [2]bool
	plain    [2]bool // said something else when it was ready
	unwraps  bool
	kind     string // of the last tunnel
	target   string
	tunnels  int
	listed   bool // all capabilities were told
	goesOn   bool // the client said more than goodbye after them
	goodbye  bool // the message at hand is a goodbye
	inClear  bool
	required bool
	told     int // steps so far
	steps    []Step
	chunks   [2][]Chunk
}

// flow is what one side is in the middle of saying.
type flow struct {
	buf   []byte // kept part of the unfinished message
	start int64  // its offset
	seen  int64  // bytes of it so far
	total int64  // its length once known
	long  bool   // longer than maxMessage and without an end yet
	pass  int64  // bytes that follow and are not a message: a body, or TLS of a framing
	next  int64  // offset of the next byte
	begun bool
	deaf  bool // nothing of this side can be understood
}

// message is one complete line or packet. Bytes holds at most maxMessage of it.
type message struct {
	From   Side // the role: a server's words come from Server whoever opened the connection
	Offset int64
	Length int
	Bytes  []byte
}

// New returns the dialog of a new connection.
func New() *Dialog { return &Dialog{} }

// Protocol names what is spoken: "smtp", "lmtp", "imap", "http-connect" …;
// empty while it is unknown. Behind a proxy it is what is spoken through it,
// once that is known.
func (d *Dialog) Protocol() string {
	if d.name == "" {
		return d.kind
	}
	return d.name
}

// Upgrade names the protocol whose upgrade to TLS was asked for, accepted or
// insisted on by the server; it is empty otherwise, also when the upgrade was
// merely offered. A client that leaves instead of asking shows in State and
// LeftAfterCapabilities.
func (d *Dialog) Upgrade() string { return d.upgrade }

// Tunnel says through which kind of proxy ("http-connect", "socks4",
// "socks5", "proxy-v1", "proxy-v2") the connection goes and to which
// host:port, or was asked to go: State says whether the proxy agreed. The
// target is empty when it was not told, and is the peer's own bytes.
func (d *Dialog) Tunnel() (kind, target string) { return d.kind, d.target }

// State says how far the upgrade, or the request to a proxy, has come.
func (d *Dialog) State() State { return d.state }

// Ready reports whether the next byte of a side may be the first of TLS. It
// stays true when the side goes on in the clear at message boundaries.
func (d *Dialog) Ready(from Side) bool {
	f := &d.flows[from&1]
	return d.ready[from&1] && f.seen == 0 && f.pass == 0
}

// Unwrap reports whether TLS comes inside packets. Feed then consumes
// everything and TLS has the bytes.
func (d *Dialog) Unwrap() bool { return d.unwraps }

// TLS returns the TLS bytes that the last Feed unwrapped from one side.
func (d *Dialog) TLS(from Side) []Chunk { return d.chunks[from&1] }

// Done reports that nothing more can be learned: the protocol is known and
// has no upgrade, or cannot be told.
func (d *Dialog) Done() bool {
	return d.done || d.flows[0].deaf && d.flows[1].deaf
}

// Decrypted reports that both sides went on in the clear after they had agreed
// on TLS: somebody decrypted the capture, or the two only say that they have TLS.
func (d *Dialog) Decrypted() bool { return d.plain[Client] && d.plain[Server] }

// InClear reports that the client went on without TLS: it logged in, or sent
// mail, or started a session.
func (d *Dialog) InClear() bool { return d.inClear }

// Required reports that the server said it will not go on without TLS.
func (d *Dialog) Required() bool { return d.required }

// LeftAfterCapabilities reports that the client, having heard whether the
// upgrade is offered, has said nothing since but goodbye. With the end of the
// connection this is what a client does that insists on TLS and cannot have
// it; a probe does it, too. Where the server lists its capabilities without
// being asked, as MySQL does, it is true for a client that never said a word.
// FTP servers may accept an upgrade that their list does not have.
func (d *Dialog) LeftAfterCapabilities() bool { return d.listed && !d.goesOn }
