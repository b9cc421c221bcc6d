// Package wire turns bytes of TLS, DTLS and their relatives into structs. It
// does no I/O, knows no time and no packets, and judges nothing.
//
// Every parser keeps what was whole when a message is malformed and says what
// was wrong: it returns the struct and, if something was wrong, a *Malformed.
// Byte slices in the structs alias the bytes that were given; strings do not.
package wire

//go:generate go run gen.go -codepoints ../../../shared/codepoints

import "fmt"

// Malformed says why a message could not be read to its end. It is data of the
// capture, not a failure of the program; the first trouble is the one kept.
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

// isGREASE is RFC 8701, Section 2: both bytes alike, low nibble a.
func isGREASE(v uint16) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff }

// codePointName is what a 16-bit code point is called when the table has name
// for it, and when it has none.
func codePointName(name string, v uint16, private bool) string {
	switch {
	case name != "":
		return name
	case isGREASE(v):
		return fmt.Sprintf("GREASE (0x%04x)", v)
	case private:
		return fmt.Sprintf("private use (0x%04x)", v)
	}
	return fmt.Sprintf("unknown (0x%04x)", v)
}
