package analyze

import (
	"slices"
	"testing"
)

func TestLookup(t *testing.T) {
	d := newDictionary()
	for _, c := range []struct {
		in      string
		alert   int // -1: none
		finding string
	}{
		{"cipher-no-overlap", -1, "cipher-no-overlap"},
		{"CIPHER-NO-OVERLAP", -1, "cipher-no-overlap"},
		{"cipher-no-overlap-tls13", -1, "cipher-no-overlap"},
		{"40", 40, ""},
		{"handshake_failure", 40, ""},
		{"Handshake Failure", 40, ""},
		{"alert 112", 112, ""},
		{"-30592", -1, "cipher-no-overlap"},
		{"-0x7780", -1, "cipher-no-overlap"},
		{"14094410", 40, ""},
		{"error:14094410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:s3_pkt.c:1493:SSL alert number 40", 40, ""},
		{"0A000410", 40, ""},
		{"error:0A00042E:SSL routines::tlsv1 alert protocol version", 70, ""},
		{"10000412:SSL routines:OPENSSL_internal:SSLV3_ALERT_BAD_CERTIFICATE", 42, ""},
		{"SSLV3_ALERT_BAD_CERTIFICATE", 42, ""},
		{"268436496", 40, ""},
		{"TLS_error:|268435703:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER", -1, "tls-to-http-port"},
		{"ERR_SSL_VERSION_OR_CIPHER_MISMATCH", -1, "version-no-overlap"},
		{"SSL_ERROR_NO_CYPHER_OVERLAP", -1, "cipher-no-overlap"},
		{"AlertReceived(HandshakeFailure)", 40, ""},
		{"remote error: tls: handshake failure", 40, ""},
		{"remote error: tls: unknown certificate authority", 48, ""},
		{"remote error: tls: unknown certificate", 46, ""},
		{"remote error: tls: expired certificate", 45, ""},
		{"javax.net.ssl.SSLHandshakeException: Received fatal alert: handshake_failure", 40, ""},
		{"Received fatal alert: certificate_unknown", 46, ""},
		{"tlsv13 alert certificate required", 116, ""},
		{"CRYPTO_ERROR 0x178", 120, ""},
		{"0x80090331", -1, "version-no-overlap"},
		{"curl: (35) OpenSSL SSL_connect: Connection reset by peer in connection to a.example:443", -1, "reset-after-client-hello"},
		{"curl: (35) error:1408F10B:SSL routines:ssl3_get_record:wrong version number", -1, "tls-to-http-port"},
		{"error:0A000102:SSL routines::unsupported protocol", -1, "version-no-overlap"},
		{"PeerMisbehaved(SelectedUnofferedKxGroup)", -1, "unoffered-choice"},
		{"x509: certificate signed by unknown authority", -1, "cert-unknown-ca"},
		{"sun.security.validator.ValidatorException: PKIX path building failed", -1, "cert-unknown-ca"},
		{"net/http: TLS handshake timeout", -1, "server-silent"},
		{"tls: first record does not look like a TLS handshake", -1, "tls-to-http-port"},
		{"<f_TLS Alert read:fatal:unknown CA>", 48, ""},
		{"MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT", -1, "cert-self-signed"},
	} {
		f := d.lookup(c.in)
		switch {
		case f.Empty():
			t.Errorf("%q: nothing found", c.in)
		case c.alert >= 0 && (f.Alert == nil || int(f.Alert.Code) != c.alert):
			t.Errorf("%q: not alert %d: %+v", c.in, c.alert, f)
		case c.alert < 0 && f.Alert != nil:
			t.Errorf("%q: alert %d", c.in, f.Alert.Code)
		case c.finding != "" && !mentions(&f, c.finding):
			t.Errorf("%q: %s is not mentioned: %+v", c.in, c.finding, f)
		}
	}
}

func mentions(f *Found, id string) bool {
	return f.Rule != nil && f.Rule.ID == id || slices.ContainsFunc(f.Logs, func(l LogText) bool { return slices.Contains(l.Findings, id) })
}

func TestLookupOfNothing(t *testing.T) {
	for _, s := range []string{"", "qwertz", "!!!", "256", "-1", "no such text in any log"} {
		if f := Lookup(s); !f.Empty() {
			t.Errorf("%q: %+v", s, f)
		}
	}
}

// Every text that is listed finds its own entry.
func TestLogTexts(t *testing.T) {
	texts, d := LogTexts(), newDictionary()
	if len(texts) < 150 {
		t.Errorf("%d texts", len(texts))
	}
	seen := map[string]bool{}
	for _, l := range texts {
		if key := words(l.Text) + "\x00" + l.Stack; seen[key] {
			t.Errorf("%q of %s is listed twice", l.Text, l.Stack)
		} else {
			seen[key] = true
		}
		if len(l.Findings) == 0 || words(l.Text) == "" {
			t.Errorf("%q leads nowhere", l.Text)
		}
		if f := d.lookup(l.Text); f.Empty() {
			t.Errorf("%q is not found", l.Text)
		}
	}
}

// The tables name findings that exist.
func TestTablesNameFindings(t *testing.T) {
	known := map[string]bool{}
	for _, r := range Catalogue() {
		known[r.ID] = true
	}
	if len(known) < 100 { // those of the contract
		t.Skipf("the catalogue has only %d findings", len(known))
	}
	check := func(where string, ids []string) {
		for _, id := range ids {
			if !known[id] {
				t.Errorf("%s names %s, which is no finding", where, id)
			}
		}
	}
	for _, m := range AlertMeanings() {
		check("an alert", m.ByClient)
		check("an alert", m.ByServer)
	}
	for _, l := range LogTexts() {
		check(l.Text, l.Findings)
	}
}

func TestAlertMeanings(t *testing.T) {
	last := -1
	for _, m := range AlertMeanings() {
		if int(m.Code) <= last {
			t.Errorf("alert %d is out of order", m.Code)
		}
		last = int(m.Code)
		if m.FromClient == "" || m.FromServer == "" {
			t.Errorf("alert %d has no meaning for one side", m.Code)
		}
	}
}
