package quic

import (
	"fmt"

	"tlswhy/decode/wire"
)

// Alert gives the TLS alert that a transport error code carries (RFC 9001,
// Section 4.8).
func Alert(code uint64) (wire.AlertDescription, bool) {
	return wire.AlertDescription(code & 0xff), code >= 0x100 && code <= 0x1ff
}

// ErrorName is the name of a transport error code (RFC 9000, Section 20.1; RFC
// 9368, Section 10.2), with the alert's name for a CRYPTO_ERROR.
func ErrorName(code uint64) string {
	names := [...]string{
		"NO_ERROR", "INTERNAL_ERROR", "CONNECTION_REFUSED", "FLOW_CONTROL_ERROR", "STREAM_LIMIT_ERROR",
		"STREAM_STATE_ERROR", "FINAL_SIZE_ERROR", "FRAME_ENCODING_ERROR", "TRANSPORT_PARAMETER_ERROR",
		"CONNECTION_ID_LIMIT_ERROR", "PROTOCOL_VIOLATION", "INVALID_TOKEN", "APPLICATION_ERROR",
		"CRYPTO_BUFFER_EXCEEDED", "KEY_UPDATE_ERROR", "AEAD_LIMIT_REACHED", "NO_VIABLE_PATH",
		"VERSION_NEGOTIATION_ERROR",
	}
	if code < uint64(len(names)) {
		return names[code]
	}
	if alert, ok := Alert(code); ok {
		return fmt.Sprintf("CRYPTO_ERROR (%s)", alert.Name())
	}
	return fmt.Sprintf("unknown (0x%x)", code)
}

// HTTP3ErrorName is the name of an application error code of HTTP/3 (RFC 9114,
// Section 8.1; RFC 9204, Section 6).
func HTTP3ErrorName(code uint64) string {
	names := [...]string{
		"H3_NO_ERROR", "H3_GENERAL_PROTOCOL_ERROR", "H3_INTERNAL_ERROR", "H3_STREAM_CREATION_ERROR",
		"H3_CLOSED_CRITICAL_STREAM", "H3_FRAME_UNEXPECTED", "H3_FRAME_ERROR", "H3_EXCESSIVE_LOAD",
		"H3_ID_ERROR", "H3_SETTINGS_ERROR", "H3_MISSING_SETTINGS", "H3_REQUEST_REJECTED",
		"H3_REQUEST_CANCELLED", "H3_REQUEST_INCOMPLETE", "H3_MESSAGE_ERROR", "H3_CONNECT_ERROR",
		"H3_VERSION_FALLBACK",
	}
	if code >= 0x100 && code < 0x100+uint64(len(names)) {
		return names[code-0x100]
	}
	switch code {
	case 0x200:
		return "QPACK_DECOMPRESSION_FAILED"
	case 0x201:
		return "QPACK_ENCODER_STREAM_ERROR"
	case 0x202:
		return "QPACK_DECODER_STREAM_ERROR"
	}
	return fmt.Sprintf("unknown (0x%x)", code)
}
