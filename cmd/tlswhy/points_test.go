package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBothEnds holds what the pairs of captures of the shared lab prove
// together, in either order: each is one handshake.
func TestBothEnds(t *testing.T) {
	root(t)
	const lab = "../shared/lab"
	if _, err := os.Stat(lab); err != nil {
		t.Skip(lab + " is not here")
	}
	for name, want := range map[string]string{
		"bad-record-mac--gnutls-openssl-tls13.*.pcap":              "altered-in-transit certain middlebox",
		"bad-record-mac--openssl-nginx-tls12-cke.*.pcap":           "altered-in-transit certain middlebox",
		"client-abort--curl-timeout.*.pcap":                        "client-left likely client",
		"client-hello-dropped--openssl-nginx.*.pcapng":             "client-hello-lost certain middlebox",
		"dtls-flight-loss--openssl-openssl-server-flight.*.pcapng": "dtls-flight-lost certain network",
		"icmp-frag-needed--openssl-nginx-heals.*.pcap":             "",
		"middlebox-alert-on-sni--go-haproxy.*.pcap":                "middlebox-alert certain middlebox",
		"middlebox-fin-on-sni--curl-go-nottl.*.pcap":               "middlebox-close certain middlebox",
		"middlebox-rst-on-sni--curl-nginx-ttl128.*.pcap":           "middlebox-reset certain middlebox",
		"no-common-version--pair-openssl10-go.*.pcap":              "version-no-overlap certain client",
		"server-flight-dropped--go-go-tls13.*.pcap":                "server-flight-lost certain network",
		"server-hello-mangled--openssl-nginx-randomflip.*.pcap":    "altered-in-transit certain middlebox",
		"starttls-stripped--pop3-curl.*.pcap":                      "starttls-stripped certain middlebox",
		"starttls-stripped--smtp-curl.*.pcap":                      "starttls-stripped certain middlebox",
	} {
		client, server := filepath.Join(lab, strings.Replace(name, "*", "client", 1)), filepath.Join(lab, strings.Replace(name, "*", "server", 1))
		for _, files := range [][]string{{client, server}, {server, client}} {
			var doc document
			report := runTlswhy(t, append([]string{"-q", "--all", "--format", "json", "--roots", lab + "/roots.pem"}, files...)...)
			if err := json.Unmarshal(report, &doc); err != nil {
				t.Fatal(err)
			}
			if len(doc.Handshakes) != 1 {
				t.Errorf("%v: %d handshakes", files, len(doc.Handshakes))
				continue
			}
			got := ""
			if found := doc.Handshakes[0].errors(); len(found) > 0 {
				got = strings.Join([]string{found[0].ID, found[0].Confidence, found[0].Fault}, " ")
			}
			if got != want {
				t.Errorf("%v: %q, want %q", files, got, want)
			}
		}
	}
}
