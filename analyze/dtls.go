package analyze

import (
	"tlswhy/decode"
)

func dtlsRules() []*Rule { return []*Rule{&dtlsWrongAddress, &dtlsFlightLost} }

var dtlsFlightLost = Rule{
	ID: "dtls-flight-lost", Family: "dtls", Title: "A DTLS flight is lost again and again", Fault: ByNetwork, Rank: 50,
	Causes: []string{"dtls-finished-lost", "dtls-oversize-datagram", "dtls-cookie-stall", "dtls-fragment-refragmentation", "dtls-fragmented-clienthello-unsupported"},
	Explain: `DTLS sends a whole flight of messages again when no answer comes. Here the same flight went out until the sender gave up: either it does not arrive, or the answer does not, or the other side drops it without a word, which DTLS allows for everything that it does not like.

When only the large flight with the certificate is lost, IP fragments are dropped on the way. When a ClientHello with the right cookie is never answered, the server sees another address or port in it, or finds nothing in it that it supports and stays silent instead of sending an alert.`,
	Fixes: []Fix{
		{Who: ByNetwork, Text: T("dtls-flight-lost/fix-network")},
		{Who: ByServer, Text: T("dtls-flight-lost/fix-server"), Config: "OpenSSL: SSL_set_options(ssl, SSL_OP_NO_QUERY_MTU); DTLS_set_link_mtu(ssl, 1200);\nGnuTLS:  gnutls_dtls_set_mtu(session, 1200)\nmbedTLS: mbedtls_ssl_set_mtu(ssl, 1200)"},
		{Who: ByClient, Text: T("dtls-flight-lost/fix-client")},
	},
	Refs:     []string{"RFC 6347, Section 4.2.4", "RFC 6347, Section 4.1.1", "RFC 9147, Section 5.8"},
	Logs:     []string{"handshake timeout", "DTLS handshake failed: timed out", "read timeout expired", "GNUTLS_E_TIMEDOUT", "context deadline exceeded", "MBEDTLS_ERR_SSL_TIMEOUT"},
	Silences: []string{"server-silent", "client-silent", "server-stalled", "client-left", "connection-probe"},
	Texts: map[string]string{
		"hello":         "{0} was sent the ClientHello {1} {1|time|times} within {2} and never answered",
		"cookie":        "{0} asks for a cookie, but the ClientHello that brings it is never answered, though it was sent {1} {1|time|times}",
		"server-flight": "the server sends its flight {0} {0|time|times}, and the client never answers it",
		"client-flight": "the client sends its flight up to the Finished {0} {0|time|times}, and the server never answers it",
		"answer-lost":   "the client sends its hello {0} {0|time|times} though the server has answered it: the answers do not reach the client whole",
		"first":         "the flight, first time",
		"again":         "the same, last time",
		"answer":        "the server's answer",
		"last":          "the last packet of the other side",
		"fragment":      "{0} bytes of a message of {1} came, the rest never did",
		"fix-network":   "let UDP to that port pass both ways, IP fragments included; check NAT timeouts and firewalls",
		"fix-server":    "set the DTLS MTU below the path's, so that no datagram is fragmented",
		"fix-client":    "check address and port; offer more suites and groups if the server stays silent only for this client",
		"decide":        "a capture at the other end: does the flight arrive there, and does an answer leave?",
		"c-size":        "the datagrams of the flight are too large for the path: its fragments get lost",
		"c-cookie":      "the server does not accept the cookie: the client's address or port changes on the way, or the server's secret does",
		"c-refused":     "the server finds nothing in the hello that it supports, and stays silent instead of sending an alert",
		"c-blocked":     "a firewall drops the datagrams, or nothing listens on the port",
		"c-finished":    "the Finished, or the answer to it, gets lost every time",
	},
	Check: checkDTLSFlight,
}

func checkDTLSFlight(c *Case) *Finding {
	if c.Outcome != Failed || c.Transport != decode.DTLS || c.Progress.done >= 0 || c.Break.Kind != BySilence || c.Progress.clientHello < 0 {
		return nil
	}
	p := &c.Progress
	waiting := c.Break.From.Other()
	flow := &c.Flow[waiting]
	n := 1 + flow.Repeats
	f := &Finding{Confidence: Likely, Decide: T("dtls-flight-lost/decide"), Evidence: []Evidence{c.flightStart(waiting),
		c.lastFrom(waiting, T("dtls-flight-lost/again"))}}
	_, cookie, hasCookie := decode.First[decode.HelloVerifyRequest](c.Handshake)
	cause := func(id, part string) { f.Causes = append(f.Causes, Cause{ID: id, Text: T("dtls-flight-lost/" + part)}) }
	switch {
	case waiting == decode.Server:
		f.Summary = T("dtls-flight-lost/server-flight", Count(n))
		cause("dtls-oversize-datagram", "c-size")
	case p.serverHello < 0 && hasCookie && c.secondHello():
		f.Summary = T("dtls-flight-lost/cookie", AddrPort(c.Server), Count(n))
		f.Evidence = append(f.Evidence, Proof(cookie, T("dtls-flight-lost/last")))
		cause("dtls-cookie-stall", "c-cookie")
		cause("cipher-no-overlap", "c-refused")
	case p.serverHello < 0 && c.Flow[decode.Server].Packets == 0:
		f.Summary = T("dtls-flight-lost/hello", AddrPort(c.Server), Count(n), Duration(flow.Last.Sub(c.Events[p.clientHello].Time)))
		cause("dtls-flight-lost", "c-blocked")
	case p.clientFinished >= 0 || p.clientKeyExchange >= 0:
		f.Summary = T("dtls-flight-lost/client-flight", Count(n))
		cause("dtls-finished-lost", "c-finished")
	default:
		f.Summary = T("dtls-flight-lost/answer-lost", Count(n))
		if cause("dtls-oversize-datagram", "c-size"); p.serverHello >= 0 {
			f.Evidence = append(f.Evidence, Proof(&c.Events[p.serverHello], T("dtls-flight-lost/answer")), c.lastFrom(decode.Server, T("dtls-flight-lost/last")))
		}
	}
	if m, e, ok := decode.First[decode.DatagramFragment](c.Handshake); ok {
		f.Evidence = append(f.Evidence, Proof(e, T("dtls-flight-lost/fragment", Bytes(m.Bytes), Bytes(m.Total))))
	}
	return f
}

// secondHello says whether the client answered a HelloVerifyRequest.
func (c *Case) secondHello() bool {
	return len(decode.Each[decode.ClientHello](c.Handshake, decode.Client)) > 1
}

// flightStart cites the first packet of the flight that a side sent again: its
// first message after the last one of the other side.
func (c *Case) flightStart(side decode.Side) Evidence {
	start := -1
	for i := range c.Events {
		e := &c.Events[i]
		switch {
		case transport(e.Message):
		case e.From != side:
			start = -1
		case start < 0:
			start = i
		}
	}
	if start < 0 {
		return c.lastFrom(side, T("dtls-flight-lost/first"))
	}
	return Proof(&c.Events[start], T("dtls-flight-lost/first"))
}

var dtlsWrongAddress = Rule{
	ID: "dtls-wrong-address", Family: "dtls", Title: "Server answers from another address", Fault: ByServer, Rank: 65,
	Explain: `The client sent its ClientHello to one address, and the answers came from another one, to the same port of the client. A socket that is connected drops them; the client's system may even refuse them with ICMP.

A server with several addresses that binds its socket to all of them has to send each answer from the address that was asked. Answering from the default one is the usual mistake, and so is a NAT that translates one way only.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("dtls-wrong-address/fix-server"), Config: "bind the socket to one address, or use IP_PKTINFO / IPV6_RECVPKTINFO for the answers"},
		{Who: ByNetwork, Text: T("dtls-wrong-address/fix-network")},
	},
	Refs:     []string{"RFC 6347, Section 4.2", "RFC 1122, Section 4.1.3.5"},
	Logs:     []string{"handshake timeout", "read timeout expired", "context deadline exceeded"},
	Silences: []string{"dtls-flight-lost", "server-silent", "client-left"},
	Texts: map[string]string{
		"summary":     "the client asks {0}, and the answers come from {1}: the client drops them",
		"hello":       "the ClientHello to {0}",
		"answer":      "the answer from {0}",
		"fix-server":  "send each answer from the address that the request came to",
		"fix-network": "translate addresses in both directions",
	},
	Check: func(c *Case) *Finding {
		if c.Outcome != Failed || c.Transport != decode.DTLS || c.Flow[decode.Server].Packets > 0 || c.Progress.clientHello < 0 {
			return nil
		}
		hello := &c.Events[c.Progress.clientHello]
		for _, o := range c.SameClient() {
			if o.Transport != decode.DTLS || o.Client != c.Client || o.Server == c.Server || o.Flow[decode.Client].Packets > 0 ||
				o.Start.Before(hello.Time) {
				continue
			}
			for i := range o.Events {
				if e := &o.Events[i]; e.From == decode.Server {
					return &Finding{Confidence: Certain, Summary: T("dtls-wrong-address/summary", AddrPort(c.Server), AddrPort(o.Server)),
						Evidence: []Evidence{Proof(hello, T("dtls-wrong-address/hello", AddrPort(c.Server))), Proof(e, T("dtls-wrong-address/answer", AddrPort(o.Server)))}}
				}
			}
		}
		return nil
	},
}
