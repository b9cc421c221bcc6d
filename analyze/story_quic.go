package analyze

import (
	"time"

	"tlswhy/decode"
)

// fallbackWindow is how long after a failed QUIC attempt a connection over TCP
// still belongs to it: clients race both or wait some seconds for QUIC.
const fallbackWindow = 30 * time.Second

var quicFallback = Rule{
	ID: "quic-fallback", Family: "story", Title: "QUIC fails and the client falls back to TCP", Fault: ByNetwork,
	Causes: []string{"quic-udp-blocked"},
	Explain: `The client tried QUIC, got no answer or was refused, and reached the same server over TCP at once or some seconds later. Users see a slow first connection at most; the failure of QUIC itself goes unnoticed.

When it happens for every server, UDP to port 443 is blocked on the client's network. When it happens for one, its UDP listener or the path to it is broken.`,
	Fixes: []Fix{
		{Who: ByNetwork, Text: T("quic-fallback/fix-network")},
		{Who: ByServer, Text: T("quic-fallback/fix-server"), Config: "nginx: remove \"listen 443 quic;\" and the Alt-Svc header, or open UDP 443"},
	},
	Refs: []string{"RFC 9308, Section 2", "RFC 9114, Section 3.1"},
	Logs: []string{"ERR_QUIC_PROTOCOL_ERROR", "Alt-Svc broken"},
	Texts: map[string]string{
		"summary":     "{0} tries QUIC with {1} {2} {2|time|times} without success, and reaches it over TCP {3} after the first try",
		"fix-network": "let UDP to port 443 pass",
		"fix-server":  "announce HTTP/3 (Alt-Svc, HTTPS records) only where UDP reaches the server",
	},
}

// quicFallbacks tells of failed QUIC attempts of a client beside a connection
// over TCP of the same client to the same server that completed.
func quicFallbacks(cases []*Case) []Story {
	var stories []Story
	told := map[*Case]bool{}
	for _, c := range cases {
		if told[c] || c.Transport != decode.QUIC || c.Outcome != Failed {
			continue
		}
		tcp := c.tcpInstead()
		if tcp == nil {
			continue
		}
		ids, first := []*Case{c}, c
		for _, o := range c.SameServer() {
			if !told[o] && o != c && o.Transport == decode.QUIC && o.Outcome == Failed && o.Client.Addr() == c.Client.Addr() &&
				!o.Start.Before(c.Start) && o.Start.Before(tcp.End) {
				ids = append(ids, o)
			}
		}
		s := Story{Finding: quicFallback.ID, Text: T("quic-fallback/summary", Addr(c.Client.Addr()), AddrPort(c.Server), Count(len(ids)),
			Duration(max(0, tcp.Start.Sub(first.Start))))}
		for _, o := range append(ids, tcp) {
			told[o] = true
			s.Handshakes = append(s.Handshakes, o.id)
		}
		stories = append(stories, s)
	}
	return stories
}

// tcpInstead returns the first completed handshake over TCP of the same client
// with the same server, or for the same name, near a QUIC attempt.
func (c *Case) tcpInstead() *Case {
	for _, o := range c.SameClient() {
		if o.Transport != decode.TCP || o.Outcome != Completed || o.Server.Port() != c.Server.Port() {
			continue
		}
		if o.Server.Addr() != c.Server.Addr() && (c.SNI() == "" || o.SNI() != c.SNI()) {
			continue
		}
		if d := o.Start.Sub(c.Start); d > -fallbackWindow/6 && d < fallbackWindow+c.End.Sub(c.Start) {
			return o
		}
	}
	return nil
}
