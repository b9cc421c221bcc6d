package analyze

import (
	"tlswhy/decode"
)

func networkRules() []*Rule {
	return []*Rule{&icmpUnreachable, &connectionRefused, &synTimeout, &largeHelloLost, &helloLost, &serverFlightLost, &oneWayPath, &natStateLost, &packetLoss}
}

var synTimeout = Rule{
	ID: "tcp-syn-timeout", Family: "network", Title: "SYN never answered", Fault: ByNetwork, Rank: 60,
	Causes:  []string{"tcp-syn-timeout", "accept-queue-overflow", "syn-drop-nat-state", "syn-proxy-challenge", "tcp-fast-open-dropped"},
	Explain: `The client asks for a TCP connection and gets no answer at all: no acceptance, no refusal, no ICMP error. TLS has not begun. A firewall drops the packets, the address is wrong or down, or the way back does not work.`,
	Fixes: []Fix{
		{Who: ByNetwork, Text: T("tcp-syn-timeout/fix-network")},
		{Who: ByClient, Text: T("tcp-syn-timeout/fix-client")},
	},
	Refs: []string{"RFC 9293, Section 3.8.3"},
	Logs: []string{"Connection timed out", "i/o timeout", "ETIMEDOUT", "ERR_CONNECTION_TIMED_OUT", "connect timed out"},
	Texts: map[string]string{
		"summary":     "{0} {0|SYN|SYNs} to {1} got no answer",
		"syn":         "the first SYN",
		"again":       "the last SYN, again without an answer",
		"others":      "other connections to the same address and port were accepted meanwhile",
		"fix-network": "open the port in firewalls and security groups, check routes both ways",
		"fix-client":  "check address and port; try the other address family",
		"decide":      "a capture at the server: do the SYNs arrive there?",
		"c-queue":     "the server's accept queue is full: other connections to the port were accepted",
		"c-drop":      "a firewall drops the packets, or nothing answers at the address",
	},
	Check: func(c *Case) *Finding {
		if c.Outcome != Failed || c.Progress.accept >= 0 || c.Progress.open < 0 || c.Break.Kind != BySilence && c.Break.Kind != ByClose ||
			c.Flow[decode.Server].Packets > 0 {
			return nil
		}
		n := 1 + len(decode.Each[decode.Retransmission](c.Handshake, decode.Client))
		f := &Finding{Confidence: Certain, Summary: T("tcp-syn-timeout/summary", Count(n), AddrPort(c.Server)), Decide: T("tcp-syn-timeout/decide"),
			Evidence: []Evidence{Proof(&c.Events[c.Progress.open], T("tcp-syn-timeout/syn")), c.lastFrom(decode.Client, T("tcp-syn-timeout/again"))},
			Causes:   []Cause{{ID: "tcp-syn-timeout", Text: T("tcp-syn-timeout/c-drop")}}}
		for _, o := range c.SameServer() {
			if o.Progress.accept >= 0 {
				f.Causes = append([]Cause{{ID: "accept-queue-overflow", Text: T("tcp-syn-timeout/c-queue")}}, f.Causes...)
				break
			}
		}
		return f
	},
}

var connectionRefused = Rule{
	ID: "tcp-connection-refused", Family: "network", Title: "Connection refused by a reset", Fault: ByServer, Rank: 60,
	Causes:  []string{"tcp-connection-refused"},
	Explain: `The SYN was answered with a reset: nothing listens on the port, or a firewall refuses in the server's name. TLS has not begun.`,
	Fixes: []Fix{
		{Who: ByServer, Text: T("tcp-connection-refused/fix-server"), Config: "ss -ltnp | grep :PORT"},
		{Who: ByClient, Text: T("tcp-connection-refused/fix-client")},
	},
	Refs: []string{"RFC 9293, Section 3.5.2"},
	Logs: []string{"Connection refused", "ECONNREFUSED", "ERR_CONNECTION_REFUSED"},
	Texts: map[string]string{
		"summary":    "{0} refuses the connection: nothing listens on the port, or a firewall rejects it",
		"refusal":    "RST in answer to the SYN, TTL {0}",
		"fix-server": "start the service, or bind it to this address and port",
		"fix-client": "check address and port",
	},
	Check: func(c *Case) *Finding {
		if !c.serverBroke(ByReset) || c.Progress.accept >= 0 || c.Progress.open < 0 {
			return nil
		}
		e := c.BreakEvent()
		f := &Finding{Confidence: Certain, Summary: T("tcp-connection-refused/summary", AddrPort(c.Server)), Evidence: []Evidence{c.ProveBreak(c.breakText())}}
		if e.Header != nil {
			f.Evidence[0].Text = T("tcp-connection-refused/refusal", Count(int(e.Header.TTL)))
		}
		return f
	},
}

var icmpUnreachable = Rule{
	ID: "icmp-unreachable", Family: "network", Title: "ICMP says the target cannot be reached", Fault: ByNetwork, Rank: 61,
	Causes:  []string{"icmp-unreachable"},
	Explain: `A router, a firewall or the target host itself answered with an ICMP error that quotes the connection's packet. The sender of the error is the device to ask.`,
	Fixes:   []Fix{{Who: ByNetwork, Text: T("icmp-unreachable/fix-network")}, {Who: ByServer, Text: T("icmp-unreachable/fix-server")}},
	Refs:    []string{"RFC 792", "RFC 4443, Section 3.1", "RFC 1812, Section 5.2.7.1"},
	Logs:    []string{"No route to host", "EHOSTUNREACH", "Network is unreachable", "connection refused"},
	Texts: map[string]string{
		"summary":     "{0} says that {1} cannot be reached (ICMP type {2}, code {3})",
		"packet":      "the packet that the error quotes",
		"error":       "ICMP error from {0}",
		"fix-network": "ask the owner of the device that sent the error: route, access list, port",
		"fix-server":  "if the error comes from the server itself: start the service on that port",
	},
	Silences: []string{"tcp-syn-timeout", "quic-no-answer", "dtls-flight-lost", "client-hello-lost"},
	Check: func(c *Case) *Finding {
		if c.Outcome != Failed || c.Break.Kind != ByICMP {
			return nil
		}
		e := c.BreakEvent()
		m := e.Message.(decode.ICMPError)
		f := &Finding{Confidence: Certain, Evidence: []Evidence{Proof(e, T("icmp-unreachable/error", Addr(m.Reporter)))},
			Summary: T("icmp-unreachable/summary", Addr(m.Reporter), AddrPort(c.Server), Count(int(m.Type)), Count(int(m.Code)))}
		if m.Reporter == c.Server.Addr() {
			f.Fault = ByServer
		}
		return f
	},
}

// unacked returns how many bytes of a side the other never acknowledged.
func (c *Case) unacked(side decode.Side) int64 {
	return c.Flow[side].Bytes - c.Flow[side].Acked
}

var helloLost = Rule{
	ID: "client-hello-lost", Family: "network", Title: "ClientHello never acknowledged", Fault: ByMiddlebox, Rank: 50,
	Causes:  []string{"sni-drop-blackhole", "asymmetric-or-one-way-path"},
	Explain: `TCP was connected, and then the ClientHello was sent again and again and never acknowledged. A device on the way drops it, usually because of the name in it; when only large hellos vanish, it is the path's packet size.`,
	Fixes:   []Fix{{Who: ByNetwork, Text: T("client-hello-lost/fix-network")}, {Who: ByMiddlebox, Text: T("client-hello-lost/fix-box")}},
	Logs:    []string{"TLS handshake timeout", "Operation timed out", "ERR_TIMED_OUT"},
	Texts: map[string]string{
		"summary":     "the ClientHello for {0} was sent {1} {1|time|times} and never acknowledged, though the TCP connection stood",
		"no-name":     "the ClientHello was sent {1} {1|time|times} and never acknowledged, though the TCP connection stood",
		"hello":       "the ClientHello",
		"again":       "its last repetition",
		"fix-network": "look for a firewall or filter on the way that drops the packet",
		"fix-box":     "allow the name in the filter",
		"decide":      "a capture at the server; the same connection with another name and the same size",
	},
	Check: func(c *Case) *Finding {
		if !c.lost(decode.Client) || c.Flow[decode.Client].Acked > 0 || c.Progress.clientHello < 0 {
			return nil
		}
		o := c.offer()
		n := 1 + c.Flow[decode.Client].Repeats
		f := &Finding{Confidence: Likely, Summary: T("client-hello-lost/summary", Name(c.SNI()), Count(n)), Decide: T("client-hello-lost/decide"),
			Evidence: []Evidence{Proof(o.event, T("client-hello-lost/hello")), c.lastFrom(decode.Client, T("client-hello-lost/again"))}}
		if c.SNI() == "" {
			f.Summary.Key = "client-hello-lost/no-name"
		}
		return f
	},
}

// lost says whether bytes of a side were repeated and never acknowledged
// until somebody gave up.
func (c *Case) lost(side decode.Side) bool {
	return c.Outcome == Failed && c.Transport == decode.TCP && c.unacked(side) > 0 && c.Flow[side].Repeats > 0 && c.Progress.done < 0 &&
		(c.Break.Kind == BySilence || c.Break.Kind == ByClose || c.Break.Kind == ByReset) && !c.OneSided
}

var largeHelloLost = Rule{
	ID: "large-client-hello-lost", Family: "network", Title: "Part of a large ClientHello never gets through", Fault: ByNetwork, Rank: 52,
	Causes:  []string{"pmtu-blackhole-client-hello", "pq-clienthello-split-intolerance", "clienthello-size-hang"},
	Explain: `The ClientHello is larger than one packet of the path, which is usual with post-quantum key shares. One of its packets is repeated and never acknowledged, while small packets get through: a link with a smaller MTU whose ICMP messages are filtered, or a device that cannot handle a ClientHello in two pieces.`,
	Fixes: []Fix{
		{Who: ByNetwork, Text: T("large-client-hello-lost/fix-network"), Config: "iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu"},
		{Who: ByClient, Text: T("large-client-hello-lost/fix-client"), Config: "ip link set dev eth0 mtu 1400\nOpenSSL: Groups = X25519:P-256"},
	},
	Refs:     []string{"RFC 2923, Section 2.1", "RFC 8446, Section 4.2.8"},
	Logs:     []string{"TLS handshake timeout", "Operation timed out"},
	Silences: []string{"client-hello-lost", "server-silent", "client-silent"},
	Texts: map[string]string{
		"summary":     "a packet of {0} of the ClientHello ({1}) was repeated and never acknowledged; smaller packets get through",
		"hello":       "the ClientHello, in {0} segments",
		"again":       "the lost packet, again",
		"fix-network": "let ICMP \"fragmentation needed\" pass, or clamp the MSS to the path",
		"fix-client":  "lower the MTU of the interface, or offer no post-quantum key share",
		"decide":      "a capture at the server; ping -M do -s SIZE to find the path's MTU",
	},
	Check: func(c *Case) *Finding {
		client := &c.Flow[decode.Client]
		o := c.offer()
		size := c.helloSize()
		if !c.lost(decode.Client) || size < 1200 || c.Progress.serverHello >= 0 || client.MaxSegment < 1000 && o != nil && o.hello.Segments < 2 {
			return nil
		}
		if client.Acked == 0 && len(client.Sacked) == 0 && c.smallHelloDies() {
			return nil
		}
		big := 0
		for _, n := range client.RepeatSizes {
			big = max(big, n)
		}
		f := &Finding{Confidence: Likely, Decide: T("large-client-hello-lost/decide"),
			Summary: T("large-client-hello-lost/summary", Bytes(big), Bytes(size))}
		if o != nil {
			f.Evidence = append(f.Evidence, Proof(o.event, T("large-client-hello-lost/hello", Count(o.hello.Segments))))
		}
		f.Evidence = append(f.Evidence, c.lastFrom(decode.Client, T("large-client-hello-lost/again")))
		if client.FirstRepeat > 0 {
			f.Evidence = append(f.Evidence, Evidence{Capture: c.Capture, Frame: client.FirstRepeat, Text: T("large-client-hello-lost/again")})
		}
		return f
	},
}

// helloSize is the length of the ClientHello, as far as it is known.
func (c *Case) helloSize() int {
	if o := c.offer(); o != nil {
		return o.hello.Length
	}
	return int(c.Flow[decode.Client].Bytes)
}

// smallHelloDies says whether a hello that fits into a packet was lost too on
// the way to the same server.
func (c *Case) smallHelloDies() bool {
	for _, o := range c.SameServer() {
		if o.Progress.clientHello >= 0 && o.helloSize() < 1200 && o.Outcome == Failed && o.Flow[decode.Client].Acked == 0 && o.Flow[decode.Client].Repeats > 0 {
			return true
		}
	}
	return false
}

var serverFlightLost = Rule{
	ID: "server-flight-lost", Family: "network", Title: "Server's large segments never arrive", Fault: ByNetwork, Rank: 51,
	Causes:  []string{"pmtu-blackhole-server-flight"},
	Explain: `The server answers, but its full-size packets never reach the client: at the client there is a hole before a short last packet, at the server the same packets are sent again and again without being acknowledged. A link on the way has a smaller MTU, and the ICMP messages that would tell the server are filtered.`,
	Fixes: []Fix{
		{Who: ByNetwork, Text: T("server-flight-lost/fix-network"), Config: "iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu"},
		{Who: ByServer, Text: T("server-flight-lost/fix-server"), Config: "sysctl net.ipv4.tcp_mtu_probing=1"},
		{Who: ByClient, Text: T("server-flight-lost/fix-client"), Config: "ip link set dev eth0 mtu 1400"},
	},
	Refs:     []string{"RFC 2923, Section 2.1", "RFC 4821"},
	Logs:     []string{"TLS handshake timeout", "Operation timed out", "SSL connection timeout"},
	Silences: []string{"server-stalled", "server-silent", "client-left", "client-silent", "packet-loss", "close-after-client-hello"},
	Texts: map[string]string{
		"hole":          "{0} of the server's answer never arrived, though later bytes did",
		"fragments":     "of {0} {0|packet|packets} of the server's answer not all IP fragments arrived",
		"fragment":      "first fragment of a packet whose rest never came",
		"resent":        "the server sent packets of up to {0} again and again, and they were never acknowledged",
		"again":         "sent again",
		"behind":        "bytes behind the hole",
		"fix-network":   "let ICMP \"fragmentation needed\" pass, or clamp the MSS to the path",
		"fix-server":    "let TCP probe for the path's MTU",
		"fix-fragments": "let IP fragments pass between the access point or switch and the RADIUS server",
		"fix-radius":    "send smaller EAP fragments: Framed-MTU at the access point, or the server's own fragment size",
		"fix-client":    "lower the MTU of the interface or tunnel",
		"decide":        "captures at both ends; ping -M do -s SIZE to find the path's MTU",
	},
	Check: checkServerFlight,
}

func checkServerFlight(c *Case) *Finding {
	server := &c.Flow[decode.Server]
	if c.Outcome != Failed || c.arrived(decode.Server) || c.Transport != decode.TCP && c.Transport != decode.EAP || c.Progress.done >= 0 || c.Progress.clientHello < 0 || c.OneSided {
		return nil
	}
	if c.Break.Kind != BySilence && c.Break.Kind != ByClose && c.Break.Kind != ByReset {
		return nil
	}
	f := &Finding{Confidence: Likely, Decide: T("server-flight-lost/decide"), Evidence: []Evidence{c.ProveBreak(c.breakText())}}
	if lost := decode.Each[decode.Fragment](c.Handshake, decode.Server); len(lost) > 0 {
		f.Summary = T("server-flight-lost/fragments", Count(len(lost)))
		for _, i := range lost[:min(len(lost), 4)] {
			f.Evidence = append(f.Evidence, Proof(&c.Events[i], T("server-flight-lost/fragment")))
		}
		if c.Transport == decode.EAP {
			f.Fixes = []Fix{{Who: ByNetwork, Text: T("server-flight-lost/fix-fragments")},
				{Who: ByServer, Text: T("server-flight-lost/fix-radius"), Config: "FreeRADIUS, eap: tls-config tls-common { fragment_size = 1024 }"}}
		}
		return f
	}
	if c.Transport == decode.EAP {
		return nil
	}
	if hole := c.hole(decode.Server); hole > 0 {
		f.Summary = T("server-flight-lost/hole", Bytes(hole))
		f.Evidence = append(f.Evidence, c.lastFrom(decode.Server, T("server-flight-lost/behind")))
		return f
	}
	if c.unacked(decode.Server) > 0 && server.Repeats >= 2 {
		big := 0
		for _, n := range server.RepeatSizes {
			big = max(big, n)
		}
		f.Summary = T("server-flight-lost/resent", Bytes(big))
		f.Evidence = append(f.Evidence, Evidence{Capture: c.Capture, Frame: server.LastRepeat, Text: T("server-flight-lost/again")},
			Evidence{Capture: c.Capture, Frame: server.FirstRepeat, Text: T("server-flight-lost/again")})
		return f
	}
	return nil
}

// hole returns how many bytes of a side are missing before later ones and were
// never acknowledged: they did not arrive, or only the capture lacks them.
func (c *Case) hole(side decode.Side) int64 {
	var n int64
	for i := range c.Events {
		e := &c.Events[i]
		if m, ok := e.Message.(decode.Gap); ok && e.From == side && e.Offset >= c.Flow[side].Acked {
			n += m.Bytes
		}
	}
	return n
}

var oneWayPath = Rule{
	ID: "one-way-path", Family: "network", Title: "One direction never reaches the other end", Fault: ByNetwork, Rank: 49,
	Causes:  []string{"asymmetric-or-one-way-path"},
	Explain: `One side's packets are answered, but the answers never reach it: it repeats what it sent as if nothing had come. Routes differ by direction, or a stateful device saw only one of them.`,
	Fixes:   []Fix{{Who: ByNetwork, Text: T("one-way-path/fix-network")}},
	Logs:    []string{"Connection timed out"},
	Texts: map[string]string{
		"summary":     "the server's SYN-ACK is sent {0} {0|time|times} and never answered: it does not reach the client, or the answer gets lost",
		"again":       "SYN-ACK, sent again",
		"fix-network": "check routes and stateful devices for both directions",
		"decide":      "a capture at the other end",
	},
	Check: func(c *Case) *Finding {
		if c.Outcome != Failed || c.Progress.accept < 0 || c.Progress.clientHello >= 0 || c.Flow[decode.Client].Bytes > 0 {
			return nil
		}
		var again *decode.Event
		n := 1
		for i := range c.Events {
			if m, ok := c.Events[i].Message.(decode.Retransmission); ok && m.Of == "SYN-ACK" {
				again = &c.Events[i]
				n++
			}
		}
		if n < 3 || len(decode.Each[decode.AckOnly](c.Handshake, decode.Client)) > 0 {
			return nil
		}
		return &Finding{Confidence: Likely, Summary: T("one-way-path/summary", Count(n)), Decide: T("one-way-path/decide"),
			Evidence: []Evidence{Proof(again, T("one-way-path/again"))}}
	},
}

var natStateLost = Rule{
	ID: "nat-state-lost", Family: "network", Title: "A device on the path forgot the connection", Fault: ByMiddlebox, Rank: 58,
	Causes:  []string{"conntrack-invalid-rst", "lb-idle-timeout-rst"},
	Explain: `The connection stood idle before the ClientHello, and the first data after the pause was answered with a reset: a load balancer or NAT had dropped its state meanwhile. Usual limits: 350 s (AWS), 900 s (IPVS), 600 s (nginx stream).`,
	Fixes:   []Fix{{Who: ByClient, Text: T("nat-state-lost/fix-client")}, {Who: ByMiddlebox, Text: T("nat-state-lost/fix-box")}},
	Logs:    []string{"Connection reset by peer", "ECONNRESET"},
	Texts: map[string]string{
		"summary":    "the connection was idle for {0}, and the first data after that was answered with a reset",
		"first":      "first data after the pause",
		"fix-client": "send keep-alives more often than the limit, or close idle connections earlier",
		"fix-box":    "raise the idle limit of the device",
		"decide":     "a capture on the server's side of the device",
	},
	Silences: []string{"reset-after-client-hello", "middlebox-reset", "server-left"},
	Check: func(c *Case) *Finding {
		if !c.serverBroke(ByReset) || c.Progress.clientHello < 0 || c.Progress.accept < 0 || c.Progress.clientHello > c.Break.Event || c.Flow[decode.Server].Bytes > 0 {
			return nil
		}
		idle := c.Events[c.Progress.clientHello].Time.Sub(c.Events[c.Progress.accept].Time)
		odd := c.strange(c.Break.Event)
		if idle < 50*patience && (idle < 2*patience || odd.weight < 2) {
			return nil
		}
		f := &Finding{Confidence: Likely, Summary: T("nat-state-lost/summary", Duration(idle)), Decide: T("nat-state-lost/decide"),
			Evidence: []Evidence{Proof(&c.Events[c.Progress.clientHello], T("nat-state-lost/first")), c.ProveBreak(c.breakText())}}
		for _, t := range odd.texts {
			f.Evidence = append(f.Evidence, Proof(c.BreakEvent(), t))
		}
		return f
	},
}

var packetLoss = Rule{
	ID: "packet-loss", Family: "network", Title: "Heavy loss or reordering delayed or broke the handshake", Fault: ByNetwork, Rank: 20,
	Causes:  []string{"packet-loss"},
	Explain: `Packets of both sizes and directions were lost and sent again. The handshake broke because a timer ran out before it was through.`,
	Fixes:   []Fix{{Who: ByNetwork, Text: T("packet-loss/fix-network")}, {Who: ByClient, Text: T("packet-loss/fix-client")}},
	Logs:    []string{"The handshake operation timed out", "TLS handshake timeout"},
	Texts: map[string]string{
		"summary":     "{0} packets were sent again before the handshake broke",
		"again":       "sent again",
		"fix-network": "find the link that loses packets",
		"fix-client":  "use a longer timeout",
		"decide":      "captures at both ends show where the packets are lost",
	},
	Check: func(c *Case) *Finding {
		n := c.Flow[0].Retransmitted + c.Flow[1].Retransmitted
		if c.Outcome != Failed || c.Transport != decode.TCP || n < 3 || c.Progress.clientHello < 0 || c.Break.Kind != BySilence && c.Break.From != decode.Client || c.Break.Kind == ByAlert || c.Break.Kind == ByHidden || c.Break.Kind == ByPlain {
			return nil
		}
		last := max(c.Flow[0].LastRepeat, c.Flow[1].LastRepeat)
		return &Finding{Confidence: Possible, Summary: T("packet-loss/summary", Count(n)), Decide: T("packet-loss/decide"),
			Evidence: []Evidence{{Capture: c.Capture, Frame: last, Text: T("packet-loss/again")}}}
	},
}
