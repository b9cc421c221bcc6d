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
	"capture-with-keys": "capture again with a key log (SSLKEYLOGFILE) and give it with --keylog",
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
