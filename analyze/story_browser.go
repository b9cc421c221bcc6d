package analyze

import (
	"net/netip"
	"slices"
	"time"

	"tlswhy/decode"
)

// retrySpan is how close the attempts of one story follow each other.
const retrySpan = 30 * time.Second

var browserRetry = Rule{
	ID: "browser-retry", Family: "story", Title: "A browser tries again after refusing the certificate", Fault: ByClient,
	Causes:  []string{"chromium-self-signed-reconnect"},
	Explain: `A browser that does not trust a certificate ends the handshake, tries again at once (Chromium opens two connections), and shows a warning to its user. When the user goes on, the next connection completes with the same certificate. The server's log shows a row of failures that are not the fault of its TLS library.`,
	Fixes: []Fix{
		{Who: ByClient, Text: T("browser-retry/fix-client")},
		{Who: ByServer, Text: T("browser-retry/fix-server")},
	},
	Logs: []string{"remote error: tls: unknown certificate", "Received fatal alert: certificate_unknown", "-0x7780", "-30592", "ERR_CERT_AUTHORITY_INVALID"},
	Texts: map[string]string{
		"refused":    "{0} refused the certificate of {1} in {2} attempts within {3}",
		"went-on":    "{0} refused the certificate of {1} in {2} attempts, and went on with it {3} after the first: its user accepted the warning",
		"fix-client": "import the certificate, or its authority, into the browser's store",
		"fix-server": "use a certificate of an authority that browsers trust; keep connections open, so that polling does not repeat the refusal",
	},
}

type retryKey struct {
	client netip.Addr
	server netip.AddrPort
}

// browserRetries gathers refusals of one browser at one server, and the
// success that may follow them.
func browserRetries(attempts []attempt) []Story {
	groups := map[retryKey][]*attempt{}
	var order []retryKey
	for i := range attempts {
		c := &attempts[i]
		if c.Transport != decode.TCP || !c.byBrowser() {
			continue
		}
		k := retryKey{c.client().Addr(), c.Server}
		if _, ok := groups[k]; !ok {
			order = append(order, k)
		}
		groups[k] = append(groups[k], c)
	}
	var stories []Story
	for _, k := range order {
		if s, ok := retryStory(groups[k]); ok {
			stories = append(stories, s)
		}
	}
	return stories
}

// byBrowser says whether the client seems to be a browser.
func (c *Case) byBrowser() bool {
	if c.browser == nil {
		g := c.guessClient()
		is := g != nil && (g.Stack == "boringssl" || g.Stack == "nss")
		c.browser = &is
	}
	return *c.browser
}

// retryStory tells of attempts in the order in which they were made: files are
// not always given in order of time.
func retryStory(attempts []*attempt) (s Story, ok bool) {
	slices.SortStableFunc(attempts, func(x, y *attempt) int { return x.start().Compare(y.start()) })
	var refused []*attempt
	var good *attempt
	for _, c := range attempts {
		switch {
		case len(refused) > 0 && c.start().Sub(refused[len(refused)-1].start()) > retrySpan:
		case c.Outcome == Failed && aboutCertificate(c.Findings[0].ID):
			refused = append(refused, c)
		case c.Outcome == Completed && len(refused) > 0 && good == nil:
			good = c
		}
	}
	if len(refused) < 2 {
		return s, false
	}
	s.Finding = "browser-retry"
	first := refused[0]
	for _, c := range refused {
		s.Handshakes = append(s.Handshakes, c.id)
	}
	span := refused[len(refused)-1].start().Sub(first.start())
	s.Text = T("browser-retry/refused", Addr(first.client().Addr()), AddrPort(first.Server), Count(len(refused)), Duration(span))
	if good != nil {
		s.Handshakes = append(s.Handshakes, good.id)
		s.Text = T("browser-retry/went-on", Addr(first.client().Addr()), AddrPort(first.Server), Count(len(refused)), Duration(good.start().Sub(first.start())))
	}
	return s, true
}

func aboutCertificate(id string) bool { return slices.Contains(certOrder, id) || id == "cert-rejected" }
