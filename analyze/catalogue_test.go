package analyze

import (
	"strings"
	"testing"
)

// fixed are the findings of the contract; they never change their meaning.
const fixed = `
alert-unexplained alpn-no-overlap altered-in-transit bad-record-mac bad-signature browser-retry
cert-chain-incomplete cert-chain-order cert-expired cert-malformed cert-must-staple cert-name-mismatch
cert-not-yet-valid cert-rejected cert-revoked cert-self-signed cert-type-no-overlap cert-unknown-ca
cert-weak-key cert-weak-signature cert-wrong-usage cipher-no-overlap client-cancelled client-cert-expired
client-cert-missing client-cert-no-ca-match client-cert-rejected client-cert-unknown-ca client-cert-weak
client-cert-wrong-usage client-hello-lost client-left client-silent close-after-client-hello connect-refused
connection-probe decode-error dh-key-too-small dhe-only-server downgrade-detected dtls-flight-lost
dtls-wrong-address ech-rejected ems-required failure-unexplained ftps-session-reuse-required group-no-overlap
hello-retry-failed http-to-tls-port icmp-unreachable inappropriate-fallback internal-error
large-client-hello-lost message-too-long middlebox-alert middlebox-close middlebox-page middlebox-reset
missing-extension nat-state-lost one-way-path packet-loss plaintext-to-tls-port proxy-protocol-missing
proxy-protocol-unexpected psk-unknown psk-wrong-key quic-closed quic-fallback quic-no-answer
quic-version-no-overlap record-overflow renegotiation-unsupported reset-after-client-hello
reset-before-client-hello resumption-refused rsa-kex-only-server server-flight-lost server-left server-silent
server-stalled sigalg-no-overlap sni-missing sni-unknown sni-warning starttls-framing-mismatch
starttls-not-offered starttls-refused starttls-stripped tcp-connection-refused tcp-syn-timeout tlcp-mismatch
tls-interception tls-to-banner-service tls-to-http-port tls-to-other-protocol unexpected-message
unoffered-choice version-intolerance version-no-overlap
`

// gaps are findings of the contract that no rule finds yet.
var gaps = map[string]string{}

func TestCatalogue(t *testing.T) {
	seen := map[string]*Rule{}
	for _, r := range Catalogue() {
		if seen[r.ID] != nil {
			t.Errorf("%s is in the catalogue twice", r.ID)
		}
		seen[r.ID] = r
		if r.ID == "" || r.ID != strings.ToLower(r.ID) || strings.ContainsAny(r.ID, " _/") {
			t.Errorf("%q is not kebab-case", r.ID)
		}
		if r.Title == "" || r.Family == "" || r.Fault == "" || len(r.Explain) < 80 {
			t.Errorf("%s: title %q, family %q, fault %q, %d bytes of explanation", r.ID, r.Title, r.Family, r.Fault, len(r.Explain))
		}
		if len(r.Fixes) == 0 {
			t.Errorf("%s says nothing of what to do", r.ID)
		}
		for _, f := range r.Fixes {
			if text, ok := Template("en", f.Text.Key); !ok || text == "" || f.Who == "" {
				t.Errorf("%s: fix %q by %q has no text", r.ID, f.Text.Key, f.Who)
			}
		}
	}
	for _, id := range strings.Fields(fixed) {
		if seen[id] == nil && gaps[id] == "" {
			t.Errorf("%s of the contract is not in the catalogue", id)
		}
	}
	for _, r := range Catalogue() {
		for _, id := range r.Silences {
			if seen[id] == nil || id == r.ID {
				t.Errorf("%s silences %q, which is no other rule", r.ID, id)
			}
		}
	}
}

// TestTemplates holds that every template is closed and counts its places from
// {0} on, up to {9}.
func TestTemplates(t *testing.T) {
	tables := map[string]map[string]string{"common": commonTexts}
	for _, r := range Catalogue() {
		tables[r.ID] = r.Texts
	}
	for id, texts := range tables {
		for part, text := range texts {
			if key := id + "/" + part; mustTemplate(key) != text {
				t.Errorf("%s is not found by its key", key)
			}
			if text == "" || text != strings.TrimSpace(text) {
				t.Errorf("%s/%s: %q", id, part, text)
			}
			if strings.Count(text, "{") != strings.Count(text, "}") {
				t.Errorf("%s/%s: a place is not closed: %q", id, part, text)
			}
		}
	}
}

func mustTemplate(key string) string {
	text, _ := Template("en", key)
	return text
}
