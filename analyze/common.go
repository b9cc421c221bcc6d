package analyze

import "tlswhy/decode"

// commonTexts are the sentences that belong to no rule; their keys are
// "common/" and the name.
var commonTexts = map[string]string{
	"alert":                 "{0} sends the fatal alert {1}",
	"close-reason":          "{0}: {1}",
	"quic-close":            "{0} closes the QUIC connection with {1}",
	"reset":                 "{0} resets the connection (RST)",
	"close":                 "{0} closes the connection (FIN)",
	"port-closed":           "{0} has left: its host answers that the port is closed (ICMP)",
	"eap-failure":           "{0} ends the authentication (EAP-Failure)",
	"n-eap":                 "the authentication inside TLS, and what the server decides for other reasons than TLS",
	"n-openvpn":             "the data channel of OpenVPN, and what its two ends tell each other inside TLS",
	"n-openvpn-hidden":      "OpenVPN encrypts its control channel once more (tls-crypt): its TLS cannot be seen",
	"silence":               "nothing more from {0}",
	"client-hello":          "ClientHello",
	"server-hello":          "ServerHello",
	"hidden-alert":          "{0} sends an encrypted record of an alert's size",
	"plain":                 "{0} sends bytes that are not TLS: {1}",
	"last-packet":           "last packet of the connection",
	"icmp":                  "{0} reports that the packet cannot be delivered",
	"prelude":               "{0}: {1}",
	"bad-record":            "{0} sends what is no TLS record",
	"record":                "{0}",
	"records":               "{0} records, {1}",
	"bytes":                 "{0}",
	"one":                   "{0}",
	"word":                  "{0}",
	"raw":                   "{0}",
	"acknowledges":          "acknowledges {0}",
	"retransmission":        "{0} again, {1} (repetition {2})",
	"missing":               "{0} are not in the capture",
	"icmp-from":             "from {0}",
	"ttl":                   "TTL {0}",
	"wants-group":           "wants a key share for {0}",
	"chooses":               "{0}, {1}",
	"certificates":          "{0} {0|certificate|certificates}",
	"authorities":           "{0} accepted {0|authority|authorities}",
	"inferred":              "encrypted; by its place and size",
	"alert-sized":           "by its size and place",
	"offer":                 "for {0}: {1}, {2} cipher suites",
	"offer-no-name":         "without server name: {0}, {1} cipher suites",
	"alpn":                  "ALPN {0}",
	"dhe":                   "DHE, {0}-bit prime",
	"fragment":              "bytes {0}+{1} of {2}",
	"malformed":             "malformed: {0} at offset {1}: {2}",
	"cut":                   "incomplete in the capture",
	"p-malformed":           "a strict parser refuses it: {0}",
	"p-expired":             "the certificate for {0} expired at {1}, {2} before this handshake",
	"p-not-yet":             "the certificate for {0} is valid from {1} on, {2} after this handshake",
	"p-self-signed":         "the certificate for {0} is its own issuer",
	"p-no-san":              "the certificate for {0} names no host in its subjectAltName; asked for was {1}",
	"p-name":                "asked for was {0}, the certificate is for {1} ({2} {2|name|names})",
	"p-usage":               "the certificate for {0} has an extended key usage without {1}",
	"p-key-usage":           "the certificate for {0} may not be used for signatures (keyUsage)",
	"p-ca-leaf":             "the certificate for {0} is one of an authority (CA:TRUE)",
	"p-critical":            "it has a critical extension that is not understood: {0}",
	"p-weak-key":            "the key of the certificate for {0} is weak: {1}",
	"p-weak-signature":      "the certificate for {0} is signed with {1}",
	"p-path-expired":        "the issuing certificate {0} expired at {1}",
	"p-constraints":         "the authority {0} may not issue for that name",
	"p-incomplete-seen":     "the certificate of the issuer of {0} was not sent: {1}; the input shows it elsewhere",
	"p-incomplete":          "the certificate of the issuer of {0} was not sent: {1}",
	"p-unknown-root":        "the chain ends in {0}, which is not among the trusted roots",
	"p-unknown-ca":          "the issuer {0} is not among the trusted roots",
	"p-order":               "the certificate of {0} does not follow the one that it issued",
	"p-revoked":             "the stapled OCSP response says that the certificate for {0} was revoked at {1}",
	"p-must-staple":         "the certificate for {0} demands a stapled OCSP response, and none was sent",
	"before-alert":          "the last message before the alert",
	"answer":                "the answer to it",
	"sibling-version":       "the server chooses {0} in another connection",
	"sibling-suite":         "the server chooses {0} in another connection",
	"sibling-group":         "the server uses {0} in another connection",
	"offer-versions":        "the client offers {0}",
	"offer-groups":          "the client offers the groups {0}",
	"offer-schemes":         "the client accepts the signature algorithms {0}",
	"no-schemes":            "the hello has no signature_algorithms extension",
	"offer-suites":          "the client offers {0}",
	"one-auth":              "all offered suites need a certificate with an {0} key",
	"no-dhe":                "no suite with finite-field DHE is offered",
	"no-rsa-kex":            "no suite with RSA key exchange is offered",
	"external-psk":          "the hello offers a pre-shared key that comes from no earlier connection",
	"no-mandatory-suite":    "the client offers {0} and not TLS_AES_128_GCM_SHA256, which every TLS 1.3 library has",
	"psk-only":              "only suites with pre-shared keys are offered",
	"no-groups":             "extensions that TLS 1.3 demands are missing",
	"no-ems":                "no extended master secret is offered",
	"no-name":               "no server name is sent",
	"no-renegotiation-info": "secure renegotiation is not announced",
	"decide-refusal":        "the server's log, or tries with one change each: openssl s_client -connect {0}",
	"c-proxy-missing":       "the server waits for a PROXY protocol header",
	"accepted":              "accepted here, but strict clients refuse it: {0}",
	"decide-client-log":     "the client's log",
	"decide-server-log":     "the server's log",
	"capture-warning":       "{0}",
	"live-by-time":          "{0} {0|handshake is|handshakes are} told because {0|it|they} fell into the time of the command: whose {0|it was|they were} could not be seen",
	"live-dropped":          "the kernel threw {0} {0|packet|packets} away because they came faster than they were read: a handshake may be missing here, or be told as incomplete although it ended",
	"capture-cut":           "readable only up to frame {0}: {1}",
	"capture-interrupted":   "reading was interrupted at frame {0}",
	"s-ttl":                 "TTL {0}, where the packets of that end have {1}",
	"s-timestamps":          "no TCP timestamps, which both ends had agreed to put into every segment",
	"s-reset-options":       "a reset with an acknowledgement and without the TCP timestamps that both ends had agreed on",
	"s-ipid":                "IP identification {0}, far from that of the end's other packets",
	"s-other-content":       "frame {0}: the end itself sends something else at the same place",
	"s-second-reset":        "frame {0}: another reset of the same end, with TTL {1}",
	"s-answer-later":        "frame {0}: the end answers although it had reset the connection",
	"s-goes-on":             "frame {0}: the end acknowledges as if it had not reset the connection",
	"s-name":                "with another name the same server answers",
	"s-hello":               "the ClientHello for {0}",
	"s-other-name":          "for {0} the same server answers",
	"s-absent":              "{0} did not send it: the capture nearer to {0} does not have it",
	"s-absent-last":         "the last packet of {0} in the capture nearer to it",
	"p-added":               "{0} that {1} never sent",
	"p-sent":                "sent by {0}, in the capture nearer to it",
	"p-lost":                "{0} of it never came to the capture nearer to {1}, and nobody acknowledged them: they were lost between the two",
	"p-sizes":               "segments of up to {0} came through, those of {1} did not",
	"p-arrived":             "all that {0} sent did come to the capture nearer to {1}: nothing was lost between the two",
	"p-no-syn":              "another connection of the two in the capture nearer to {0}, which has no packet of this one: the SYNs were lost between the two",
	"p-syn-came":            "the SYN came to the capture nearer to {0}, and no answer passed there",
	"p-silent":              "the last packet that {0} sent, in the capture nearer to it",
	"p-datagrams-sent":      "{0} sent {1} {1|datagram|datagrams}",
	"p-datagrams-came":      "{0} came to the capture nearer to {1}, this one as the last: the others were lost between the two",
	"p-as-sent":             "{0} as {1} sent it",
	"p-as-came":             "{0} as it came to {1}: not the same",
	"p-same":                "the same in the capture nearer to {0}: nothing between the two captures made it up",
	"p-only-sent":           "did not come to the capture nearer to {0}",
	"p-never-sent":          "not in the capture nearer to {0}",
	"p-differs":             "not the same in the other capture",
	"p-hops":                "the client's packets have TTL {0} here and {1} in the other capture",
	"n-point":               "whether {0} itself sent what ended the connection: the capture nearer to it does not cover that moment, or lost packets",
	"n-order":               "which of the captures is nearer to the client: hop counts and times are the same",
	"decide-both-ends":      "captures at both ends: the packet leaves neither of them",
	"d-name":                "asks for {0}, the good one for {1}",
	"d-versions":            "versions only here: {0}; only in the good one: {1}",
	"d-groups":              "groups only here: {0}; only in the good one: {1}",
	"d-schemes":             "signature algorithms only here: {0}; only in the good one: {1}",
	"d-suite":               "does not offer {0}, which the server chose in the good one",
	"d-alpn":                "ALPN here: {0}; in the good one: {1}",
	"n-encrypted":           "the certificate and all later messages are encrypted (TLS 1.3); a key log would open them (SSLKEYLOGFILE, --keylog)",
	"n-late":                "the capture begins in the middle of the connection",
	"n-one-sided":           "only one direction is in the capture",
	"n-lossy":               "packets are missing from the capture",
	"n-cut":                 "packets were cut by the snap length; capture whole packets (tcpdump -s 0)",
	"capture-with-keys":     "capture again with a key log (SSLKEYLOGFILE) and give it with --keylog",
}

// breakText says what the break itself was.
func (c *Case) breakText() Text {
	side := SideArg(c.Break.From)
	switch c.Break.Kind {
	case ByAlert:
		if a, ok := c.BreakAlert(); ok {
			return T("common/alert", side, CodeOf(a.Description))
		}
		if t, ok := c.quicBreakText(); ok {
			return t
		}
	case ByHidden:
		if c.Transport == decode.QUIC {
			return T("quic-closed/packet")
		}
		return T("common/hidden-alert", side)
	case ByReset:
		return T("common/reset", side)
	case ByClose:
		if e := c.BreakEvent(); e != nil && e.From == decode.Network {
			return T("common/port-closed", side)
		}
		if c.Transport == decode.EAP {
			return T("common/eap-failure", side)
		}
		return T("common/close", side)
	case ByICMP:
		return T("common/icmp", side)
	case ByBadMessage:
		return T("common/bad-record", side)
	}
	if c.BreakEvent() == nil {
		return T("common/last-packet")
	}
	return T("common/silence", side)
}
