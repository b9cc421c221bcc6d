package secret

import (
	"bytes"
	"crypto/aes"
	"encoding/hex"
	"strings"
	"testing"
)

// TestCCMVectors is RFC 3610, Section 8: packet vectors 1, 2 and 3.
func TestCCMVectors(t *testing.T) {
	unhex := func(s string) []byte {
		b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	block, err := aes.NewCipher(unhex("C0C1C2C3C4C5C6C7C8C9CACBCCCDCECF"))
	if err != nil {
		t.Fatal(err)
	}
	c := &ccm{block, 8, 13}
	for _, test := range []struct{ nonce, additional, plain, sealed string }{
		{"00000003 020100A0 A1A2A3A4 A5", "00010203 04050607", "08090A0B 0C0D0E0F 10111213 14151617 18191A1B 1C1D1E",
			"588C979A 61C663D2 F066D0C2 C0F98980 6D5F6B61 DAC38417 E8D12CFD F926E0"},
		{"00000004 030201A0 A1A2A3A4 A5", "00010203 04050607", "08090A0B 0C0D0E0F 10111213 14151617 18191A1B 1C1D1E1F",
			"72C91A36 E135F8CF 291CA894 085C87E3 CC15C439 C9E43A3B A091D56E 10400916"},
		{"00000005 040302A0 A1A2A3A4 A5", "00010203 04050607", "08090A0B 0C0D0E0F 10111213 14151617 18191A1B 1C1D1E1F 20",
			"51B1E5F4 4A197D1D A46B0F8E 2D282AE8 71E838BB 64DA8596 574ADAA7 6FBD9FB0 C5"},
	} {
		nonce, additional, sealed := unhex(test.nonce), unhex(test.additional), unhex(test.sealed)
		plain, err := c.open(nonce, sealed, additional)
		if err != nil || !bytes.Equal(plain, unhex(test.plain)) {
			t.Errorf("nonce %s: %x, %v", test.nonce, plain, err)
		}
		for i := range sealed {
			changed := bytes.Clone(sealed)
			changed[i] ^= 0x10
			if _, err := c.open(nonce, changed, additional); err == nil {
				t.Errorf("byte %d changed and not noticed", i)
			}
			if _, err := c.open(nonce, sealed[:i], additional); err == nil {
				t.Errorf("cut to %d bytes and not noticed", i)
			}
		}
		if _, err := c.open(nonce, sealed, additional[:7]); err == nil {
			t.Error("other additional data and not noticed")
		}
	}
}
