package wire

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	for _, test := range []struct {
		got, want string
	}{
		{TLS12.Name(), "TLS 1.2"}, {SSL30.String(), "SSL 3.0"}, {SSL20.Name(), "SSL 2.0"}, {TLCP11.Name(), "TLCP 1.1"},
		{DTLS10.Name(), "DTLS 1.0"}, {DTLS13.Name(), "DTLS 1.3"}, {DTLSCisco.Name(), "DTLS before 1.0"},
		{Version(0x7f17).Name(), "TLS 1.3 draft 23"}, {Version(0xfb1a).Name(), "TLS 1.3 draft 26 (Fizz)"},
		{Version(0x8a8b).Name(), "unknown (0x8a8b)"}, {Version(0xaaaa).Name(), "GREASE (0xaaaa)"},
		{CipherSuite(0xc02f).Name(), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"}, {CipherSuite(0x0034).Name(), "TLS_DH_anon_WITH_AES_128_CBC_SHA"},
		{FallbackSCSV.Name(), "TLS_FALLBACK_SCSV"}, {CipherSuite(0x0a0a).Name(), "GREASE (0x0a0a)"},
		{CipherSuite(0xff12).Name(), "private use (0xff12)"}, {CipherSuite(0x1234).Name(), "unknown (0x1234)"},
		{CipherSuite(0xe013).Name(), "ECC_SM4_CBC_SM3"}, {SSLv2Cipher(0x010080).Name(), "SSLv20_CK_RC4_128_WITH_MD5"},
		{SSLv2Cipher(0x000035).Name(), "TLS_RSA_WITH_AES_256_CBC_SHA"}, {SSLv2Cipher(0xffffff).Name(), "unknown (0xffffff)"},
		{X25519.Name(), "x25519"}, {X25519MLKEM768.Name(), "X25519MLKEM768"}, {Group(0xfe77).Name(), "private use (0xfe77)"},
		{SignatureScheme(0x0804).Name(), "rsa_pss_rsae_sha256"}, {SignatureScheme(0x0402).Name(), "dsa_sha256"},
		{ExtSessionTicket.Name(), "session_ticket"}, {ExtECH.Name(), "encrypted_client_hello"}, {ExtensionType(0x9999).Name(), "unknown (0x9999)"},
		{AlertDescription(48).Name(), "unknown_ca"}, {AlertDescription(109).Name(), "missing_extension"}, {AlertDescription(7).Name(), "unknown (7)"},
		{AlertFatal.Name(), "fatal"}, {AlertLevel(9).Name(), "unknown (9)"}, {TypeClientHello.Name(), "client_hello"}, {HandshakeType(99).Name(), "unknown (99)"},
		{TypeHandshake.Name(), "handshake"}, {ContentType(99).Name(), "unknown (99)"}, {CompressionBrotli.Name(), "brotli"}, {CertificateTypeName(64), "ecdsa_sign"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

// Every number has a name, and never an empty one.
func TestNamesOfAll(t *testing.T) {
	for i := range 1 << 16 {
		v := uint16(i)
		for _, name := range []string{Version(v).Name(), CipherSuite(v).Name(), Group(v).Name(), SignatureScheme(v).Name(), ExtensionType(v).Name()} {
			if name == "" || isGREASE(v) && !strings.HasPrefix(name, "GREASE") {
				t.Fatalf("0x%04x: %q", v, name)
			}
		}
	}
}

func TestVersions(t *testing.T) {
	for _, test := range []struct {
		v, tls Version
		dtls   bool
	}{
		{SSL30, SSL30, false}, {TLS12, TLS12, false}, {TLS13, TLS13, false}, {0x7f1c, TLS13, false}, {0xfb17, TLS13, false},
		{DTLS10, TLS11, true}, {DTLS12, TLS12, true}, {DTLS13, TLS13, true}, {DTLSCisco, TLS11, true}, {TLCP11, TLCP11, false}, {0, 0, false},
	} {
		if test.v.TLS() != test.tls || test.v.IsDTLS() != test.dtls || test.v.Is13() != (test.tls == TLS13) {
			t.Errorf("%v: as %v, DTLS %v", test.v, test.v.TLS(), test.v.IsDTLS())
		}
	}
}

func TestGroups(t *testing.T) {
	for _, test := range []struct {
		g    Group
		bits int
		pq   bool
	}{{Secp256r1, 256, false}, {Secp521r1, 521, false}, {1, 163, false}, {14, 571, false}, {19, 192, false}, {28, 512, false}, {X25519, 255, false},
		{FFDHE3072, 3072, false}, {X25519MLKEM768, 0, true}, {513, 0, true}, {25497, 0, true}, {16696, 0, true}, {0x1a1a, 0, false}, {0xff01, 0, false}} {
		if test.g.Bits() != test.bits || test.g.IsPQ() != test.pq {
			t.Errorf("%v: %d bits, post-quantum %v", test.g, test.g.Bits(), test.g.IsPQ())
		}
	}
}

func TestSignatureSchemes(t *testing.T) {
	for _, test := range []struct {
		s         SignatureScheme
		key, hash string
		weak      bool
	}{{0x0804, "RSA", "SHA-256", false}, {0x080b, "RSA-PSS", "SHA-512", false}, {0x0201, "RSA", "SHA-1", true}, {0x0403, "ECDSA", "SHA-256", false},
		{0x0402, "DSA", "SHA-256", true}, {0x0807, "Ed25519", "none", false}, {0x0708, "SM2", "SM3", false}, {0x0904, "ML-DSA", "none", false},
		{0x0420, "RSA", "SHA-256", false}, {0x9999, "", "", false}} {
		if test.s.Key() != test.key || test.s.Hash() != test.hash || test.s.IsWeak() != test.weak {
			t.Errorf("%v: key %q, hash %q, weak %v", test.s, test.s.Key(), test.s.Hash(), test.s.IsWeak())
		}
	}
}

func TestSuiteInfo(t *testing.T) {
	for _, test := range []struct {
		c    CipherSuite
		want SuiteInfo
	}{
		{0xc02f, SuiteInfo{"ECDHE", "RSA", "AES", "GCM", "AEAD", "SHA-256", 128, false, false, TLS12}},
		{0xc014, SuiteInfo{"ECDHE", "RSA", "AES", "CBC", "SHA-1", "SHA-256", 256, false, false, TLS10}},
		{0xc024, SuiteInfo{"ECDHE", "ECDSA", "AES", "CBC", "SHA-384", "SHA-384", 256, false, false, TLS12}},
		{0x1302, SuiteInfo{"TLS13", "any", "AES", "GCM", "AEAD", "SHA-384", 256, true, false, TLS13}},
		{0x1303, SuiteInfo{"TLS13", "any", "ChaCha20", "ChaCha20-Poly1305", "AEAD", "SHA-256", 256, true, false, TLS13}},
		{0x1305, SuiteInfo{"TLS13", "any", "AES", "CCM-8", "AEAD", "SHA-256", 128, true, false, TLS13}},
		{0x00c6, SuiteInfo{"TLS13", "any", "SM4", "GCM", "AEAD", "SM3", 128, true, false, TLS13}},
		{0xc0b4, SuiteInfo{"TLS13", "any", "NULL", "NULL", "SHA-256", "SHA-256", 0, true, false, TLS13}},
		{0xcca8, SuiteInfo{"ECDHE", "RSA", "ChaCha20", "ChaCha20-Poly1305", "AEAD", "SHA-256", 256, false, false, TLS12}},
		{0xcc14, SuiteInfo{"ECDHE", "ECDSA", "ChaCha20", "ChaCha20-Poly1305", "AEAD", "SHA-256", 256, false, false, TLS12}},
		{0xc0a0, SuiteInfo{"RSA", "RSA", "AES", "CCM-8", "AEAD", "SHA-256", 128, false, false, TLS12}},
		{0xc09d, SuiteInfo{"RSA", "RSA", "AES", "CCM", "AEAD", "SHA-256", 256, false, false, TLS12}},
		{0x000a, SuiteInfo{"RSA", "RSA", "3DES", "CBC", "SHA-1", "SHA-256", 168, false, false, SSL30}},
		{0x0003, SuiteInfo{"RSA", "RSA", "RC4", "stream", "MD5", "SHA-256", 40, false, true, SSL30}},
		{0x0062, SuiteInfo{"RSA", "RSA", "DES", "CBC", "SHA-1", "SHA-256", 56, false, true, SSL30}},
		{0x0014, SuiteInfo{"DHE", "RSA", "DES", "CBC", "SHA-1", "SHA-256", 40, false, true, SSL30}},
		{0x0034, SuiteInfo{"DHE", "anon", "AES", "CBC", "SHA-1", "SHA-256", 128, false, false, SSL30}},
		{0x0019, SuiteInfo{"DHE", "anon", "DES", "CBC", "SHA-1", "SHA-256", 40, false, true, SSL30}},
		{0x000d, SuiteInfo{"DH", "DSS", "3DES", "CBC", "SHA-1", "SHA-256", 168, false, false, SSL30}},
		{0xc001, SuiteInfo{"ECDH", "ECDSA", "NULL", "NULL", "SHA-1", "SHA-256", 0, false, false, TLS10}},
		{0x008c, SuiteInfo{"PSK", "PSK", "AES", "CBC", "SHA-1", "SHA-256", 128, false, false, TLS10}},
		{0x00ac, SuiteInfo{"RSA-PSK", "PSK", "AES", "GCM", "AEAD", "SHA-256", 128, false, false, TLS12}},
		{0xc0aa, SuiteInfo{"DHE-PSK", "PSK", "AES", "CCM-8", "AEAD", "SHA-256", 128, false, false, TLS12}},
		{0xd001, SuiteInfo{"ECDHE-PSK", "PSK", "AES", "GCM", "AEAD", "SHA-256", 128, false, false, TLS12}},
		{0xc01b, SuiteInfo{"SRP", "RSA", "3DES", "CBC", "SHA-1", "SHA-256", 168, false, false, TLS10}},
		{0xc01a, SuiteInfo{"SRP", "SRP", "3DES", "CBC", "SHA-1", "SHA-256", 168, false, false, TLS10}},
		{0x0081, SuiteInfo{"GOST", "GOST", "GOST 28147-89", "stream", "GOST", "GOST", 256, false, false, TLS10}},
		{0xe013, SuiteInfo{"ECC-SM2", "SM2", "SM4", "CBC", "SM3", "SM3", 128, false, false, TLCP11}},
		{0xe051, SuiteInfo{"ECDHE-SM2", "SM2", "SM4", "GCM", "AEAD", "SM3", 128, false, false, TLCP11}},
		{0xe01c, SuiteInfo{"RSA", "RSA", "SM4", "CBC", "SHA-256", "SHA-256", 128, false, false, TLCP11}},
		{0xfeff, SuiteInfo{"RSA", "RSA", "3DES", "CBC", "SHA-1", "SHA-256", 168, false, false, SSL30}},
		{0x00ff, SuiteInfo{}}, {0x5600, SuiteInfo{}}, {0x1234, SuiteInfo{}}, {0x0a0a, SuiteInfo{}},
	} {
		if got := test.c.Info(); got != test.want {
			t.Errorf("%v:\ngot  %+v\nwant %+v", test.c, got, test.want)
		}
	}
}

// Facts must come out of every name that the tables hold.
func TestSuiteInfoOfAll(t *testing.T) {
	n := 0
	for i := range 1 << 16 {
		c := CipherSuite(i)
		if !c.Known() || c.IsSCSV() {
			continue
		}
		n++
		info := c.Info()
		if info.KeyExchange == "" || info.Auth == "" || info.Cipher == "" || info.Mode == "" || info.MAC == "" || info.Hash == "" || info.MinVersion == 0 ||
			info.KeyBits == 0 && info.Cipher != "NULL" {
			t.Errorf("%v: %+v", c, info)
		}
	}
	if n < 400 {
		t.Errorf("%d suites", n)
	}
}

// What is generated must be what the tables give today, where they are at hand.
func TestGeneratedNames(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the generator")
	}
	tables := "../../../shared/codepoints"
	if _, err := os.Stat(tables); err != nil {
		t.Skip("no tables of code points beside the project")
	}
	out := filepath.Join(t.TempDir(), "codepoints_gen.go")
	if msg, err := exec.Command("go", "run", "gen.go", "-codepoints", tables, "-o", out).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, msg)
	}
	want, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("codepoints_gen.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("codepoints_gen.go is stale: go generate ./decode/wire")
	}
}
