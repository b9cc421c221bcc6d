package analyze

import (
	"fmt"

	"tlswhy/decode"
	"tlswhy/decode/wire"
)

func quicRules() []*Rule { return []*Rule{&quicVersionNoOverlap, &quicNoAnswer, &quicClosed} }

var quicNoAnswer = Rule{
	ID: "quic-no-answer", Family: "quic", Title: "QUIC gets no answer (UDP blocked)", Fault: ByNetwork, Rank: 50,
	Causes: []string{"quic-udp-blocked", "quic-large-initial", "quic-sni-censorship", "quic-retry-loop", "quic-amplification-stall"},
	Explain: `The client sent its Initial packet again and again, and no ServerHello came back. Nothing of TLS was refused: nothing was heard.

Usually a firewall drops UDP to that port. When only large hellos get lost (two Initial packets instead of one, with post-quantum key shares), a device cannot handle them; when only some names get lost, a filter reads them: the Initial can be decrypted by anybody who sees it. Browsers hide the failure by connecting over TCP at the same time.`,
	Fixes: []Fix{
		{Who: ByNetwork, Text: T("quic-no-answer/fix-network"), Config: "nft add rule inet filter forward udp dport 443 accept"},
		{Who: ByServer, Text: T("quic-no-answer/fix-server"), Config: "ss -lunp | grep :443"},
		{Who: ByClient, Text: T("quic-no-answer/fix-client"), Config: "curl --http2 https://HOST/   # instead of --http3"},
	},
	Refs:     []string{"RFC 9000, Section 14.1", "RFC 9002, Section 6.2.4", "RFC 9308, Section 2"},
	Logs:     []string{"timeout: no recent network activity", "timeout: handshake did not complete in time", "ERR_QUIC_PROTOCOL_ERROR", "ERR_QUIC_HANDSHAKE_FAILED", "QUIC_NETWORK_IDLE_TIMEOUT", "QUIC_HANDSHAKE_TIMEOUT"},
	Silences: []string{"server-silent", "client-left", "server-stalled", "connection-probe"},
	Texts: map[string]string{
		"summary":     "{0} was sent {1} QUIC {1|Initial|Initials} within {2} and did not answer one: UDP is blocked on the way, or nobody listens",
		"heard":       "{0} acknowledges the client's Initials, but no ServerHello comes within {1}: part of the hello does not reach it, or it is stuck",
		"retries":     "{0} answers every Initial with a Retry ({1} times), and the client gets no further",
		"first":       "the first Initial",
		"again":       "the Initial, again",
		"gives-up":    "the client gives up",
		"retry":       "Retry",
		"answer":      "the last packet of the server",
		"fix-network": "let UDP to the server's port pass, both ways, with packets of at least 1200 bytes",
		"fix-server":  "make sure that the server listens on UDP, and that the load balancer passes it on",
		"fix-client":  "use HTTP/2 over TCP, or a hello that fits into one packet (no post-quantum key share)",
		"decide":      "a capture at the server: do the Initials arrive there?",
		"c-blocked":   "a firewall drops UDP, or nothing listens on the port",
		"c-large":     "the hello takes several packets, and a device or the server drops one of them",
		"c-name":      "a filter drops the packets because of the name in them",
		"c-retry":     "the token never reaches the server, or it arrives from another address each time",
	},
	Check: checkQUICNoAnswer,
}

func checkQUICNoAnswer(c *Case) *Finding {
	if c.Outcome != Failed || c.Transport != decode.QUIC || c.Progress.serverHello >= 0 || c.Break.Kind != BySilence || c.Break.From != decode.Server {
		return nil
	}
	_, event, ok := decode.FirstFrom[decode.QUICInitial](c.Handshake, decode.Client)
	if !ok {
		return nil
	}
	took := c.Flow[decode.Client].Last.Sub(event.Time)
	sent := c.Flow[decode.Client].Packets
	f := &Finding{Confidence: Likely, Decide: T("quic-no-answer/decide"),
		Summary:  T("quic-no-answer/summary", AddrPort(c.Server), Count(sent), Duration(took)),
		Evidence: []Evidence{Proof(event, T("quic-no-answer/first")), c.lastFrom(decode.Client, T("quic-no-answer/again"))}}
	if e := c.BreakEvent(); e != nil {
		f.Evidence[1].Text = T("quic-no-answer/gives-up")
	}
	retries := decode.Each[decode.QUICRetry](c.Handshake, decode.Server)
	switch {
	case len(retries) > 1:
		f.Summary = T("quic-no-answer/retries", AddrPort(c.Server), Count(len(retries)))
		f.Evidence = append(f.Evidence, Proof(&c.Events[retries[len(retries)-1]], T("quic-no-answer/retry")))
		f.Causes = []Cause{{ID: "quic-retry-loop", Text: T("quic-no-answer/c-retry")}}
	case c.Flow[decode.Server].Packets > 0:
		f.Summary = T("quic-no-answer/heard", AddrPort(c.Server), Duration(took))
		f.Evidence = append(f.Evidence, c.lastFrom(decode.Server, T("quic-no-answer/answer")))
		f.Causes = []Cause{{ID: "quic-large-initial", Text: T("quic-no-answer/c-large")}}
	default:
		f.Causes = c.unansweredCauses()
	}
	return f
}

// unansweredCauses ranks what may have swallowed the Initials.
func (c *Case) unansweredCauses() []Cause {
	blocked := Cause{ID: "quic-udp-blocked", Text: T("quic-no-answer/c-blocked")}
	answered, smaller := false, false
	for _, o := range c.SameHost() {
		if o.Transport == decode.QUIC && o.Flow[decode.Server].Packets > 0 {
			answered = answered || o.SNI() != c.SNI()
			smaller = smaller || o.helloSize() < c.helloSize() && o.helloSize() < 1200
		}
	}
	causes := []Cause{blocked}
	if c.helloSize() > 1200 {
		causes = append(causes, Cause{ID: "quic-large-initial", Text: T("quic-no-answer/c-large")})
	}
	if name := (Cause{ID: "quic-sni-censorship", Text: T("quic-no-answer/c-name")}); answered && c.SNI() != "" {
		causes = append([]Cause{name}, causes...)
	}
	if smaller && len(causes) > 1 {
		causes = append(causes[1:], causes[0])
	}
	return causes
}

var quicVersionNoOverlap = Rule{
	ID: "quic-version-no-overlap", Family: "quic", Title: "No common QUIC version", Fault: ByClient, Rank: 70,
	Causes: []string{"quic-version-negotiation"},
	Explain: `The server does not speak the QUIC version of the client's Initial and answered with a Version Negotiation packet that lists what it speaks. The client has none of these versions, or does not negotiate, and gave up.

The version of QUIC (v1, v2, drafts) has nothing to do with the version of TLS: QUIC always uses TLS 1.3.`,
	Fixes: []Fix{
		{Who: ByClient, Text: T("quic-version-no-overlap/fix-client")},
		{Who: ByServer, Text: T("quic-version-no-overlap/fix-server")},
	},
	Refs:     []string{"RFC 9000, Section 6", "RFC 9368", "RFC 9369"},
	Logs:     []string{"no compatible QUIC version found", "ERR_QUIC_PROTOCOL_ERROR.QUIC_INVALID_VERSION", "QUIC_INVALID_VERSION", "version negotiation"},
	Silences: []string{"quic-no-answer", "quic-closed", "server-silent", "client-left", "client-silent"},
	Texts: map[string]string{
		"summary":    "the client speaks QUIC {0}, the server only {1}",
		"offer":      "Initial of version {0}",
		"answer":     "Version Negotiation: {0}",
		"fix-client": "enable or add one of the server's versions (v1 is the common one)",
		"fix-server": "enable QUIC v1 on the server",
	},
	Check: func(c *Case) *Finding {
		list := decode.Each[decode.QUICVersionNegotiation](c.Handshake, decode.Server)
		if c.Outcome != Failed || len(list) == 0 || c.Progress.serverHello >= 0 {
			return nil
		}
		e := &c.Events[list[len(list)-1]]
		if !c.versionsRefused(list[len(list)-1]) {
			return nil
		}
		theirs := quicVersionNames(e.Message.(decode.QUICVersionNegotiation).Versions)
		ours := quicVersionNames(c.quicVersions())
		f := &Finding{Confidence: Certain, Summary: T("quic-version-no-overlap/summary", ours, theirs),
			Evidence: []Evidence{Proof(e, T("quic-version-no-overlap/answer", theirs))}}
		if m, first, ok := decode.FirstFrom[decode.QUICInitial](c.Handshake, decode.Client); ok {
			f.Evidence = append(f.Evidence, Proof(first, T("quic-version-no-overlap/offer", quicVersionNames([]uint32{m.Version}))))
		}
		return f
	},
}

// quicVersionNames names versions, without those that only force negotiation
// (RFC 9000, Section 15).
func quicVersionNames(versions []uint32) Arg {
	var l []Arg
	for _, v := range versions {
		switch {
		case v&0x0f0f0f0f == 0x0a0a0a0a && len(versions) > 1:
		case v == 1:
			l = append(l, Word("v1"))
		case v == 0x6b3343cf:
			l = append(l, Word("v2"))
		case v>>8 == 0xff0000:
			l = append(l, Word(fmt.Sprintf("draft-%d", v&0xff)))
		default:
			l = append(l, Word(fmt.Sprintf("0x%08x", v)))
		}
	}
	return List(l...)
}

var quicClosed = Rule{
	ID: "quic-closed", Family: "quic", Title: "QUIC connection closed with a transport error", Fault: ByUnknown, Rank: 5,
	Causes: []string{"quic-crypto-error-certificate"},
	Explain: `One side ended the QUIC handshake with CONNECTION_CLOSE. Its code tells why: 0x100 and above carry a TLS alert (0x12a is bad_certificate, 0x178 no_application_protocol), below it are errors of QUIC itself.

Codes sent in Handshake or 1-RTT packets cannot be read without keys; then only the end of the conversation shows that one side left.`,
	Fixes: []Fix{
		{Who: ByUnknown, Text: T("quic-closed/fix-log")},
		{Who: ByClient, Text: T("quic-closed/fix-keys"), Config: "SSLKEYLOGFILE=keys.txt curl --http3-only https://HOST/   # then: tlswhy --keylog keys.txt capture.pcapng"},
	},
	Refs:     []string{"RFC 9000, Section 19.19", "RFC 9000, Section 20.1", "RFC 9001, Section 4.8"},
	Logs:     []string{"CRYPTO_ERROR", "CONNECTION_REFUSED (0x2)", "TRANSPORT_PARAMETER_ERROR", "PROTOCOL_VIOLATION", "INTERNAL_ERROR (0x1)", "connection closed by peer"},
	Silences: []string{"failure-unexplained", "server-left", "client-left"},
	Texts: map[string]string{
		"summary":       "{0} closes the QUIC connection with {1}",
		"reason":        "{0} closes the QUIC connection with {1}: {2}",
		"close":         "CONNECTION_CLOSE",
		"hidden":        "the client answers the server's whole flight with Handshake packets alone and is never heard again: most likely it closed the connection, and the reason is encrypted",
		"packet":        "the client's last packet",
		"c-certificate": "the client does not accept the server's certificate",
		"fix-log":       "look at the log of the side that closed, at the time of the frame",
		"fix-keys":      "capture with a key log: what was closed in Handshake packets can be read then",
		"decide":        "the log of the side that closed",
	},
	Check: func(c *Case) *Finding {
		e := c.BreakEvent()
		if c.Outcome != Failed || e == nil || c.Break.Kind == BySilence {
			return nil
		}
		m, ok := e.Message.(decode.QUICClose)
		if !ok && c.Transport == decode.QUIC && c.Break.Kind == ByHidden {
			return &Finding{Confidence: Possible, Fault: ByClient, Summary: T("quic-closed/hidden"), Decide: T("quic-closed/decide"),
				Evidence: []Evidence{Proof(e, T("quic-closed/packet"))},
				Causes:   []Cause{{ID: "quic-crypto-error-certificate", Text: T("quic-closed/c-certificate")}}}
		}
		if !ok {
			return nil
		}
		f := &Finding{Confidence: Certain, Summary: T("quic-closed/summary", SideArg(e.From), closeCode(&m)), Decide: T("quic-closed/decide"),
			Evidence: []Evidence{Proof(e, T("quic-closed/close"))}}
		if m.Reason != "" {
			f.Summary = T("quic-closed/reason", SideArg(e.From), closeCode(&m), Raw([]byte(m.Reason)))
		}
		return f
	},
}

// transportErrors is RFC 9000, Section 20.1, and RFC 9368, Section 10.2.
var transportErrors = map[uint64]string{
	0x00: "NO_ERROR", 0x01: "INTERNAL_ERROR", 0x02: "CONNECTION_REFUSED", 0x03: "FLOW_CONTROL_ERROR", 0x04: "STREAM_LIMIT_ERROR",
	0x05: "STREAM_STATE_ERROR", 0x06: "FINAL_SIZE_ERROR", 0x07: "FRAME_ENCODING_ERROR", 0x08: "TRANSPORT_PARAMETER_ERROR",
	0x09: "CONNECTION_ID_LIMIT_ERROR", 0x0a: "PROTOCOL_VIOLATION", 0x0b: "INVALID_TOKEN", 0x0c: "APPLICATION_ERROR",
	0x0d: "CRYPTO_BUFFER_EXCEEDED", 0x0e: "KEY_UPDATE_ERROR", 0x0f: "AEAD_LIMIT_REACHED", 0x10: "NO_VIABLE_PATH", 0x11: "VERSION_NEGOTIATION_ERROR",
}

// closeCode names the code of a CONNECTION_CLOSE.
func closeCode(m *decode.QUICClose) Arg {
	switch name, ok := transportErrors[m.Code]; {
	case m.Application:
		return Code("application error", int64(m.Code))
	case ok:
		return Code(name, int64(m.Code))
	case m.Code>>8 == 1:
		return Code("CRYPTO_ERROR "+wire.AlertDescription(m.Code&0xff).Name(), int64(m.Code))
	}
	return Code("transport error", int64(m.Code))
}

// quicBreakText says which packet of QUIC broke the handshake.
func (c *Case) quicBreakText() (Text, bool) {
	e := c.BreakEvent()
	if e == nil {
		return Text{}, false
	}
	switch m := e.Message.(type) {
	case decode.QUICClose:
		return T("common/quic-close", SideArg(e.From), closeCode(&m)), true
	case decode.QUICVersionNegotiation:
		return T("quic-version-no-overlap/answer", quicVersionNames(m.Versions)), true
	}
	return Text{}, false
}
