package quic

import (
	"encoding/binary"

	"tlswhy/decode/wire"
)

// reader reads fields and remembers the first that was missing.
type reader struct {
	b       []byte
	off     int
	message string
	err     *wire.Malformed
}

func (r *reader) rest() []byte { return r.b[r.off:] }

func (r *reader) fail(field string, missing int, reason string) {
	if r.err == nil {
		r.err = &wire.Malformed{Message: r.message, Field: field, Offset: r.off, Missing: missing, Reason: reason}
	}
}

func (r *reader) bytes(field string, n uint64) []byte {
	if r.err != nil {
		return nil
	}
	if have := uint64(len(r.b) - r.off); n > have {
		missing := min(n-have, 1<<30)
		r.fail(field, int(missing), "bytes missing")
		return nil
	}
	b := r.b[r.off : r.off+int(n) : r.off+int(n)]
	r.off += int(n)
	return b
}

func (r *reader) uint8(field string) byte {
	if b := r.bytes(field, 1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uint32(field string) uint32 {
	if b := r.bytes(field, 4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

// varint is RFC 9000, Section 16.
func (r *reader) varint(field string) uint64 {
	if r.err != nil {
		return 0
	}
	if r.off == len(r.b) {
		r.fail(field, 1, "bytes missing")
		return 0
	}
	b := r.bytes(field, 1<<(r.b[r.off]>>6))
	if b == nil {
		return 0
	}
	v := uint64(b[0] & 0x3f)
	for _, x := range b[1:] {
		v = v<<8 | uint64(x)
	}
	return v
}

// connectionID reads a length byte and that many bytes (RFC 9000, Section 17.2).
func (r *reader) connectionID(field string) []byte {
	n := r.uint8(field)
	if n > maxConnectionID {
		r.fail(field, 0, "connection ID longer than 20 bytes")
	}
	return r.bytes(field, uint64(n))
}
