package wire

import (
	"strings"
	"sync"
)

// SuiteInfo says what a cipher suite is made of. Fields are empty or zero for
// what is not known.
type SuiteInfo struct {
	KeyExchange string // "RSA", "DH", "DHE", "ECDH", "ECDHE", "PSK", "RSA-PSK", "DHE-PSK", "ECDHE-PSK", "SRP", "KRB5", "GOST", "ECC-SM2", "ECDHE-SM2" …, "TLS13" when it is agreed apart
	Auth        string // whose key the server proves: "RSA", "ECDSA", "DSS", "SM2", "GOST", "PSK", "SRP" …, "anon" for none, "any" in TLS 1.3
	Cipher      string // "AES", "3DES", "RC4", "ChaCha20", "Camellia" …, "NULL"
	Mode        string // "GCM", "CCM", "CCM-8", "CBC", "ChaCha20-Poly1305", "stream", "NULL" …
	MAC         string // "MD5", "SHA-1", "SHA-256", "SHA-384", "SM3" …, "AEAD"
	Hash        string // of the PRF in TLS 1.2 and of the key schedule in TLS 1.3
	KeyBits     int    // of the cipher, as it is named (3DES: 168)
	TLS13       bool
	Export      bool    // weakened to 40 or 56 bits
	MinVersion  Version // the first that defines it; TLCP11 for its suites
}

// AEAD reports authenticated encryption.
func (i SuiteInfo) AEAD() bool { return i.MAC == "AEAD" }

// ForwardSecret reports a key exchange whose keys are thrown away.
func (i SuiteInfo) ForwardSecret() bool {
	return i.TLS13 || strings.HasPrefix(i.KeyExchange, "DHE") || strings.HasPrefix(i.KeyExchange, "ECDHE") || i.KeyExchange == "CECPQ1"
}

// Info takes the facts from the name of the suite; the zero value for a number
// that has no name and for a signalling value.
func (c CipherSuite) Info() SuiteInfo { return suiteInfos()[c] }

// suiteInfos is read from the names when it is first asked for.
var suiteInfos = sync.OnceValue(func() map[CipherSuite]SuiteInfo {
	all := map[CipherSuite]SuiteInfo{}
	for c := range CipherSuite(0xffff) {
		if i := c.info(); i != (SuiteInfo{}) {
			all[c] = i
		}
	}
	return all
})

func (c CipherSuite) info() SuiteInfo {
	name := cipherSuiteName(uint16(c))
	if name == "" || c.IsSCSV() {
		return SuiteInfo{}
	}
	name = strings.TrimSuffix(name, " (draft)")
	var i SuiteInfo
	rest := ""
	if kx, cipher, old := strings.Cut(name, "_WITH_"); old {
		rest = cipher
		i.setKeyExchange(strings.TrimPrefix(strings.TrimPrefix(kx, "TLS_"), "SSL_"))
	} else if strings.HasPrefix(name, "TLS_") {
		i.KeyExchange, i.Auth, i.TLS13, rest = "TLS13", "any", true, name[len("TLS_"):]
	} else {
		kx, cipher, _ := strings.Cut(name, "_")
		i.setTLCPKeyExchange(kx)
		rest = cipher
	}
	i.setCipher(strings.Split(rest, "_"))
	i.MinVersion = i.minVersion()
	return i
}

// setKeyExchange takes "ECDHE_RSA", "DH_anon_EXPORT", "SRP_SHA_DSS" apart.
func (i *SuiteInfo) setKeyExchange(kx string) {
	kx, _, i.Export = strings.Cut(kx, "_EXPORT")
	first, second, _ := strings.Cut(kx, "_")
	i.KeyExchange, i.Auth = first, second
	switch {
	case first == "SRP":
		_, i.Auth, _ = strings.Cut(second, "_")
		if i.Auth == "" {
			i.Auth = "SRP"
		}
	case kx == "PSK_DHE" || second == "PSK":
		i.KeyExchange, i.Auth = strings.TrimPrefix(first, "PSK")+"-PSK", "PSK"
		if kx == "PSK_DHE" {
			i.KeyExchange = "DHE-PSK"
		}
	case second == "anon":
		i.KeyExchange += "E" // DH_anon and ECDH_anon are ephemeral
	case strings.HasPrefix(first, "GOST"):
		i.KeyExchange, i.Auth = "GOST", "GOST"
	case second == "" || second == "FIPS":
		i.Auth = first
	}
}

// setTLCPKeyExchange is GB/T 38636, Section 6.4.5.2.1.
func (i *SuiteInfo) setTLCPKeyExchange(kx string) {
	switch kx {
	case "ECC", "ECDHE":
		i.KeyExchange, i.Auth = kx+"-SM2", "SM2"
	case "IBC", "IBSDH":
		i.KeyExchange, i.Auth = kx, "IBC"
	default:
		i.KeyExchange, i.Auth = kx, kx
	}
	i.MinVersion = TLCP11
}

// setCipher takes the part after WITH apart, as AES 128 GCM SHA256.
func (i *SuiteInfo) setCipher(parts []string) {
	i.MAC = hashName(parts[len(parts)-1])
	for _, p := range parts[:len(parts)-1] {
		i.setMode(p)
	}
	switch last := parts[len(parts)-1]; {
	case last == "CCM":
		i.Mode = "CCM"
	case last == "8":
		i.Mode = "CCM-8"
	case parts[0] == "SHA256" || parts[0] == "SHA384":
		i.Mode = "NULL" // RFC 9150: integrity only
	}
	i.setCipherName(parts[0])
	i.Hash = i.MAC
	switch i.Mode {
	case "GCM", "CCM", "CCM-8", "ChaCha20-Poly1305", "AEGIS", "MGM":
		i.MAC = "AEAD"
	}
	if i.Hash == "" || i.Hash == "MD5" || i.Hash == "SHA-1" {
		i.Hash = "SHA-256" // RFC 5246, Section 5: the default PRF
	}
}

func (i *SuiteInfo) setMode(part string) {
	switch part {
	case "GCM", "CBC", "CCM", "MGM":
		i.Mode = part
	case "8":
		i.Mode = "CCM-8"
	case "POLY1305":
		i.Mode = "ChaCha20-Poly1305"
	case "RC4", "SALSA20", "CNT", "CTR":
		i.Mode = "stream"
	case "AEGIS":
		i.Mode = "AEGIS"
	case "NULL":
		i.Mode = "NULL"
	case "SM1":
		i.Mode = "CBC"
	case "40", "56", "64", "128", "256":
		i.KeyBits = int(part[0]-'0')*10 + int(part[1]-'0')
		if len(part) == 3 {
			i.KeyBits = i.KeyBits*10 + int(part[2]-'0')
		}
	case "128L":
		i.KeyBits = 128
	}
}

// setCipherName names the cipher and the key size that its name implies.
func (i *SuiteInfo) setCipherName(name string) {
	bits := 0
	switch name {
	case "CHACHA20":
		i.Cipher, bits = "ChaCha20", 256
	case "CAMELLIA":
		i.Cipher = "Camellia"
	case "3DES":
		i.Cipher, bits = "3DES", 168
	case "DES":
		i.Cipher, bits = "DES", 56
	case "DES40":
		i.Cipher, bits = "DES", 40
	case "SM4", "SM1", "IDEA", "SEED":
		i.Cipher, bits = name, 128
	case "RC2":
		i.Cipher, bits = "RC2", 128
	case "FORTEZZA":
		i.Cipher, bits = "Skipjack", 80
	case "28147":
		i.Cipher, bits = "GOST 28147-89", 256
	case "KUZNYECHIK":
		i.Cipher, bits = "Kuznyechik", 256
	case "MAGMA":
		i.Cipher, bits = "Magma", 256
	case "ESTREAM", "SALSA20":
		i.Cipher, bits = "Salsa20", 256
	case "SHA256", "SHA384":
		i.Cipher = "NULL"
	default:
		i.Cipher = name
	}
	if i.KeyBits == 0 {
		i.KeyBits = bits
	}
}

func hashName(part string) string {
	switch part {
	case "MD5", "SM3", "NULL":
		return part
	case "SHA", "SHA1":
		return "SHA-1"
	case "SHA256":
		return "SHA-256"
	case "SHA384":
		return "SHA-384"
	case "SHA512":
		return "SHA-512"
	case "RMD":
		return "RIPEMD-160"
	case "GOSTR3411", "IMIT", "OMAC":
		return "GOST"
	}
	return ""
}

// minVersion is the first version that defines such a suite.
func (i *SuiteInfo) minVersion() Version {
	switch {
	case i.MinVersion != 0:
		return i.MinVersion
	case i.TLS13:
		return TLS13
	case i.AEAD() || i.MAC == "SHA-256" || i.MAC == "SHA-384":
		return TLS12
	case strings.HasPrefix(i.KeyExchange, "EC") || strings.HasSuffix(i.KeyExchange, "PSK") || i.KeyExchange == "SRP" || i.KeyExchange == "GOST":
		return TLS10
	}
	return SSL30
}
