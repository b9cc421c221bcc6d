package decode

import (
	"crypto/x509"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tlswhy/decode/wire"
)

// spoken is what one address said: types of handshake messages, alerts as
// level/description, and serial numbers of certificates, each in order.
type spoken map[string][]string

func (s spoken) add(from, kind, value string) {
	s[from+" "+kind] = append(s[from+" "+kind], value)
}

// decryptable lists the captures with a key log beside them, by capture.
func decryptable(t *testing.T) map[string]string {
	t.Helper()
	captures := map[string]string{}
	for _, pattern := range []string{"../testdata/*/*.keys", "../../shared/lab/*.keys"} {
		logs, _ := filepath.Glob(pattern)
		for _, keys := range logs {
			stem := strings.TrimSuffix(keys, ".keys")
			for _, name := range []string{stem, stem + ".pcap", stem + ".pcapng"} {
				if _, err := os.Stat(name); err == nil {
					captures[name] = keys
				}
			}
		}
	}
	if len(captures) == 0 {
		t.Fatal("no captures with keys")
	}
	return captures
}

// sharkSays is what tshark reads of a capture with a key log.
func sharkSays(t *testing.T, tshark, name, keys string) spoken {
	t.Helper()
	args := []string{"-n", "-r", name, "-o", "tls.keylog_file:" + keys, "-o", "tcp.reassemble_out_of_order:TRUE", "-T", "fields", "-E", "separator=|"}
	fields := []string{"ip.src", "ipv6.src", "tcp.srcport", "udp.srcport", "tls.handshake.type", "dtls.handshake.type", "tls.alert_message.level",
		"tls.alert_message.desc", "dtls.alert_message.level", "dtls.alert_message.desc", "x509af.serialNumber", "dtls.handshake.fragment_offset"}
	for _, f := range fields {
		args = append(args, "-e", f)
	}
	out, err := exec.Command(tshark, args...).Output()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	s := spoken{}
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "|")
		if len(f) != len(fields) {
			t.Fatalf("%s: %q", name, line)
		}
		s.row(f)
	}
	return s
}

// row takes the fields of one frame.
func (s spoken) row(f []string) {
	split := func(v string) []string { return strings.FieldsFunc(v, func(r rune) bool { return r == ',' }) }
	from := f[0] + f[1] + " " + f[2] + f[3]
	for _, v := range split(f[4]) {
		s.add(from, "handshake", v)
	}
	offsets := split(f[11])
	for i, v := range split(f[5]) { // one for each fragment
		if i >= len(offsets) || offsets[i] == "0" {
			s.add(from, "handshake", v)
		}
	}
	levels, descriptions := append(split(f[6]), split(f[8])...), append(split(f[7]), split(f[9])...)
	for i, v := range descriptions {
		if i < len(levels) {
			s.add(from, "alert", levels[i]+"/"+v)
		}
	}
	for _, v := range split(f[10]) {
		s.add(from, "serial", strings.TrimLeft(strings.TrimPrefix(v, "0x"), "0"))
	}
}

// handshakeTypes are the types of the messages that are told by kind.
var handshakeTypes = map[Kind]wire.HandshakeType{"hello_request": 0, "client_hello": 1, "server_hello": 2, "hello_verify_request": 3,
	"new_session_ticket": 4, "encrypted_extensions": 8, "certificate": 11, "server_key_exchange": 12, "certificate_request": 13,
	"server_hello_done": 14, "certificate_verify": 15, "client_key_exchange": 16, "finished": 20, "certificate_status": 22, "key_update": 24}

// weSay is what decode tells of a capture with a key log.
func weSay(t *testing.T, name, keys string) (s spoken, decrypted bool) {
	t.Helper()
	pcap, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	secrets, err := os.ReadFile(keys)
	if err != nil {
		t.Fatal(err)
	}
	s = spoken{}
	for _, h := range followPcap(t, pcap, secrets) {
		decrypted = decrypted || h.Decrypted
		ends := [...]netip.AddrPort{h.Client, h.Server}
		for i := range h.Events {
			if e := &h.Events[i]; e.From < Network {
				s.event(fmt.Sprintf("%v %d", ends[e.From].Addr(), ends[e.From].Port()), e)
			}
		}
	}
	return s, decrypted
}

func (s spoken) event(from string, e *Event) {
	if f, ok := e.Message.(Finished); ok && f.Inferred {
		return
	}
	if typ, ok := handshakeTypes[e.Message.kind()]; ok {
		s.add(from, "handshake", strconv.Itoa(int(typ)))
	}
	switch m := e.Message.(type) {
	case Alert:
		if m.Level != 0 {
			s.add(from, "alert", fmt.Sprintf("%d/%d", m.Level, m.Description))
		}
	case Certificate:
		for _, c := range m.Certificates {
			if x, err := x509.ParseCertificate(c); err == nil {
				s.add(from, "serial", fmt.Sprintf("%x", x.SerialNumber))
			}
		}
	}
}

// TestKeysAsTshark compares what a key log reveals with what tshark reads with
// the same one.
func TestKeysAsTshark(t *testing.T) {
	if testing.Short() {
		t.Skip("tshark takes a second for each capture")
	}
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("no tshark")
	}
	for name, keys := range decryptable(t) {
		theirs := sharkSays(t, tshark, name, keys)
		ours, decrypted := weSay(t, name, keys)
		if len(theirs) == 0 || !decrypted {
			t.Errorf("%s: tshark reads %d kinds of things, here something was decrypted: %v", name, len(theirs), decrypted)
		}
		for what := range theirs {
			if !slices.Equal(theirs[what], ours[what]) {
				t.Errorf("%s: %s: tshark %v, here %v", filepath.Base(name), what, theirs[what], ours[what])
			}
		}
		for what := range ours {
			if theirs[what] == nil {
				t.Errorf("%s: %s: tshark nothing, here %v", filepath.Base(name), what, ours[what])
			}
		}
	}
}
