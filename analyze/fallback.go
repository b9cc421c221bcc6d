package analyze

const (
	alertUnexplainedID   = "alert-unexplained"
	failureUnexplainedID = "failure-unexplained"
)

func fallbackRules() []*Rule { return []*Rule{&alertUnexplained, &failureUnexplained} }

var alertUnexplained = Rule{
	ID:     alertUnexplainedID,
	Family: "fallback",
	Title:  "Fatal alert whose cause the capture does not show",
	Fault:  ByUnknown,
	Causes: []string{"cdn-to-origin-failure", "acme-tls-alpn-01-failed", "cert-pinning-failure"},
	Explain: `One side ended the handshake with a fatal alert, and nothing in the capture tells why: what was offered and chosen fits together as far as it can be read.

The alert's number narrows the cause down but does not prove it; stacks use the same number for different reasons. The log of the side that sent the alert has the reason.`,
	Fixes: []Fix{
		{Who: ByUnknown, Text: T("alert-unexplained/fix-log")},
	},
	Refs: []string{"RFC 8446, Section 6.2"},
	Rank: 1,
	Texts: map[string]string{
		"summary": "{0} ended the handshake with the fatal alert {1}; the capture does not show why",
		"fix-log": "look at the log of the side that sent the alert, at the time of the frame: it names the reason that the alert hides",
		"decide":  "the log of the sender of the alert, or a capture with a key log",
	},
	Check: func(c *Case) *Finding {
		a, ok := c.BreakAlert()
		if !ok || c.Outcome != Failed {
			return nil
		}
		return &Finding{Confidence: Possible,
			Summary:  T("alert-unexplained/summary", SideArg(c.Break.From), CodeOf(a.Description)),
			Evidence: []Evidence{c.ProveBreak(c.breakText())},
			Decide:   T("alert-unexplained/decide")}
	},
}

var failureUnexplained = Rule{
	ID:     failureUnexplainedID,
	Family: "fallback",
	Title:  "The handshake broke and the capture does not show why",
	Fault:  ByUnknown,
	Explain: `The handshake ended before it was complete, and no rule found a cause that the bytes support.

A capture at the other end, or one that begins before the connection and is not cut, would show more.`,
	Fixes: []Fix{
		{Who: ByUnknown, Text: T("failure-unexplained/fix-capture")},
	},
	Texts: map[string]string{
		"summary":     "the handshake broke after {0} and the capture does not show why",
		"fix-capture": "capture again from before the connection begins, with full packets, and at both ends if possible",
		"decide":      "a capture at the other end, or the logs of both sides",
	},
	Check: func(c *Case) *Finding {
		if c.Outcome != Failed {
			return nil
		}
		return &Finding{Confidence: Possible,
			Summary:  T("failure-unexplained/summary", Word(string(c.Stage))),
			Evidence: []Evidence{c.ProveBreak(c.breakText())},
			Decide:   T("failure-unexplained/decide")}
	},
}
