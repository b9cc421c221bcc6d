package wire

import "testing"

func types(list ...ExtensionType) []Extension {
	var e []Extension
	for _, t := range list {
		e = append(e, Extension{Type: t})
	}
	return e
}

// The examples of the publication of JA3; the server part is MD5 by another tool.
func TestJA3(t *testing.T) {
	h := ClientHello{
		LegacyVersion: TLS10,
		CipherSuites:  []CipherSuite{0x0a0a, 47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4},
		Extensions:    types(0, 0x3a3a, 10, 11), Groups: []Group{23, 24, 25}, PointFormats: []byte{0},
	}
	if s := h.JA3(); s != "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0" || h.JA3Hash() != "ada70206e40642a3e4461f35503241d5" {
		t.Errorf("got %s %s", s, h.JA3Hash())
	}
	h = ClientHello{LegacyVersion: TLS10, CipherSuites: []CipherSuite{4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99}}
	if s := h.JA3(); s != "769,4-5-10-9-100-98-3-6-19-18-99,,," || h.JA3Hash() != "de350869b8c85de67a350c8d186f11e6" {
		t.Errorf("got %s %s", s, h.JA3Hash())
	}
	s := ServerHello{LegacyVersion: TLS10, CipherSuite: 47, Extensions: types(65281, 0, 11, 35, 5, 16)}
	if s.JA3S() != "769,47,65281-0-11-35-5-16" || s.JA3SHash() != "836ce314215654b5b1f85f97c73e506f" {
		t.Errorf("got %s %s", s.JA3S(), s.JA3SHash())
	}
	if old := (ClientHello{SSLv2: true}); old.JA3() != "" || old.JA3Hash() != "" {
		t.Error("SSL 2.0 has a JA3")
	}
}

// chrome is the example of the method's publication, in another order.
func chrome() ClientHello {
	return ClientHello{
		LegacyVersion:     TLS12,
		SupportedVersions: []Version{0x1a1a, TLS13, TLS12},
		CipherSuites: []CipherSuite{0x2a2a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8,
			0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035},
		Extensions: types(0x1a1a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023,
			0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015, 0xaaaa),
		SignatureSchemes: []SignatureScheme{0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601},
		ALPN:             []string{"h2", "http/1.1"},
	}
}

func TestJA4(t *testing.T) {
	h := chrome()
	if got := h.JA4('t'); got != "t13d1516h2_8daaf6152771_e5627efa2ab1" {
		t.Errorf("got %s", got)
	}
	if h.CipherSuites[0] != 0x2a2a || h.Extensions[1].Type != 0x001b {
		t.Error("the hello was changed")
	}
	for _, test := range []struct {
		alpn []string
		want string
	}{{nil, "00"}, {[]string{""}, "00"}, {[]string{"h"}, "hh"}, {[]string{"http/1.1"}, "h1"}, {[]string{"\xab"}, "ab"}, {[]string{"0\xcd"}, "3d"}, {[]string{"h2-"}, "6d"}} {
		if got := ja4ALPN(test.alpn); got != test.want {
			t.Errorf("%q: got %s, want %s", test.alpn, got, test.want)
		}
	}
	if got := (ClientHello{LegacyVersion: DTLS12}).JA4('d'); got != "dd2i000000_000000000000_000000000000" {
		t.Errorf("empty: %s", got)
	}
}
