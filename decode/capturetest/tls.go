package capturetest

import "encoding/binary"

// Versions of TLS as they stand in records and hellos.
const (
	SSL30 uint16 = 0x0300
	TLS10 uint16 = 0x0301
	TLS11 uint16 = 0x0302
	TLS12 uint16 = 0x0303
	TLS13 uint16 = 0x0304
)

// Content types of records (RFC 8446, Section 5.1).
const (
	TypeChangeCipherSpec uint8 = 20
	TypeAlert            uint8 = 21
	TypeHandshake        uint8 = 22
	TypeApplicationData  uint8 = 23
)

// Record puts a payload into records of at most 2^14 bytes.
func Record(contentType uint8, version uint16, payload []byte) []byte {
	return RecordsOf(1<<14, contentType, version, payload)
}

// RecordsOf puts a payload into records of at most n bytes.
func RecordsOf(n int, contentType uint8, version uint16, payload []byte) []byte {
	var out []byte
	for {
		part := payload[:min(len(payload), n)]
		payload = payload[len(part):]
		out = append(out, contentType)
		out = binary.BigEndian.AppendUint16(out, version)
		out = binary.BigEndian.AppendUint16(out, uint16(len(part)))
		out = append(out, part...)
		if len(payload) == 0 {
			return out
		}
	}
}

// Join returns the parts one after the other.
func Join(parts ...[]byte) []byte {
	var out []byte
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// Message is a handshake message with its header (RFC 8446, Section 4).
func Message(msgType uint8, body []byte) []byte {
	return append([]byte{msgType, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
}

// HandshakeRecord is one or more handshake messages in TLS 1.2 records.
func HandshakeRecord(messages ...[]byte) []byte {
	return Record(TypeHandshake, TLS12, Join(messages...))
}

// Alert is an alert in the clear: level 1 warning, 2 fatal.
func Alert(level, description uint8) []byte {
	return Record(TypeAlert, TLS12, []byte{level, description})
}

// ChangeCipherSpec is the record of that name.
func ChangeCipherSpec() []byte { return Record(TypeChangeCipherSpec, TLS12, []byte{1}) }

// Encrypted is a record of the given content type with n bytes that look
// like ciphertext.
func Encrypted(contentType uint8, n int) []byte {
	return Record(contentType, TLS12, Noise(n, uint32(n)*2654435761+uint32(contentType)))
}

// ApplicationData is an encrypted record of type 23: in TLS 1.3 whatever is
// protected.
func ApplicationData(n int) []byte { return Encrypted(TypeApplicationData, n) }

// Noise returns n bytes that look random and follow from seed.
func Noise(n int, seed uint32) []byte {
	b := make([]byte, n)
	x := seed*2654435769 + 1
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = byte(x >> 11)
	}
	return b
}

// vec8, vec16 and vec24 put a length before bytes.
func vec8(b []byte) []byte { return append([]byte{byte(len(b))}, b...) }

func vec16(b []byte) []byte { return append([]byte{byte(len(b) >> 8), byte(len(b))}, b...) }

func vec24(b []byte) []byte {
	return append([]byte{byte(len(b) >> 16), byte(len(b) >> 8), byte(len(b))}, b...)
}

func numbers(list []uint16) []byte {
	var b []byte
	for _, n := range list {
		b = binary.BigEndian.AppendUint16(b, n)
	}
	return b
}
