package wire

import "fmt"

// Types of handshake messages (RFC 8446, Section 4; RFC 5246, Section 7.4).
const (
	TypeHelloRequest          HandshakeType = 0
	TypeClientHello           HandshakeType = 1
	TypeServerHello           HandshakeType = 2
	TypeHelloVerifyRequest    HandshakeType = 3
	TypeNewSessionTicket      HandshakeType = 4
	TypeEndOfEarlyData        HandshakeType = 5
	TypeHelloRetryRequest     HandshakeType = 6 // drafts of TLS 1.3 before 22
	TypeEncryptedExtensions   HandshakeType = 8
	TypeCertificate           HandshakeType = 11
	TypeServerKeyExchange     HandshakeType = 12
	TypeCertificateRequest    HandshakeType = 13
	TypeServerHelloDone       HandshakeType = 14
	TypeCertificateVerify     HandshakeType = 15
	TypeClientKeyExchange     HandshakeType = 16
	TypeFinished              HandshakeType = 20
	TypeCertificateURL        HandshakeType = 21
	TypeCertificateStatus     HandshakeType = 22
	TypeKeyUpdate             HandshakeType = 24
	TypeCompressedCertificate HandshakeType = 25
	TypeNextProtocol          HandshakeType = 67
	TypeMessageHash           HandshakeType = 254
)

// HandshakeHeaderLen is the length of a handshake header on a stream, in bytes.
const HandshakeHeaderLen = 4

// HandshakeHeader is the header of a handshake message (RFC 8446, Section 4).
type HandshakeHeader struct {
	Type   HandshakeType
	Length int // of the body, in bytes
}

// ParseHandshakeHeader reads the header at the start of b; false when fewer
// than HandshakeHeaderLen bytes are there. It judges nothing.
func ParseHandshakeHeader(b []byte) (HandshakeHeader, bool) {
	if len(b) < HandshakeHeaderLen {
		return HandshakeHeader{}, false
	}
	return HandshakeHeader{Type: HandshakeType(b[0]), Length: uint24(b[1:])}, true
}

func uint24(b []byte) int { return int(b[0])<<16 | int(b[1])<<8 | int(b[2]) }

// Name is the IANA name, as "client_hello".
func (t HandshakeType) Name() string {
	if name := handshakeTypeName(uint8(t)); name != "" {
		return name
	}
	return fmt.Sprintf("unknown (%d)", uint8(t))
}

func (t HandshakeType) String() string { return t.Name() }

// Known reports whether the number has a name.
func (t HandshakeType) Known() bool { return handshakeTypeName(uint8(t)) != "" }
