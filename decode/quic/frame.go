package quic

import "tlswhy/decode/wire"

// Frame types (RFC 9000, Section 19; RFC 9221, Section 4).
const (
	framePadding         = 0x00
	framePing            = 0x01
	frameAck             = 0x02
	frameAckECN          = 0x03
	frameResetStream     = 0x04
	frameStopSending     = 0x05
	frameCrypto          = 0x06
	frameNewToken        = 0x07
	frameStream          = 0x08 // to 0x0f
	frameStreamLast      = 0x0f
	frameMaxData         = 0x10
	frameMaxStreamData   = 0x11
	frameMaxStreamsBidi  = 0x12
	frameMaxStreamsUni   = 0x13
	frameDataBlocked     = 0x14
	frameStreamBlocked   = 0x15
	frameStreamsBlocked  = 0x16
	frameStreamsBlocked2 = 0x17
	frameNewConnectionID = 0x18
	frameRetireID        = 0x19
	framePathChallenge   = 0x1a
	framePathResponse    = 0x1b
	frameClose           = 0x1c
	frameCloseApp        = 0x1d
	frameHandshakeDone   = 0x1e
	frameImmediateAck    = 0x1f
	frameDatagram        = 0x30
	frameDatagramLength  = 0x31
	frameAckFrequency    = 0xaf
	frameTimestamp       = 0x2f5
)

// frame is one frame; which fields have a meaning depends on its type. data
// aliases the payload.
type frame struct {
	kind   uint64
	id     uint64 // stream
	offset uint64
	fin    bool
	data   []byte // CRYPTO, STREAM, DATAGRAM; reason phrase; connection ID
	code   uint64 // error
	cause  uint64 // frame type that caused a transport error
	token  []byte // stateless reset token
}

// frameReader walks the frames of a payload.
type frameReader struct {
	r       reader
	google  bool
	unknown bool // the walk ended at a type that is not known
}

func newFrameReader(v Version, payload []byte) *frameReader {
	return &frameReader{r: reader{b: payload, message: "QUIC payload"}, google: v.googleFrames()}
}

// next gives the next frame; false at the end and at the first frame that is
// malformed or of a type without a known form, which malformed tells.
func (f *frameReader) next() (frame, bool) {
	r := &f.r
	if r.err != nil || len(r.rest()) == 0 {
		return frame{}, false
	}
	if f.google {
		fr := nextGoogle(r)
		return fr, r.err == nil
	}
	fr := frame{kind: r.varint("frame_type")}
	switch kind := fr.kind; {
	case kind == framePadding:
		for len(r.rest()) > 0 && r.b[r.off] == 0 {
			r.off++
		}
	case kind == framePing || kind == frameHandshakeDone:
	case kind == frameAck || kind == frameAckECN:
		readAck(r, kind == frameAckECN)
	case kind == frameCrypto:
		fr.offset = r.varint("crypto_offset")
		fr.data = r.bytes("crypto_data", r.varint("crypto_length"))
	case kind >= frameStream && kind <= frameStreamLast:
		fr.readStream(r)
	case kind == frameClose || kind == frameCloseApp:
		fr.readClose(r)
	case kind == frameNewConnectionID:
		fr.readNewConnectionID(r)
	case kind == frameDatagram:
		fr.data = r.bytes("datagram_data", uint64(len(r.rest())))
	case kind == frameNewToken || kind == frameDatagramLength:
		fr.data = r.bytes("data", r.varint("length"))
	case kind == framePathChallenge || kind == framePathResponse:
		r.bytes("data", 8)
	default:
		f.unknown = !skipIntegers(r, kind)
	}
	return fr, r.err == nil
}

func (f *frameReader) malformed() *wire.Malformed { return f.r.err }

// skipIntegers passes over the frames that are nothing but integers (RFC
// 9000, Sections 19.4, 19.5, 19.9 to 19.14, 19.16; the drafts on ACK frequency
// and time stamps).
func skipIntegers(r *reader, kind uint64) (known bool) {
	n := 0
	switch kind {
	case frameAckFrequency:
		n = 4
	case frameResetStream:
		n = 3
	case frameStopSending, frameMaxStreamData, frameStreamBlocked:
		n = 2
	case frameMaxData, frameMaxStreamsBidi, frameMaxStreamsUni, frameDataBlocked,
		frameStreamsBlocked, frameStreamsBlocked2, frameRetireID, frameTimestamp:
		n = 1
	case frameImmediateAck:
	default:
		r.fail("frame_type", 0, "unknown frame type")
		return false
	}
	for range n {
		r.varint("field")
	}
	return true
}

// readAck is RFC 9000, Section 19.3.
func readAck(r *reader, ecn bool) {
	r.varint("largest_acknowledged")
	r.varint("ack_delay")
	ranges := r.varint("ack_range_count")
	r.varint("first_ack_range")
	for ; ranges > 0 && r.err == nil; ranges-- {
		r.varint("gap")
		r.varint("ack_range_length")
	}
	if ecn {
		r.varint("ect0_count")
		r.varint("ect1_count")
		r.varint("ecn_ce_count")
	}
}

// readStream is RFC 9000, Section 19.8.
func (fr *frame) readStream(r *reader) {
	fr.id = r.varint("stream_id")
	if fr.kind&4 != 0 {
		fr.offset = r.varint("offset")
	}
	fr.fin = fr.kind&1 != 0
	n := uint64(len(r.rest()))
	if fr.kind&2 != 0 {
		n = r.varint("length")
	}
	fr.data = r.bytes("stream_data", n)
}

// readClose is RFC 9000, Section 19.19.
func (fr *frame) readClose(r *reader) {
	fr.code = r.varint("error_code")
	if fr.kind == frameClose {
		fr.cause = r.varint("frame_type")
	}
	fr.data = r.bytes("reason_phrase", r.varint("reason_phrase_length"))
}

// readNewConnectionID is RFC 9000, Section 19.15.
func (fr *frame) readNewConnectionID(r *reader) {
	r.varint("sequence_number")
	r.varint("retire_prior_to")
	fr.data = r.connectionID("connection_id")
	fr.token = r.bytes("stateless_reset_token", 16)
}
