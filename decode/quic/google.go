package quic

// Frame types of Google's frames where they differ from the IETF's: what T050
// and T051 have in their Initial packets.
const (
	googlePadding = 0x00
	googleClose   = 0x02
	googlePing    = 0x07
	googleCrypto  = 0x08
	googleAck     = 0x40 // to 0x7f
)

// nextGoogle reads one of Google's frames as a frame of the IETF's kind.
func nextGoogle(r *reader) frame {
	kind := r.uint8("frame_type")
	switch {
	case kind == googlePadding:
		r.off = len(r.b) // to the end of the packet
		return frame{kind: framePadding}
	case kind == googlePing:
		return frame{kind: framePing}
	case kind == googleCrypto:
		fr := frame{kind: frameCrypto, offset: r.varint("crypto_offset")}
		fr.data = r.bytes("crypto_data", r.varint("crypto_length"))
		return fr
	case kind == googleClose:
		fr := frame{kind: frameClose, code: uint64(r.uint32("error_code"))}
		n := r.bytes("reason_phrase_length", 2)
		if n != nil {
			fr.data = r.bytes("reason_phrase", uint64(n[0])<<8|uint64(n[1]))
		}
		return fr
	case kind&0xc0 == googleAck:
		readGoogleAck(r, kind)
		return frame{kind: frameAck}
	}
	r.fail("frame_type", 0, "unknown frame type")
	return frame{}
}

// readGoogleAck passes over an ACK frame: 01ntllmm, the lengths of packet
// numbers in ll and mm.
func readGoogleAck(r *reader, kind byte) {
	lengths := [4]uint64{1, 2, 4, 6}
	r.bytes("largest_acked", lengths[kind>>2&3])
	r.bytes("ack_delay", 2)
	blocks := byte(0)
	if kind&0x20 != 0 {
		blocks = r.uint8("num_blocks")
	}
	r.bytes("first_ack_block", lengths[kind&3])
	for range blocks {
		r.bytes("ack_block", 1+lengths[kind&3])
	}
	if stamps := uint64(r.uint8("num_timestamps")); stamps > 0 {
		r.bytes("timestamps", 5+3*(stamps-1))
	}
}
