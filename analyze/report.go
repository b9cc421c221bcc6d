// Package analyze judges handshakes: it turns the facts of package decode
// into a Report with findings, their evidence and what to do about them.
package analyze

import (
	"net/netip"
	"time"

	"tlswhy/decode"
)

// Report is the result of a run: plain data without pointers into the
// decoder. Every format renders it.
type Report struct {
	Version    string
	Captures   []Capture
	Command    *Command // with -- CMD
	Roots      string   // "mozilla", "system" or the file given
	Summary    Summary
	Groups     []Group
	Stories    []Story
	Handshakes []*Handshake // by first frame; of very many failures that are alike only some (Options.Whole)

	// Connections says where the packets are of everything that was judged,
	// healthy handshakes that are not reported included as far as they were
	// remembered (Options.Places). It is for extracts and stands in no format.
	Connections []Connection
}

// Connection is the place of one handshake's packets.
type Connection struct {
	ID             int // of the handshake; 0 when nothing more of it is known
	Capture        int
	FirstFrame     int
	Client, Server netip.AddrPort
	Outcome        Outcome
	Matches        bool          // it is one of those that the report was narrowed to
	Seen           []decode.Seen // as in decode.Handshake
}

// Places are all places where the connection was seen.
func (c *Connection) Places() []decode.Seen {
	if len(c.Seen) > 0 {
		return c.Seen
	}
	return []decode.Seen{{Capture: c.Capture, FirstFrame: c.FirstFrame}}
}

// Capture is one input.
type Capture struct {
	File      string // as given, or "interface"
	Format    string
	LinkTypes []string
	Packets   int
	Bytes     int64
	First     time.Time
	Last      time.Time
	Dropped   int
	Position  string // "client", "server", "between"; empty when unknown
	Inferred  Text   // how Position was found
	Warnings  []Text
}

// Command is the command that was run beside a live capture.
type Command struct {
	Argv   []string
	Status int
}

// Summary counts. Findings has the primary findings only.
type Summary struct {
	Handshakes, Completed, Failed, Incomplete, Other int
	Findings                                         map[string]int
}

// Group is failures of one kind: same primary finding, server and name.
type Group struct {
	Finding     string
	Server      netip.AddrPort
	SNI         string
	Count       int
	Handshakes  []int // IDs
	Streams     []int // Wireshark's numbers of the same
	First, Last time.Time
}

// Story tells of several handshakes that belong together.
type Story struct {
	Finding    string
	Handshakes []int // IDs
	Text       Text
}

// Outcome is how a handshake ended.
type Outcome string

const (
	Completed  Outcome = "completed"
	Failed     Outcome = "failed"
	Incomplete Outcome = "incomplete"
)

// Stage is the step that did not succeed.
type Stage string

const (
	StageConnect     Stage = "tcp-connect"
	StageBeforeHello Stage = "before-client-hello"
	StageClientHello Stage = "client-hello"
	StageServerHello Stage = "server-hello"
	StageCertificate Stage = "certificate"
	StageKeyExchange Stage = "key-exchange"
	StageFinished    Stage = "finished"
	StageAppData     Stage = "application-data"
)

// Handshake is one judged handshake.
type Handshake struct {
	ID, Revision int
	Facts        *decode.Handshake
	Outcome      Outcome
	Stage        Stage      // empty when completed
	Findings     []*Finding // the primary one first
	ClientStack  *Guess
	ServerStack  *Guess
	Certificates [2][]Certificate // by sender
	Compared     *Comparison
	NotAssessed  []Text
	Timeline     []Line
}

// Primary returns the finding that explains the failure, or nil.
func (h *Handshake) Primary() *Finding {
	if len(h.Findings) > 0 && h.Findings[0].Severity == Error {
		return h.Findings[0]
	}
	return nil
}

// Guess names a TLS library.
type Guess struct {
	Stack      string // "openssl", "boringssl", "nss", "gnutls", "rustls", "go", "java", "mbedtls", "schannel", "apple" …
	Confidence Confidence
}

// Certificate is one certificate of a chain, read leniently.
type Certificate struct {
	Frame       int
	DER         []byte
	Subject     string // RFC 4514, raw bytes
	Issuer      string
	Serial      string // hex
	NotBefore   time.Time
	NotAfter    time.Time
	DNSNames    []string
	IPAddresses []string
	CommonName  string
	Key         string // "RSA 2048", "ECDSA P-256", "Ed25519", "SM2" …
	Signature   string // "SHA256-RSA" …
	SHA256      string // hex, of the DER
	CA          bool
	Problems    []string // finding IDs
	Unparsable  string   // why crypto/x509 refuses it; empty when it does not
	SelfSigned  bool
}

// Comparison sets a failing handshake beside a good one to the same server.
type Comparison struct {
	ID          int // of the good one
	Differences []Text
}

// Line is one line of the annotated timeline.
type Line struct {
	Capture   int
	Frame     int
	Time      time.Time
	Delta     float64 // seconds since the line before
	From      decode.Side
	Suspected string // who probably sent it, when that is not From
	Layer     string // "ip", "icmp", "tcp", "udp", "prelude", "tls", "quic", "dtls", "app"
	Decrypted bool
	What      string // "ClientHello"
	Detail    Text
	Note      Text    // what is remarkable about it
	Finding   string  // ID of the finding that it is evidence for
	Also      []Place // where other captures have it
}

// Place is a frame of a capture.
type Place struct{ Capture, Frame int }

// Severity says whether a finding explains a failure.
type Severity string

const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Info    Severity = "info"
)

// Confidence says how sure a finding is.
type Confidence string

const (
	Certain  Confidence = "certain"  // the bytes prove it
	Likely   Confidence = "likely"   // every known look-alike is excluded or improbable
	Possible Confidence = "possible" // one of several
)

// Fault is who has to act.
type Fault string

const (
	ByClient    Fault = "client"
	ByServer    Fault = "server"
	ByMiddlebox Fault = "middlebox"
	ByNetwork   Fault = "network"
	ByUnknown   Fault = "unknown"
)

// Finding is what a rule found on one handshake.
type Finding struct {
	ID         string
	Severity   Severity
	Confidence Confidence
	Fault      Fault
	Summary    Text // one sentence: who, what and why, with the values seen
	Evidence   []Evidence
	Causes     []Cause // ranked, for a finding that covers several
	Fixes      []Fix   // those of the catalogue when empty
	Decide     Text    // what would make it certain; empty when it is
	Rank       int     // among findings of one severity the highest comes first; the rule's own when 0
}

// Evidence is a frame and what it shows.
type Evidence struct {
	Capture int
	Frame   int
	Text    Text
}

// Cause is one of several possible causes of a finding.
type Cause struct {
	ID   string // of findings.tsv's causes
	Text Text
}

// Fix is what somebody can do.
type Fix struct {
	Who    Fault
	Text   Text
	Config string // optional snippet; fixed text, never bytes from a packet
}
