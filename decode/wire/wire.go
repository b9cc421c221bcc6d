// Package wire turns bytes of TLS, DTLS and their relatives into structs. It
// does no I/O, knows no time and no packets, and judges nothing.
//
// Every parser keeps what was whole when a message is malformed and says what
// was wrong: it returns the struct and, if something was wrong, a *Malformed.
package wire

import "fmt"

// Malformed says why a message could not be read to its end.
type Malformed struct {
	Message string `json:"message"`          // "ClientHello"
	Field   string `json:"field"`            // "cipher_suites"
	Offset  int    `json:"offset"`           // of the field in the message body
	Missing int    `json:"missing,omitzero"` // bytes that were missing; 0 when something else was wrong
	Reason  string `json:"reason"`           // "3 bytes missing", "odd length 7", "5 bytes left over"
}

func (m *Malformed) Error() string {
	return fmt.Sprintf("%s: %s at offset %d: %s", m.Message, m.Field, m.Offset, m.Reason)
}

// Numbered types of the protocol. Name gives the IANA name, or a description
// such as "GREASE (0x0a0a)" or "unknown (0x1234)".
type (
	Version          uint16
	CipherSuite      uint16
	Group            uint16
	SignatureScheme  uint16
	ExtensionType    uint16
	ContentType      uint8
	HandshakeType    uint8
	AlertLevel       uint8
	AlertDescription uint8
)

// Extension is one extension as it came, in its order.
type Extension struct {
	Type ExtensionType
	Data []byte
}

// KeyShare is one entry of key_share.
type KeyShare struct {
	Group  Group
	Length int // of the key exchange data, in bytes
}

// ClientHello is the client's offer (RFC 8446, Section 4.1.2; RFC 5246,
// Section 7.4.1.2; RFC 6347, Section 4.2.1). Lists are as they came, GREASE
// and signalling values included.
type ClientHello struct {
	Length               int // of the handshake message body in bytes
	LegacyVersion        Version
	Random               []byte
	SessionID            []byte
	Cookie               []byte // DTLS
	CipherSuites         []CipherSuite
	CompressionMethods   []byte
	Extensions           []Extension
	ServerName           string // host_name of server_name, raw bytes
	HasServerName        bool   // the extension is there, maybe empty
	SupportedVersions    []Version
	Groups               []Group
	PointFormats         []byte
	SignatureSchemes     []SignatureScheme
	HasSignatureSchemes  bool
	CertSignatures       []SignatureScheme // signature_algorithms_cert
	ALPN                 []string
	KeyShares            []KeyShare
	PSKModes             []byte
	PSKIdentities        int // offered in pre_shared_key
	EarlyData            bool
	PostHandshakeAuth    bool
	ExtendedMasterSecret bool
	RenegotiationInfo    bool // extension 0xff01, or TLS_EMPTY_RENEGOTIATION_INFO_SCSV
	SessionTicket        int  // length of the ticket; -1 without the extension
	StatusRequest        bool
	SCT                  bool
	ECH                  bool // encrypted_client_hello, GREASE or real
	MaxFragmentLength    uint8
	RecordSizeLimit      int
	CompressCertificate  []uint16
	SSLv2                bool     // SSL 2.0 format (RFC 5246, Appendix E.2)
	SSLv2CipherKinds     []uint32 // three-byte kinds of an SSL 2.0 hello
}

// ServerHello is the server's choice; HelloRetryRequest has the same form and
// is told apart by its random (RFC 8446, Section 4.1.3).
type ServerHello struct {
	LegacyVersion        Version
	Version              Version // selected: supported_versions, else LegacyVersion
	Random               []byte
	SessionID            []byte
	CipherSuite          CipherSuite
	CompressionMethod    uint8
	Extensions           []Extension
	HelloRetryRequest    bool
	Group                Group // of key_share; 0 without
	HasGroup             bool
	KeyShareLength       int
	ALPN                 string // TLS 1.2 and before
	HasALPN              bool
	SelectedPSK          int // -1 without pre_shared_key
	ExtendedMasterSecret bool
	RenegotiationInfo    bool
	SessionTicket        bool
	StatusRequest        bool
	EncryptThenMAC       bool
	Cookie               []byte
	ServerNameAck        bool
	DowngradeSentinel    Version // TLS 1.2 or 1.1: what the random says about the server's best (RFC 8446, Section 4.1.3); 0 without
	SSLv2                bool
	SSLv2Certificate     []byte
}

// EncryptedExtensions is RFC 8446, Section 4.3.1.
type EncryptedExtensions struct {
	Extensions []Extension
	ALPN       string
	HasALPN    bool
	EarlyData  bool
	Groups     []Group
}

// Certificate is a certificate chain of either side and any version.
type Certificate struct {
	Certificates [][]byte // DER, as they came; nil when a side has none to give
	OCSP         []byte   // stapled response of the first entry (TLS 1.3)
	Context      []byte
	Compressed   string // "zlib", "brotli", "zstd" when it came compressed (RFC 8879)
}

// CertificateRequest is RFC 5246, Section 7.4.4 and RFC 8446, Section 4.3.2.
type CertificateRequest struct {
	CertificateTypes []byte
	SignatureSchemes []SignatureScheme
	Authorities      [][]byte // DER of the distinguished names
	Context          []byte
	Extensions       []Extension
}

// KeyExchange is a ServerKeyExchange (RFC 5246, Section 7.4.3; RFC 8422, Section 5.4).
type KeyExchange struct {
	Kind         string // "ECDHE", "DHE", "PSK", "SRP", "ECC-SM2" …, "unknown"
	CurveType    uint8
	Group        Group // ECDHE named curve, or the named FFDHE group that the prime equals; 0 for a custom one
	PrimeBits    int   // DHE
	Prime        []byte
	Generator    []byte
	PublicKey    []byte
	Scheme       SignatureScheme // TLS 1.2 signatures; see HasScheme
	HasScheme    bool
	Signature    []byte
	Params       []byte // the signed bytes after the two randoms
	IdentityHint string
}

// CertificateVerify is RFC 8446, Section 4.4.3 and RFC 5246, Section 7.4.8.
type CertificateVerify struct {
	Scheme    SignatureScheme
	HasScheme bool
	Signature []byte
}

// ClientKeyExchange is RFC 5246, Section 7.4.7.
type ClientKeyExchange struct {
	Length      int
	PSKIdentity string // PSK suites
}

// NewSessionTicket is RFC 8446, Section 4.6.1 and RFC 5077, Section 3.3.
type NewSessionTicket struct {
	Lifetime uint32 // seconds
	Length   int    // of the ticket
}

// CertificateStatus is a stapled OCSP response (RFC 6066, Section 8).
type CertificateStatus struct {
	Type uint8
	OCSP []byte
}

// HelloVerifyRequest is RFC 6347, Section 4.2.1.
type HelloVerifyRequest struct {
	Version Version
	Cookie  []byte
}
