package analyze

// commonTexts are the sentences that belong to no rule; their keys are
// "common/" and the name.
var commonTexts = map[string]string{
	"alert":             "{0} sends the fatal alert {1}",
	"reset":             "{0} resets the connection (RST)",
	"close":             "{0} closes the connection (FIN)",
	"silence":           "nothing more from {0}",
	"client-hello":      "ClientHello",
	"server-hello":      "ServerHello",
	"hidden-alert":      "{0} sends an encrypted record of an alert's size",
	"plain":             "{0} sends bytes that are not TLS: {1}",
	"last-packet":       "last packet of the connection",
	"icmp":              "{0} reports that the packet cannot be delivered",
	"prelude":           "{0}: {1}",
	"bad-record":        "{0} sends what is no TLS record",
	"record":            "{0}",
	"records":           "{0} records, {1}",
	"bytes":             "{0}",
	"one":               "{0}",
	"word":              "{0}",
	"raw":               "{0}",
	"acknowledges":      "acknowledges {0}",
	"retransmission":    "{0} again, {1} (repetition {2})",
	"missing":           "{0} are not in the capture",
	"icmp-from":         "from {0}",
	"ttl":               "TTL {0}",
	"wants-group":       "wants a key share for {0}",
	"chooses":           "{0}, {1}",
	"certificates":      "{0} {0|certificate|certificates}",
	"authorities":       "{0} accepted {0|authority|authorities}",
	"inferred":          "encrypted; by its place and size",
	"alert-sized":       "by its size and place",
	"offer":             "for {0}: {1}, {2} cipher suites",
	"offer-no-name":     "without server name: {0}, {1} cipher suites",
	"alpn":              "ALPN {0}",
	"dhe":               "DHE, {0}-bit prime",
	"fragment":          "bytes {0}+{1} of {2}",
	"malformed":         "malformed: {0} at offset {1}: {2}",
	"cut":               "incomplete in the capture",
	"capture-with-keys": "capture again with a key log (SSLKEYLOGFILE) and give it with --keylog",

	"capture-warning":     "{0}",
	"capture-cut":         "readable only up to frame {0}: {1}",
	"capture-interrupted": "reading was interrupted at frame {0}",
}

// breakText says what the break itself was.
func (c *Case) breakText() Text {
	side := SideArg(c.Break.From)
	switch c.Break.Kind {
	case ByAlert:
		if a, ok := c.BreakAlert(); ok {
			return T("common/alert", side, CodeOf(a.Description))
		}
	case ByHidden:
		return T("common/hidden-alert", side)
	case ByReset:
		return T("common/reset", side)
	case ByClose:
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
