package secret

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"tlswhy/decode/wire"
)

const (
	someRandom = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	someSecret = "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
	someMaster = someSecret + "e0e1e2e3e4e5e6e7e8e9eaebecedeeef"
)

func TestLogLines(t *testing.T) {
	long := "SERVER_TRAFFIC_SECRET_0 " + someRandom + " " + strings.Repeat("ab", 600) + "\n"
	for _, test := range []struct {
		name, in string
		want     Stats
		kinds    []Kind
	}{
		{"nothing", "", Stats{}, nil},
		{"comments and empty lines", "# SSL/TLS secrets log file\n\n  \r\n#\n", Stats{}, nil},
		{"master secret", "CLIENT_RANDOM " + someRandom + " " + someMaster + "\n", Stats{Secrets: 1}, []Kind{Master}},
		{"carriage returns, tabs, capitals, no last newline", "CLIENT_RANDOM\t" + strings.ToUpper(someRandom) + "  " + strings.ToUpper(someMaster) + "\r", Stats{Secrets: 1}, []Kind{Master}},
		{"byte order mark", "\xef\xbb\xbfCLIENT_RANDOM " + someRandom + " " + someMaster + "\n", Stats{Secrets: 1}, []Kind{Master}},
		{"TLS 1.3", "CLIENT_HANDSHAKE_TRAFFIC_SECRET " + someRandom + " " + someSecret + "\nSERVER_HANDSHAKE_TRAFFIC_SECRET " + someRandom + " " + someMaster +
			"\nCLIENT_TRAFFIC_SECRET_0 " + someRandom + " " + someSecret + "\nSERVER_TRAFFIC_SECRET_0 " + someRandom + " " + someSecret +
			"\nCLIENT_EARLY_TRAFFIC_SECRET " + someRandom + " " + someSecret + "\nEXPORTER_SECRET " + someRandom + " " + someSecret + "\nEARLY_EXPORTER_SECRET " + someRandom + " " + someSecret + "\n",
			Stats{Secrets: 7}, []Kind{ClientEarly, ClientHandshake, ServerHandshake, ClientTraffic, ServerTraffic, EarlyExporter, Exporter}},
		{"RSA", "RSA 0123456789abcdef " + someMaster + "\nRSA Session-ID:00 Master-Key:00\n", Stats{RSA: 2}, nil},
		{"not used", "ECH_SECRET " + someRandom + " " + someSecret + "\n", Stats{Other: 1}, nil},
		{"master secret of the wrong length", "CLIENT_RANDOM " + someRandom + " " + someSecret + "\n", Stats{Bad: 1}, nil},
		{"traffic secret of the wrong length", "CLIENT_TRAFFIC_SECRET_0 " + someRandom + " " + someSecret[2:] + "\n", Stats{Bad: 1}, nil},
		{"short random", "CLIENT_RANDOM " + someRandom[2:] + " " + someMaster + "\n", Stats{Bad: 1}, nil},
		{"no hexadecimal", "CLIENT_RANDOM " + someRandom + " x" + someMaster[1:] + "\n", Stats{Bad: 1}, nil},
		{"odd digits", "CLIENT_RANDOM " + someRandom + " " + someMaster[1:] + "\n", Stats{Bad: 1}, nil},
		{"junk between", "hello\x00\xff\nCLIENT_RANDOM " + someRandom + " " + someMaster + "\none two three four\n", Stats{Secrets: 1, Bad: 2}, []Kind{Master}},
		{"line too long", long + "CLIENT_RANDOM " + someRandom + " " + someMaster + "\n", Stats{Secrets: 1, Bad: 1}, []Kind{Master}},
	} {
		var added, read Log
		added.Add([]byte(test.in))
		if _, err := read.ReadFrom(strings.NewReader(test.in + "\n")); err != nil {
			t.Fatal(err)
		}
		random, _ := hex.DecodeString(someRandom)
		for how, log := range map[string]*Log{"Add": &added, "ReadFrom": &read} {
			if log.Stats() != test.want {
				t.Errorf("%s, %s: %+v, want %+v", test.name, how, log.Stats(), test.want)
			}
			s, ok := log.Lookup(random)
			if ok != (len(test.kinds) > 0) {
				t.Errorf("%s, %s: found %v", test.name, how, ok)
			}
			for _, k := range test.kinds {
				if !s.Has(k) {
					t.Errorf("%s, %s: no secret %d", test.name, how, k)
				}
			}
		}
	}
}

// TestLogGrows cuts a log at every byte and reads it in two parts.
func TestLogGrows(t *testing.T) {
	whole := "# log\r\nCLIENT_RANDOM " + someRandom + " " + someMaster + "\nCLIENT_TRAFFIC_SECRET_0 " + someRandom + " " + someMaster + "\n"
	random, _ := hex.DecodeString(someRandom)
	for cut := range len(whole) + 1 {
		var log Log
		for _, part := range []string{whole[:cut], "", whole[cut:]} {
			if _, err := log.ReadFrom(strings.NewReader(part)); err != nil {
				t.Fatal(err)
			}
		}
		s, _ := log.Lookup(random)
		if log.Stats() != (Stats{Secrets: 2}) || len(s.Traffic(ClientTraffic)) != 48 || !s.Has(Master) {
			t.Fatalf("cut at %d: %+v, secret of %d bytes", cut, log.Stats(), len(s.Traffic(ClientTraffic)))
		}
	}
	var log Log // the last line is used before its newline is there
	if _, err := log.ReadFrom(strings.NewReader(strings.TrimSpace(whole))); err != nil {
		t.Fatal(err)
	}
	if s, _ := log.Lookup(random); !s.Has(ClientTraffic) {
		t.Error("a whole last line without newline is not used")
	}
}

func TestLogIsBounded(t *testing.T) {
	var log Log
	const most = 100
	log.state().most = most
	line := func(i int) []byte { return fmt.Appendf(nil, "CLIENT_RANDOM %064x %s\n", i, someMaster) }
	for i := range most + 10 {
		log.Add(line(i))
	}
	if log.Len() != most || log.Stats().Evicted != 10 {
		t.Fatalf("%d connections, %+v", log.Len(), log.Stats())
	}
	for i, want := range map[int]bool{0: false, 9: false, 10: true, most + 9: true} {
		random, _ := hex.DecodeString(fmt.Sprintf("%064x", i))
		if _, ok := log.Lookup(random); ok != want {
			t.Errorf("connection %d: found %v", i, ok)
		}
	}
}

// TestSecretsAreNotPrinted prints everything in every way.
func TestSecretsAreNotPrinted(t *testing.T) {
	var log Log
	log.Add([]byte("CLIENT_RANDOM " + someRandom + " " + someMaster + "\nCLIENT_TRAFFIC_SECRET_0 " + someRandom + " " + someSecret + "\n"))
	random, _ := hex.DecodeString(someRandom)
	s, _ := log.Lookup(random)
	tls12, err := NewSession(Params{Version: wire.TLS12, Suite: 0x009c, ClientRandom: random, ServerRandom: random}, s)
	if err != nil {
		t.Fatal(err)
	}
	tls13, err := NewSession(Params{Version: wire.TLS13, Suite: 0x1301}, s)
	if err != nil {
		t.Fatal(err)
	}
	_, failed := tls13.Open(Client, []byte{23, 3, 3, 0, 20}, make([]byte, 20))
	if !errors.Is(failed, ErrAuthentication) {
		t.Fatal(failed)
	}
	secret, _ := hex.DecodeString(someSecret)
	for _, v := range []any{log, &log, s, &s, tls12, *tls12, tls13, *tls13, failed} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%x", "%X", "%q", "%d"} {
			checkHidden(t, fmt.Sprintf(format, v), secret)
		}
		b, _ := json.Marshal(v)
		checkHidden(t, string(b), secret)
	}
}

func checkHidden(t *testing.T, out string, secret []byte) {
	t.Helper()
	four := fmt.Sprint(secret[:4])
	for _, form := range []string{hex.EncodeToString(secret[:4]), string(secret[:4]), four[1 : len(four)-1], "0xc0, 0xc1", `\xc0\xc1`} {
		if strings.Contains(strings.ToLower(out), form) {
			t.Errorf("a secret is shown: %.200q", out)
		}
	}
}

func FuzzLog(f *testing.F) {
	f.Add([]byte("CLIENT_RANDOM "+someRandom+" "+someMaster+"\n"), 10)
	f.Add([]byte("RSA x y\n\xef\xbb\xbf#\nCLIENT_TRAFFIC_SECRET_0 "+someRandom+" "+someSecret), 3)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		var one, two Log
		whole := append(bytes.Clone(b), '\n')
		one.Add(whole)
		at := max(0, min(cut, len(whole)))
		for _, part := range [][]byte{whole[:at], whole[at:]} {
			if _, err := two.ReadFrom(bytes.NewReader(part)); err != nil {
				t.Fatal(err)
			}
		}
		if one.Stats() != two.Stats() {
			t.Fatalf("in one part %+v, in two %+v", one.Stats(), two.Stats())
		}
		if one.Len() > one.Stats().Secrets {
			t.Fatalf("%d connections of %d secrets", one.Len(), one.Stats().Secrets)
		}
	})
}
