package render

import (
	"net/netip"
	"strings"
	"time"

	"tlswhy/analyze"
	"tlswhy/decode"
	"tlswhy/decode/wire"
)

// testTexts are the templates of the reports that the tests build.
var testTexts = map[string]string{
	"cipher-no-overlap/summary": "{0} {1} offers no cipher suite that {2} accepts: none of its {3} {3|suite|suites} has {4}",
	"cipher-no-overlap/offer":   "ClientHello offers {0}",
	"cipher-no-overlap/alert":   "{0} sends the fatal alert {1}",
	"cipher-no-overlap/fix":     "use a TLS library that has {0}, or a certificate that fits {1}",
	"cipher-no-overlap/cause":   "the server has no suite for {0}",
	"common/keys":               "what happened after the ServerHello: capture again with a key log, {0} after {1}",
	"common/raw":                "{0}",
	"test/silly":                "{0} and {9} and {x} and {0|one|many} and }",
	"test/cyclic":               "<{0}>",
}

func testTemplate(lang, key string) (string, bool) {
	s, ok := testTexts[key]
	return s, ok
}

func testOptions() Options { return Options{Template: testTemplate} }

var testStart = time.Date(2026, 11, 24, 23, 0, 0, 123456789, time.UTC)

func at(d time.Duration) time.Time { return testStart.Add(d) }

func testHello(sni string) decode.ClientHello {
	return decode.ClientHello{ClientHello: wire.ClientHello{
		Length: 200, LegacyVersion: wire.TLS12, Random: []byte{1, 2, 3},
		CipherSuites:  []wire.CipherSuite{0x1301, 0x1302, 0xc02f, 0xc030, 0x00ff, 0x0a0a},
		Extensions:    []wire.Extension{{Type: wire.ExtServerName}, {Type: wire.ExtSupportedGroups}},
		ServerName:    sni,
		HasServerName: sni != "",

		SupportedVersions: []wire.Version{wire.TLS13, wire.TLS12},
		Groups:            []wire.Group{0x001d, 0x0017},
		SignatureSchemes:  []wire.SignatureScheme{0x0403, 0x0804},
		ALPN:              []string{"h2", "http/1.1"},
		KeyShares:         []wire.KeyShare{{Group: 0x001d, Length: 32}},
	}, Segments: 1}
}

// failedHandshake is a handshake that ends with alert 40. Everything in it
// that would come from a packet is hostile.
func failedHandshake(id int, hostile string) *analyze.Handshake {
	f := &decode.Handshake{
		Stream: id - 1, Client: netip.MustParseAddrPort("10.77.1.2:40312"), Server: netip.MustParseAddrPort("[fd77::2:2]:443"),
		FirstFrame: 1, LastFrame: 6, Start: at(0), End: at(12 * time.Millisecond), TLS: true, Target: hostile,
		Events: []decode.Event{
			{Frame: 1, LastFrame: 1, Time: at(0), From: decode.Client, Message: decode.Open{}},
			{Frame: 4, LastFrame: 4, Time: at(time.Millisecond), From: decode.Client, Message: testHello(hostile)},
			{Frame: 6, LastFrame: 6, Time: at(12 * time.Millisecond), From: decode.Server, Message: decode.Alert{Level: 2, Description: 40}},
		},
	}
	alert := analyze.CodeOf(wire.AlertDescription(40))
	t := func(key string, args ...analyze.Arg) analyze.Text {
		return analyze.T("cipher-no-overlap/"+key, args...)
	}
	return &analyze.Handshake{
		ID: id, Revision: 1, Facts: f, Outcome: analyze.Failed, Stage: analyze.StageServerHello,
		ClientStack: &analyze.Guess{Stack: "rustls", Confidence: analyze.Likely},
		Findings: []*analyze.Finding{{
			ID: "cipher-no-overlap", Severity: analyze.Error, Confidence: analyze.Likely, Fault: analyze.ByClient,
			Summary:  t("summary", analyze.SideArg(decode.Client), analyze.Addr(f.Client.Addr()), analyze.Name(hostile), analyze.Count(4), analyze.Word("DHE")),
			Evidence: []analyze.Evidence{{Frame: 4, Text: t("offer", analyze.Raw([]byte(hostile)))}, {Frame: 6, Text: t("alert", analyze.SideArg(decode.Server), alert)}},
			Causes:   []analyze.Cause{{ID: "dhe-only-server", Text: t("cause", analyze.Names([]string{hostile, "www.example.com"}))}},
			Fixes: []analyze.Fix{
				{Who: analyze.ByServer, Text: t("fix", analyze.Word("ECDHE"), analyze.Identity("CN="+hostile)), Config: "ssl_ciphers HIGH;\nssl_protocols TLSv1.2;"},
			},
			Decide: analyze.T("common/keys", analyze.Duration(1500*time.Millisecond), analyze.Time(testStart)),
		}},
		Certificates: [2][]analyze.Certificate{decode.Server: {{
			Frame: 5, Subject: "CN=" + hostile, Issuer: "CN=Test CA " + hostile, Serial: "0a1b2c", NotBefore: at(0), NotAfter: at(time.Hour),
			DNSNames: []string{hostile, "*.example.com"}, Key: "RSA 2048", Signature: "SHA256-RSA", SHA256: "aa55aa55", Problems: []string{"cert-expired"},
		}}},
		Compared:    &analyze.Comparison{ID: 9, Differences: []analyze.Text{analyze.T("common/raw", analyze.Raw([]byte(hostile)))}},
		NotAssessed: []analyze.Text{analyze.T("common/keys", analyze.Duration(time.Second), analyze.Time(testStart))},
		Timeline: []analyze.Line{
			{Frame: 1, Time: at(0), From: decode.Client, Layer: "tcp", What: "SYN"},
			{Frame: 4, Time: at(time.Millisecond), Delta: 0.001, From: decode.Client, Layer: "tls", What: "ClientHello", Detail: analyze.T("common/raw", analyze.Name(hostile)), Finding: "cipher-no-overlap"},
			{Frame: 5, Time: at(2 * time.Millisecond), Delta: 0.001, From: decode.Network, Layer: "icmp", What: "ICMP port unreachable"},
			{Frame: 6, Time: at(12 * time.Millisecond), Delta: 0.01, From: decode.Server, Suspected: "middlebox", Layer: "tls", What: "Alert", Decrypted: true,
				Detail: t("alert", analyze.SideArg(decode.Server), alert), Note: analyze.T("common/raw", analyze.Raw([]byte(hostile))), Finding: "cipher-no-overlap"},
		},
	}
}

// testReport is a report of n failures; hostile bytes stand in every place
// that takes bytes of a packet or a file name.
func testReport(n int, hostile string) *analyze.Report {
	r := &analyze.Report{
		Version: "0.1", Roots: "mozilla",
		Captures: []analyze.Capture{{File: hostile + ".pcap", Format: "pcap", LinkTypes: []string{"Ethernet"}, Packets: 6, Bytes: 600, First: at(0), Last: at(time.Second),
			Warnings: []analyze.Text{analyze.T("common/raw", analyze.Raw([]byte(hostile)))}}},
		Command: &analyze.Command{Argv: []string{"curl", "https://" + hostile}, Status: 35},
		Summary: analyze.Summary{Handshakes: n, Failed: n, Findings: map[string]int{"cipher-no-overlap": n}},
		Stories: []analyze.Story{{Finding: "browser-retry", Handshakes: []int{1}, Text: analyze.T("common/raw", analyze.Raw([]byte(hostile)))}},
	}
	g := analyze.Group{Finding: "cipher-no-overlap", Server: netip.MustParseAddrPort("[fd77::2:2]:443"), SNI: hostile, Count: n, First: at(0), Last: at(time.Second)}
	for i := range n {
		r.Handshakes = append(r.Handshakes, failedHandshake(i+1, hostile))
		g.Handshakes, g.Streams = append(g.Handshakes, i+1), append(g.Streams, i)
	}
	if n > 0 {
		r.Groups = []analyze.Group{g}
	} else {
		r.Summary.Findings = nil
	}
	return r
}

// written is a report in one format.
func written(f Format, r *analyze.Report, o Options) string {
	var b strings.Builder
	if err := f.Write(&b, r, o); err != nil {
		panic(err)
	}
	return b.String()
}
